#include "sweep/sweep_outcomes.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <utility>

namespace ohmloom {

namespace {

constexpr const char* classes_path = "/points/classes";
using Classes = std::span<const std::uint8_t>;

Index label_set(const StoredSweep& sweep, Index row) {
    return sweep.label_set[static_cast<std::size_t>(row)];
}

Index images_of(const StoredSweep& sweep, Index row) {
    const auto set = static_cast<std::size_t>(label_set(sweep, row));
    return std::min(sweep.images[static_cast<std::size_t>(row)],
                    static_cast<Index>(sweep.label_sets[set].size()));
}

/// Rows that fit into so many bytes; at least one.
Index rows_within(std::size_t bytes, Index images) {
    return std::max<Index>(1, static_cast<Index>(bytes) / std::max<Index>(1, images));
}

/// Calls `take(match, classes of the first, of the second)` for all matches, each file read once in blocks where both have their rows in
/// nearly the same order. The first's rows come in blocks; for each, the second's are read in their own order.
void for_each_pair(const StoredSweep& first, const StoredSweep& second, std::span<const PointMatch> matches,
                   std::size_t held_bytes,
                   const std::function<void(const PointMatch&, Classes, Classes)>& take) {
    const Index block_rows = rows_within(held_bytes, first.reader->shape(classes_path).back()),
                piece_rows = rows_within(held_bytes / 8, second.reader->shape(classes_path).back());
    const auto read = [](const StoredSweep& sweep, Index begin, Index end) {
        return sweep.reader->read_byte_rows(classes_path, "1", begin, end - begin);
    };
    for (std::size_t begin = 0; begin < matches.size();) {
        const Index block = matches[begin].first;
        std::vector<PointMatch> here;
        for (; begin < matches.size() && matches[begin].first < block + block_rows; ++begin)
            here.push_back(matches[begin]);
        const Matrix<std::uint8_t> ours = read(first, block, here.back().first + 1);
        std::ranges::sort(here, {}, &PointMatch::second);
        for (std::size_t k = 0; k < here.size();) {
            const Index piece = here[k].second;
            std::size_t end = k;
            while (end < here.size() && here[end].second < piece + piece_rows) ++end;
            const Matrix<std::uint8_t> theirs = read(second, piece, here[end - 1].second + 1);
            for (; k < end; ++k)
                take(here[k], ours.row(here[k].first - block), theirs.row(here[k].second - piece));
        }
    }
}

/// Images by how many more rows of the second than of the first are right.
class ImageMajorities {
public:
    void add(Classes first, Classes second, Classes labels) {
        lead_.resize(std::max(lead_.size(), labels.size()), 0);
        for (std::size_t k = 0; k < labels.size(); ++k)
            lead_[k] += static_cast<std::int64_t>(second[k] == labels[k]) -
                        static_cast<std::int64_t>(first[k] == labels[k]);
    }

    [[nodiscard]] PooledOutcomes pooled() const {
        PooledOutcomes pooled;
        pooled.more = std::ranges::count_if(lead_, [](std::int64_t lead) { return lead > 0; });
        pooled.fewer = std::ranges::count_if(lead_, [](std::int64_t lead) { return lead < 0; });
        pooled.probability = mcnemar_probability({.first_only = pooled.fewer, .second_only = pooled.more});
        return pooled;
    }

private:
    std::vector<std::int64_t> lead_; ///< [images]
};

void adjust(std::vector<RowOutcomes>& rows) {
    std::vector<double> probabilities;
    probabilities.reserve(rows.size());
    for (const RowOutcomes& row : rows) probabilities.push_back(row.probability);
    const std::vector<double> adjusted = holm_adjusted(probabilities);
    for (std::size_t k = 0; k < rows.size(); ++k) rows[k].adjusted = adjusted[k];
}

} // namespace

SweepOutcomes compare_outcomes(const StoredSweep& first, const StoredSweep& second,
                               const std::vector<PointMatch>& matches, std::size_t held_bytes) {
    SweepOutcomes all;
    std::map<std::pair<Index, Index>, Index> images_of_sets; ///< that two sets of labels have in common
    std::vector<PointMatch> with_images;
    std::map<Index, Index> counts; ///< rows by their number of images
    for (const PointMatch& match : matches) {
        const Index a = label_set(first, match.first), b = label_set(second, match.second);
        if (a < 0 || b < 0 || images_of(first, match.first) <= 0 || images_of(second, match.second) <= 0) {
            ++all.without_images;
            continue;
        }
        if (!images_of_sets.contains({a, b}))
            images_of_sets[{a, b}] =
                common_images(first.label_sets[static_cast<std::size_t>(a)], first.file,
                              second.label_sets[static_cast<std::size_t>(b)], second.file);
        if (images_of(first, match.first) != images_of(second, match.second)) ++all.unequal_images;
        ++counts[std::min(images_of(first, match.first), images_of(second, match.second))];
        with_images.push_back(match);
    }
    ImageMajorities majorities;
    for_each_pair(
        first, second, with_images, held_bytes, [&](const PointMatch& match, Classes ours, Classes theirs) {
            const std::vector<std::uint8_t>& labels =
                first.label_sets[static_cast<std::size_t>(label_set(first, match.first))];
            const auto images = static_cast<std::size_t>(
                std::min(images_of(first, match.first), images_of(second, match.second)));
            if (images > ours.size() || images > theirs.size())
                throw FileError(fmt::format("{}: {} has {} images a row: expected at least {}",
                                            (images > ours.size() ? first : second).file.string(),
                                            classes_path, std::min(ours.size(), theirs.size()), images));
            const Classes truth = std::span(labels).first(images);
            RowOutcomes row{match, count_outcomes(ours.first(images), theirs.first(images), truth)};
            row.probability = mcnemar_probability(row.outcomes);
            all.rows.push_back(row);
            majorities.add(ours, theirs, truth);
        });
    std::ranges::sort(all.rows, {}, [](const RowOutcomes& row) { return row.rows.first; });
    adjust(all.rows);
    if (images_of_sets.size() == 1 && counts.size() == 1) all.pooled = majorities.pooled();
    return all;
}

} // namespace ohmloom
