#pragma once

#include "store/toml_document.hpp"
#include "study/point_names.hpp"
#include "study/stored_points.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ohmloom {

/// A point of a sweep that has no results, and why.
struct PointFailure {
    Index point = 0; ///< number
    std::string message;
};

/// A result of `ohmloom sweep` opened to be compared. One of `ohmloom run` is a sweep of one point without axes. A point has a row
/// per circuit: per network, device, partition and circumstance.
struct StoredSweep {
    std::filesystem::path file;
    std::shared_ptr<const Hdf5Reader> reader;
    TomlDocument study;
    std::uint64_t seed = 1;               ///< the study's own
    Index points = 1;                     ///< all, those without results among them
    Index missing = 0, not_converged = 0; ///< of them
    std::vector<PointFailure> failures{}; ///< likewise
    std::vector<std::string> kinds{};     ///< [axes] name_of() an AxisKind
    PointNames axes{};                    ///< at each row
    PointNames failed_axes{};             ///< at each failure; no values where the file's study does not tell
    PointNames circuits{};                ///< at each row
    std::vector<Index> point_of_row{};    ///< [rows]
    std::vector<Index> images{};          ///< [rows]
    std::vector<std::vector<std::uint8_t>> label_sets{}; ///< [sets] [images]
    std::vector<Index> label_set{};                      ///< [rows] -1: none
    bool has_classes = false;                            ///< of every image, under /points/classes
    StoredPoints figures;

    [[nodiscard]] Index rows() const { return figures.points(); }
};

/// Opens a result; classes and figures stay in the file until they are asked for.
/// @throws FileError if it is of neither kind, or its parts do not fit each other.
StoredSweep open_sweep(const std::filesystem::path& file);

/// A value of every row as a part of their names: SI numbers where they stand for some, else as TOML writes them, texts with or without
/// their quotes.
NamePart coordinate_part(const std::string& key, std::vector<std::string> literals);

} // namespace ohmloom
