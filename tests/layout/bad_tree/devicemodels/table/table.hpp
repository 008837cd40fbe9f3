#pragma once

namespace ohmloom {

/// Named where it has to be: beside it, not further up.
struct Table {};

} // namespace ohmloom
