#pragma once

namespace ohmloom {

/// Serves jobs of another process over a socket until it closes its end or ngspice is spent: the work of the program
/// ohmloom-ngspice. If the other process ends while ngspice is busy, `give_up` is called from another thread; it must
/// not return.
void serve_ngspice(int socket, void (*give_up)());

} // namespace ohmloom
