#include "training_program.hpp"

#include "base/errors.hpp"
#include "base/program_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ohmloom::cli {

std::filesystem::path training_program() {
    return program_beside("ohmloom-train");
}

void go_on_as_training_program(std::vector<std::string> words) {
    std::string program = training_program().string();
    std::vector<char*> arguments{program.data()}; // execv takes pointers to non-const
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(program.c_str(), arguments.data());
    throw BackendError(fmt::format(
        "the program {}, which trains, cannot be started: {}; expected it beside the running program, "
        "where the build puts it",
        program, std::generic_category().message(errno)));
}

} // namespace ohmloom::cli
