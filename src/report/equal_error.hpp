#pragma once

#include "report/result_data.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ohmloom {

/// Accuracy where a study's products have some error.
struct ErrorPoint {
    std::string name; ///< of the rows that it stands for
    double error;     ///< relative, median of repetitions
    double accuracy, low, high;
};

/// Rows of one level of an axis, such as one flaw in many strengths.
struct ErrorCurve {
    std::string name;
    std::vector<ErrorPoint> points; ///< by rising error
    std::vector<double>
        accuracy_at; ///< [errors] straight between points over the logarithm of the error; not a number beyond them
};

/// What accuracy different causes of error leave where they make the same error of products.
struct EqualError {
    std::string axis;           ///< what the curves differ in
    std::vector<double> errors; ///< that at least half of the curves reach from both sides, rising
    std::vector<ErrorCurve>
        curves; ///< the costliest first, at the largest error that most of them reach; those that do not reach it last
};

/// Compares the levels of "corner", or else of the first axis of names, by the figure `product_error` (MixedInference::product_error).
/// None if the result has no such figure, or fewer than two levels with two errors each.
std::optional<EqualError> compare_at_equal_error(const ResultData& result);

} // namespace ohmloom
