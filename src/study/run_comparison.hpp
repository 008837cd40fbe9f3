#pragma once

#include "study/paired_outcomes.hpp"
#include "study/stored_points.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ohmloom {

/// A run read back: what there is of each point, by the names in the file.
struct StoredRun {
    std::filesystem::path file;
    std::string study;                ///< its text
    std::string version;              ///< of the program that made it
    std::vector<std::uint8_t> labels; ///< [images]
    Matrix<std::uint8_t> classes;     ///< [points x images]
    std::map<std::string, StoredFigure> figures;
    std::map<std::string, std::vector<std::string>> texts; ///< [points]
    [[nodiscard]] Index points() const { return classes.rows(); }
};

/// Reads a file that write_run() has written. Unknown data sets below /points are figures as well.
/// @throws FileError if it is none, or its parts do not fit each other.
StoredRun read_run(const std::filesystem::path& file);

/// A figure that is not the same in both.
struct MovedFigure {
    std::string name, unit;
    std::vector<double> first, second; ///< one number, or one per layer
};

/// Two points that are meant to be compared.
struct ComparedPoint {
    Index first = 0, second = 0; ///< their places in the runs
    std::string name;            ///< what both are, and what tells them from the others of their run
    PairedOutcomes outcomes;
    Accuracy difference;      ///< of the second, less the first
    double probability = 1.0; ///< McNemar's, alone
    double adjusted = 1.0;    ///< among all points compared
    std::vector<MovedFigure> moved;
};

/// What two runs have in common and where they differ.
struct RunComparison {
    Index images = 0;                          ///< that both have
    Index first_images = 0, second_images = 0; ///< that each has: figures but the outcomes are of all of them
    bool by_place = false; ///< points had no names in common, and were taken in their order
    std::vector<ComparedPoint> points;
    std::vector<std::string> only_first, only_second; ///< points that the other run has not
};

/// Compares two runs point by point: those that agree in network, device, partition, times and temperature; if none do and there are as many in both,
/// in their order. Wall time is no figure. Of two counts of images the fewer count, accuracy then for those only.
/// @throws InputError if the images are not the same, or no points can be matched.
RunComparison compare_runs(const StoredRun& first, const StoredRun& second);

} // namespace ohmloom
