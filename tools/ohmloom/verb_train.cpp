#include "base/errors.hpp"
#include "training_program.hpp"
#include "verbs.hpp"

namespace ohmloom::cli {

#if defined(OHMLOOM_HAS_TRAINING)

void add_train_verb(CommandLine& line) {
    CLI::App* verb = line.app.add_subcommand("train", "Train a network, through a circuit if one is given");
    verb->set_help_flag(); // the other program knows the options, and --help
    verb->prefix_command();
    verb->callback(
        [&line] { line.chosen = [words = line.words]() -> int { go_on_as_training_program(words); }; });
}

#else

void add_train_verb(CommandLine& line) {
    CLI::App* verb =
        line.app.add_subcommand("train", "Train a network (this program was built without training)");
    verb->footer(
        "Example:\n  ohmloom train -o net.h5 --weights binary\n\nNeeds a build with libtorch-dev installed.");
    verb->allow_extras();
    verb->callback([&line] {
        line.chosen = []() -> int {
            throw InputError(
                "this program was built without training: install libtorch-dev, configure and build again");
        };
    });
}

#endif

} // namespace ohmloom::cli
