#pragma once

namespace ohmloom::cli {

/// Makes interruption (Ctrl-C, `kill`, a closed terminal) end the program without a half-written file left behind. The program still
/// ends by the signal, so a shell or a scheduler sees what happened.
void clean_up_when_interrupted();

/// From now on the first interruption only asks to stop, see stop_requested(); the next ends the program as above.
void stop_when_interrupted();
bool stop_requested();

} // namespace ohmloom::cli
