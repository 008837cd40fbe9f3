#include "charge/charge_weights.hpp"

#include "base/parallel.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace ohmloom {

namespace {

/// Codes of one weight: of the column, or of the positive and the negative one.
struct CodePair {
    std::int32_t plus = 0, minus = 0;
};

CodePair codes_of(double w, const ChargeArrayDesign& design) {
    if (design.drive == ChargeDrive::differential) return {code_for(w, design), 0};
    return {code_for(std::max(w, 0.0), design), code_for(std::max(-w, 0.0), design)};
}

double weight_of(const CodePair& codes, const ChargeArrayDesign& design) {
    const double plus = weight_of(codes.plus, design);
    return design.drive == ChargeDrive::differential ? plus : plus - weight_of(codes.minus, design);
}

/// A scale, and what it makes of a set of weights.
struct Fit {
    double scale = 0.0, error = 0.0;
    double next = 0.0; ///< the scale of the least error for the same codes
};

Fit fit(std::span<const double> weights, double scale, const ChargeArrayDesign& design) {
    Fit found{scale, 0.0, scale};
    double products = 0.0, squares = 0.0;
    for (const double w : weights) {
        const double q = weight_of(codes_of(w / scale, design), design);
        found.error += (w - scale * q) * (w - scale * q);
        products += w * q;
        squares += q * q;
    }
    if (products > 0.0) found.next = products / squares;
    return found;
}

/// Looks from several starts on, since the error has many local minima; from each, codes and scale follow each other.
double best_scale(std::span<const double> weights, const ChargeArrayDesign& design) {
    double largest = 0.0;
    for (const double w : weights) largest = std::max(largest, std::abs(w));
    if (largest == 0.0) return 0.0;
    const double top = weight_of((std::int32_t{1} << design.cell.bits) - 1, design);
    constexpr int starts = 13, rounds = 3; // down to an eighth of the largest weight
    Fit best = fit(weights, largest / top, design);
    for (int k = 0; k < starts; ++k) {
        Fit now = fit(weights, largest / top * std::exp2(-0.25 * k), design);
        for (int round = 0; round < rounds; ++round) {
            if (now.error < best.error) best = now;
            now = fit(weights, now.next, design);
        }
        if (now.error < best.error) best = now;
    }
    return best.scale;
}

} // namespace

Index columns_per_output(ChargeDrive drive) {
    return drive == ChargeDrive::differential ? 1 : 2;
}

ChargeWeights quantise_weights(const Matrix<double>& weights, const ChargeArrayDesign& design) {
    validate(design);
    const Index each = columns_per_output(design.drive);
    ChargeWeights quantised{Matrix<std::int32_t>(each * weights.rows(), weights.cols()),
                            std::vector<double>(static_cast<std::size_t>(weights.rows()))};
    parallel_for(weights.rows(), [&](Index o) {
        const double scale = best_scale(weights.row(o), design);
        quantised.scale[static_cast<std::size_t>(o)] = scale;
        for (Index r = 0; r < weights.cols(); ++r) {
            const CodePair codes = codes_of(scale > 0.0 ? weights(o, r) / scale : 0.0, design);
            quantised.codes(each * o, r) = codes.plus;
            if (each == 2) quantised.codes(each * o + 1, r) = codes.minus;
        }
    });
    return quantised;
}

Matrix<double> quantised_weights(const ChargeWeights& weights, const ChargeArrayDesign& design) {
    const Index each = columns_per_output(design.drive);
    Matrix<double> quantised(weights.codes.rows() / each, weights.codes.cols());
    for (Index o = 0; o < quantised.rows(); ++o) {
        for (Index r = 0; r < quantised.cols(); ++r) {
            const CodePair codes{weights.codes(each * o, r), each == 2 ? weights.codes(each * o + 1, r) : 0};
            quantised(o, r) = weights.scale[static_cast<std::size_t>(o)] * weight_of(codes, design);
        }
    }
    return quantised;
}

} // namespace ohmloom
