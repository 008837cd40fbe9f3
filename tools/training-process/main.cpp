// ohmloom-train: `ohmloom train` in a program of its own, so that no other verb loads libtorch. Takes the same words.
#include "verbs.hpp"

int main(int argc, char** argv) {
    return ohmloom::cli::run_program(argc, argv, ohmloom::cli::add_train_verb);
}
