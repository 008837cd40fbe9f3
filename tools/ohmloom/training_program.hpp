#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom::cli {

/// The program that `ohmloom train` is: alone it loads libtorch, which takes longer than most of what the other verbs do.
std::filesystem::path training_program();

/// Goes on as that program, which reads the user's words anew. Does not come back.
/// @throws BackendError if it cannot be started.
[[noreturn]] void go_on_as_training_program(std::vector<std::string> words);

} // namespace ohmloom::cli
