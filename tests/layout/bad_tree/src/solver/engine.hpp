#pragma once

namespace ohmloom {

struct Engine {
    bool print();
};

} // namespace ohmloom
