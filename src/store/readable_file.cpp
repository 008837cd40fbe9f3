#include "store/readable_file.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace ohmloom {

void require_readable(const std::filesystem::path& file, std::string_view kind) {
    if (file.empty()) throw FileError(fmt::format("the name of the file is empty: expected {}", kind));
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
        throw FileError(fmt::format("{}: there is no such file", file.string()));
    }
    if (std::filesystem::is_directory(file, error)) {
        throw FileError(fmt::format("{}: is a folder, expected {}", file.string(), kind));
    }
    if (access(file.c_str(), R_OK) != 0) {
        throw FileError(
            fmt::format("{}: cannot be read: {}", file.string(), std::generic_category().message(errno)));
    }
}

std::string read_text_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

} // namespace ohmloom
