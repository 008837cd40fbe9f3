#pragma once

#include <functional>
#include <string_view>

namespace ohmloom {

/// What a long computation reports while it works: `done` of `total` steps of the named stage. The caller
/// decides whether and how to show it; the library itself never prints. May be called from several threads,
/// one at a time.
using Progress = std::function<void(std::string_view stage, long done, long total)>;

} // namespace ohmloom
