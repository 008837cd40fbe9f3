#include "interruption.hpp"

#include "store/unfinished_file.hpp"

#include <csignal>

namespace ohmloom::cli {

namespace {

extern "C" void ohmloom_end_by_signal(int signal) {
    remove_unfinished_files();
    raise(signal); // its default action is back by now: SA_RESETHAND
}

void clean_up_at(int signal) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_IGN) return; // as nohup asks for
    struct sigaction action {};
    action.sa_handler = ohmloom_end_by_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

} // namespace

void clean_up_when_interrupted() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) clean_up_at(signal);
}

} // namespace ohmloom::cli
