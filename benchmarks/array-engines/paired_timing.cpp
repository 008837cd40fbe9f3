#include "paired_timing.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>

namespace ohmloom::benchmarks {

namespace {

double read_clock(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Times now() {
    return {read_clock(CLOCK_PROCESS_CPUTIME_ID), read_clock(CLOCK_MONOTONIC)};
}

int repeats_to_fill(double turn, double once) {
    return static_cast<int>(std::clamp(std::ceil(turn / std::max(once, 1e-9)), 1.0, 1e5));
}

} // namespace

Times time_calls(const std::function<void()>& call, int repeats) {
    const Times begin = now();
    for (int i = 0; i < repeats; ++i) call();
    const Times end = now();
    return {(end.cpu - begin.cpu) / repeats, (end.wall - begin.wall) / repeats};
}

std::vector<Round> time_in_turns(const std::function<void()>& first, const std::function<void()>& second,
                                 const Effort& effort) {
    constexpr double turn = 0.02; // [s]
    const Times begin = now();
    const int first_repeats = repeats_to_fill(turn, time_calls(first).wall);
    const int second_repeats = repeats_to_fill(turn, time_calls(second).wall);
    std::vector<Round> rounds;
    const auto count = [&] { return static_cast<int>(rounds.size()); };
    while (count() < effort.least_rounds ||
           (count() < effort.most_rounds && now().wall - begin.wall < effort.seconds)) {
        const Times a = time_calls(first, first_repeats), b = time_calls(second, second_repeats);
        rounds.push_back({a, b});
    }
    return rounds;
}

Spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto quantile = [&](double q) {
        const double place = q * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const std::size_t above = std::min(below + 1, values.size() - 1);
        return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    return {quantile(0.5), quantile(0.25), quantile(0.75)};
}

Spread spread_of(const std::vector<Round>& rounds, const std::function<double(const Round&)>& number) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(number(round));
    return spread_of(std::move(values));
}

} // namespace ohmloom::benchmarks
