#pragma once

#include <functional>
#include <vector>

namespace ohmloom::benchmarks {

/// Processor time of the whole process, and time on the clock, of one call.
struct Times {
    double cpu = 0.0;  ///< [s]
    double wall = 0.0; ///< [s]
};

/// Times of one call, averaged over `repeats` calls in a row.
Times time_calls(const std::function<void()>& call, int repeats = 1);

/// How long to measure.
struct Effort {
    double seconds = 10.0; ///< about, for one comparison
    int least_rounds = 5;
    int most_rounds = 25;
};

/// One round of a comparison.
struct Round {
    Times first, second;
};

/// Calls both in turns, so that whatever else the machine does meets both alike. Short calls are repeated within their turn
/// until they fill 20 ms. Each is called once beforehand, unmeasured but for choosing the repeats.
std::vector<Round> time_in_turns(const std::function<void()>& first, const std::function<void()>& second,
                                 const Effort& effort);

/// Median and quartiles.
struct Spread {
    double median = 0.0, low = 0.0, high = 0.0;
};

Spread spread_of(std::vector<double> values);

/// Spread of one number taken from each round.
Spread spread_of(const std::vector<Round>& rounds, const std::function<double(const Round&)>& number);

} // namespace ohmloom::benchmarks
