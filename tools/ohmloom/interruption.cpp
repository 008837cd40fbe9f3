#include "interruption.hpp"

#include "store/unfinished_file.hpp"

#include <csignal>

namespace ohmloom::cli {

namespace {

extern "C" void ohmloom_end_by_signal(int signal) {
    remove_unfinished_files();
    raise(signal); // its default action is back by now: SA_RESETHAND
}

/// What a signal does once; afterwards its default action is back.
void answer_once(int signal, void (*answer)(int)) {
    struct sigaction action {};
    action.sa_handler = answer;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void ohmloom_stop_at_signal(int signal) {
    stop_asked = 1;
    answer_once(signal, ohmloom_end_by_signal);
}

void answer_interruptions(void (*answer)(int)) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before {};
        sigaction(signal, nullptr, &before);
        if (before.sa_handler != SIG_IGN) answer_once(signal, answer); // ignored: as nohup asks for
    }
}

} // namespace

void clean_up_when_interrupted() {
    answer_interruptions(ohmloom_end_by_signal);
}

void stop_when_interrupted() {
    answer_interruptions(ohmloom_stop_at_signal);
}

bool stop_requested() {
    return stop_asked != 0;
}

} // namespace ohmloom::cli
