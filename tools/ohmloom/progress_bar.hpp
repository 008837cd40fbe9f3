#pragma once

#include "base/progress.hpp"

namespace ohmloom::cli {

/// A progress line on standard error with rate and time left. Silent when standard error is not a terminal.
Progress make_progress_bar();

} // namespace ohmloom::cli
