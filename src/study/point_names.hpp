#pragma once

#include "study/stored_points.hpp"

#include <map>
#include <string>
#include <vector>

namespace ohmloom {

/// A part of what the points of a result are called, such as the device, or an axis of a sweep, with its value at every point.
/// A value is its numbers, or, where there are none or the first is not a number, its text.
struct NamePart {
    std::string name;
    std::string pattern = "{}";       ///< how a value is said
    bool is_always_said = false;      ///< also if it tells no points apart
    Matrix<double> numbers{};         ///< [points x numbers], lists padded with 0; or empty
    std::vector<std::string> texts{}; ///< [points]; or empty
};

/// What all points of a result are called.
struct PointNames {
    Index points = 0;
    std::vector<NamePart> parts{};
};

/// What tells apart the points of a run, and those within a point of a sweep: network, device, partition, times and
/// temperature. All results have the same parts, with nothing in what they do not know.
PointNames circuit_names(Index points, const std::map<std::string, StoredFigure>& figures,
                         const std::map<std::string, std::vector<std::string>>& texts);
PointNames circuit_names(const StoredPoints& points);

/// Which parts have more than one value among the points of two results, or are always said. Both have the same parts.
std::vector<bool> parts_to_say(const PointNames& first, const PointNames& second);

/// "mnist, pcm, horizontal 4/2": a point by the parts that are to be said.
std::string point_name(const PointNames& names, const std::vector<bool>& said, Index point);

/// How many points are called like an earlier one.
Index repeated_points(const PointNames& names);

/// A point of a first result and one of a second.
struct PointMatch {
    Index first = 0, second = 0;
    friend bool operator==(const PointMatch&, const PointMatch&) = default;
};

/// Points that agree in all parts: numbers to a few units in the last place, as different ways to the same value leave them, texts
/// exactly. Points that agree with each other within a result are taken in their order. Both have the same parts.
std::vector<PointMatch> match_points(const PointNames& first, const PointNames& second);

/// What remains of so many points when those of one side of the matches are taken away, in their order.
std::vector<Index> unmatched_points(const std::vector<PointMatch>& matches, Index PointMatch::*side,
                                    Index points);

} // namespace ohmloom
