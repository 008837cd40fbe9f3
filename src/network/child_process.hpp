#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom {

/// How a child process ended.
struct ChildResult {
    int status = 0; ///< exit status; 128 + number of the signal that ended it
    std::string
        error_text;     ///< what it wrote to standard error, its lines joined by "; ", the first 500 bytes
    std::string output; ///< what it wrote to standard output, the first 4 MiB
};

/// Runs a program with its arguments in a folder and waits for its end: no shell in between, nothing on
/// standard input. The program is looked up in PATH.
/// @throws BackendError if the program is not there or cannot be started.
ChildResult run_child(const std::vector<std::string>& command, const std::filesystem::path& folder);

} // namespace ohmloom
