#include "base/process_memory.hpp"

#include <sys/resource.h>

namespace ohmloom {

std::size_t peak_memory() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024; // Linux counts kilobytes
}

} // namespace ohmloom
