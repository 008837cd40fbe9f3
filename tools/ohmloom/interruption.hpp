#pragma once

namespace ohmloom::cli {

/// Makes interruption (Ctrl-C, `kill`, a closed terminal) end the program without a half-written file left behind. The program still
/// ends by the signal, so a shell or a scheduler sees what happened.
void clean_up_when_interrupted();

} // namespace ohmloom::cli
