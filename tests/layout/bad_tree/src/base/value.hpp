#pragma once

#include <toml++/toml.h>

namespace ohmloom {

/// A header of the lowest layer that lets a heavy library out.
struct Value {
    toml::table table;
};

} // namespace ohmloom
