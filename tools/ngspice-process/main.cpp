// ohmloom-ngspice: ngspice in a process of its own, for the program that started it, which is at the other end of
// standard input. Not for use by hand.
#include "solver/ngspice_worker.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace {

/// Whatever ngspice left behind is not to be cleaned up: the process ends here and now.
void end_now() {
    _exit(0);
}

bool is_socket(int descriptor) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

} // namespace

int main() {
    if (!is_socket(STDIN_FILENO)) {
        std::fputs("ohmloom-ngspice: started by ohmloom for its ngspice engine; not for use by hand\n",
                   stderr);
        return 2;
    }
    // Decks may read standard input; it must not be our socket.
    const int socket = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (socket < 0 || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) return 1;
    try {
        ohmloom::serve_ngspice(socket, end_now);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(1);
    }
    end_now();
}
