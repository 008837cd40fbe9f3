#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

class Hdf5Reader;

/// One figure of every point of a result, as its file has it.
struct StoredFigure {
    std::string unit;
    Matrix<double> values; ///< [points x numbers per point]: one, or one per layer
};

/// What a result file has below /points, but for the classes of images: read figure by figure, so that no more of a large
/// result is held than is looked at. Data sets that nobody knows are figures as well.
class StoredPoints {
public:
    /// @throws FileError if a data set has not an entry for each of so many points.
    StoredPoints(std::shared_ptr<const Hdf5Reader> reader, Index points);

    [[nodiscard]] Index points() const { return points_; }
    [[nodiscard]] const std::vector<std::string>& figures() const { return figures_; }
    [[nodiscard]] const std::vector<std::string>& texts() const { return texts_; }
    [[nodiscard]] bool has_figure(std::string_view name) const;
    [[nodiscard]] bool has_text(std::string_view name) const;
    /// Of every point. @throws FileError.
    [[nodiscard]] StoredFigure figure(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> text(const std::string& name) const;

private:
    std::shared_ptr<const Hdf5Reader> reader_;
    Index points_;
    std::vector<std::string> figures_, texts_; ///< names in alphabetical order
};

/// Right classes of images. @throws FileError.
std::vector<std::uint8_t> read_labels(const Hdf5Reader& reader, std::string_view path);

/// Whether two results are compared in that figure: not in how long they took, nor in the ends of an interval.
bool is_compared(std::string_view figure);

/// Whether a figure is another one. What one of the two has not worked out cannot be told.
bool has_moved(double before, double after);

/// Of how many images two results with these labels can be compared: the fewer of the two.
/// @throws InputError if they are not the same images.
Index common_images(const std::vector<std::uint8_t>& first, const std::filesystem::path& first_file,
                    const std::vector<std::uint8_t>& second, const std::filesystem::path& second_file);

} // namespace ohmloom
