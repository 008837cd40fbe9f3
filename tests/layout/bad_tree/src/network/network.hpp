#pragma once

namespace ohmloom {

struct Network {};

} // namespace ohmloom
