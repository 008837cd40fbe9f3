#pragma once

namespace ohmloom {

/// Named nowhere.
struct Forgotten {};

} // namespace ohmloom
