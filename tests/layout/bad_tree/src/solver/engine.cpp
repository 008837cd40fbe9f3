#include "solver/engine.hpp"

#include <hdf5.h>
#include <iostream>

namespace ohmloom {

void shout(Engine& engine, Engine* other) {
    if (engine.print() || other->print()) return;
    std::cout << "an engine that talks\n";
    std::printf("%d\n", 1);
    std::exit(3);
}

} // namespace ohmloom
