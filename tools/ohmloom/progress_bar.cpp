#include "progress_bar.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

namespace ohmloom::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct BarState {
    std::string stage;
    Clock::time_point started;
    Clock::time_point drawn;
};

std::string duration_text(double seconds) {
    return fmt::format("{:%T}", std::chrono::seconds(std::lround(seconds)));
}

void draw(const BarState& state, long done, long total) {
    constexpr long width = 30;
    const double elapsed = std::chrono::duration<double>(Clock::now() - state.started).count();
    const double rate = elapsed > 0.0 ? static_cast<double>(done) / elapsed : 0.0;
    const double left = rate > 0.0 ? static_cast<double>(total - done) / rate : 0.0;
    const auto filled = static_cast<std::size_t>(total > 0 ? width * done / total : width);
    fmt::print(stderr, "\r\033[K{:<28} [{:<30}] {}/{}  {:.3g}/s  {} left", state.stage,
               std::string(filled, '#'), done, total, rate, duration_text(left));
    if (done == total) fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
}

} // namespace

Progress make_progress_bar() {
    if (isatty(STDERR_FILENO) == 0) return [](std::string_view, long, long) {};
    return [state = std::make_shared<BarState>()](std::string_view stage, long done, long total) {
        const Clock::time_point now = Clock::now();
        if (state->stage != stage) *state = {std::string(stage), now, {}};
        if (done != total && now - state->drawn < std::chrono::milliseconds(100)) return;
        state->drawn = now;
        draw(*state, done, total);
    };
}

} // namespace ohmloom::cli
