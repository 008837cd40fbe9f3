#pragma once

#include "report/result_data.hpp"

#include <vector>

namespace ohmloom {

/// What a run's points differ in: network, device, scheme ("16/8/8 x 8/8/1"), read time, temperature, sampling time.
/// An axis that another one says all about is among them, too. Of a sweep, what rows of one sweep point differ in. Needs figures, texts and `sweep`.
std::vector<ResultAxis> run_axes(const ResultData& result);

} // namespace ohmloom
