#pragma once

#include "lut/lut.hpp"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ohmloom {

/// An argument of a function that is to become a table.
struct RefinedAxis {
    LutAxis axis;        ///< with the nodes to begin with, at least two unless it is of nodes or steps
    bool refined = true; ///< may be given more nodes; only linear axes
};

/// A function that is to become a table. It is called from many threads at once.
struct RefinedFunction {
    std::string name, kind, summary;            ///< of the table
    std::map<std::string, std::string> texts{}; ///< its notes
    std::map<std::string, double> numbers{};    ///< likewise
    std::vector<RefinedAxis> axes;
    struct Output {
        std::string name, unit;
    };
    std::vector<Output> outputs;
    /// All outputs at a point.
    std::function<void(std::span<const double> point, std::span<double> values)> evaluate;
    /// The argument nearest to `x` on an axis that the function can be asked for; none: any.
    std::function<double(std::size_t axis, double x)> snap = {};
    std::string reference; ///< what the function is, for LutError
};

/// How good a table has to be.
struct RefineOptions {
    double max_error =
        1e-3; ///< largest error: in the unit of the outputs, or a part of each one's full scale; > 0
    bool is_relative = true;   ///< which of the two
    Index max_points = 100000; ///< of the table; beyond it, it is left as it is
    Index check_points = 4096; ///< drawn over the range, and as many over the cells
    std::uint32_t seed = 1;    ///< of these
};

struct RefinedTable {
    Lut table; ///< its seed is that of the points
    bool is_met = false;
    double reached = 0.0; ///< largest error of the worst output, in the measure of max_error
};

/// A multilinear table of a function, with nodes where its curvature wants them: intervals are halved or cut in three until
/// straight lines through their middles, then the table at random points, are within the error asked for, or the table has
/// `max_points`. Its errors are those of measure_errors().
/// @throws InputError if an axis is not fit, or the function gives what is not finite.
RefinedTable refine_table(const RefinedFunction& function, const RefineOptions& options);

/// Errors of a table against a function, on points that are not nodes: `points` of them evenly over the range (for the RMS), as many
/// with every cell equally likely, and from the worst of both uphill to the worst place nearby (for the largest). Axes of nodes give their
/// nodes alone.
std::vector<LutError> measure_errors(const Lut& table, const RefinedFunction& function, Index points,
                                     std::uint32_t seed);

/// A limit as people write it: "0.1%" of full scale, or a number with the unit of the outputs.
/// @throws InputError unless it is above 0.
void set_max_error(RefineOptions& options, std::string_view text, std::string_view unit);

/// `count` nodes, evenly spaced; or evenly in the logarithm, if both ends are above 0.
std::vector<double> even_nodes(double low, double high, Index count, bool logarithmic = false);

} // namespace ohmloom
