#include "base/program_file.hpp"

#include <system_error>

namespace ohmloom {

std::filesystem::path program_beside(const std::string& name) {
    std::error_code error;
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    return (error ? std::filesystem::path(".") : self.parent_path()) / name;
}

} // namespace ohmloom
