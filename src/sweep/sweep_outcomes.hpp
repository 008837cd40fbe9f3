#pragma once

#include "study/paired_outcomes.hpp"
#include "sweep/stored_sweep.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ohmloom {

/// A row of two sweeps, image by image.
struct RowOutcomes {
    PointMatch rows;
    PairedOutcomes outcomes;
    double probability = 1.0; ///< McNemar's, alone
    double adjusted = 1.0;    ///< among all rows (Holm)
};

/// All rows together, image by image.
struct PooledOutcomes {
    std::int64_t more = 0,
                 fewer = 0; ///< images that the second gets right at more, at fewer rows than the first
    /// That so many images, or more, lean to one side if both sweeps are equally accurate: McNemar's test with an image's majority of
    /// rows in the place of its one outcome. Images are drawn independently of each other, rows of the same image are not: so
    /// images are counted, and not outcomes.
    double probability = 1.0;
};

/// Accuracy of two sweeps, compared at every row.
struct SweepOutcomes {
    std::vector<RowOutcomes> rows;
    Index without_images = 0;             ///< matched rows of which one has no labels
    Index unequal_images = 0;             ///< rows where one has more images: the fewer are compared
    std::optional<PooledOutcomes> pooled; ///< if all rows are of the same images
};

/// Counts outcomes at the matched rows, `matches` in the order of the first's. Of the classes, no more than about so many bytes are held.
/// @throws InputError if the images of two rows are not the same; FileError.
SweepOutcomes compare_outcomes(const StoredSweep& first, const StoredSweep& second,
                               const std::vector<PointMatch>& matches,
                               std::size_t held_bytes = std::size_t{1} << 26);

} // namespace ohmloom
