#include "study/stored_points.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

std::string path_of(const std::string& name) {
    return "/points/" + name;
}

} // namespace

StoredPoints::StoredPoints(std::shared_ptr<const Hdf5Reader> reader, Index points)
    : reader_(std::move(reader)), points_(points) {
    for (const std::string& name : reader_->children("/points")) {
        if (name == "classes" || name == "point") continue; // images; a sweep's number of the point
        const std::string path = path_of(name);
        const bool is_text = reader_->is_text(path);
        const Shape shape = reader_->shape(path);
        if (shape.empty() || shape.size() > (is_text ? 1U : 2U) || shape.front() != points_)
            throw FileError(fmt::format("{}: {} has the shape {}: expected {} points first",
                                        reader_->file().string(), path, to_string(shape), points_));
        (is_text ? texts_ : figures_).push_back(name);
    }
    std::ranges::sort(figures_);
    std::ranges::sort(texts_);
}

bool StoredPoints::has_figure(std::string_view name) const {
    return std::ranges::binary_search(figures_, name);
}

bool StoredPoints::has_text(std::string_view name) const {
    return std::ranges::binary_search(texts_, name);
}

StoredFigure StoredPoints::figure(const std::string& name) const {
    const std::string path = path_of(name);
    const std::string unit = reader_->attribute_text(path, "unit");
    Hdf5Array array = reader_->read_array(path, unit);
    const Index each = array.shape.size() == 2 ? array.shape[1] : 1;
    return {unit, Matrix<double>(points_, each, std::move(array.values))};
}

std::vector<std::string> StoredPoints::text(const std::string& name) const {
    return reader_->read_texts(path_of(name));
}

std::vector<std::uint8_t> read_labels(const Hdf5Reader& reader, std::string_view path) {
    const std::vector<double> labels = reader.read_vector(path, "1");
    return {labels.begin(), labels.end()};
}

bool is_compared(std::string_view figure) {
    return figure != "wall_s" && !figure.starts_with("accuracy_low") && !figure.starts_with("accuracy_high");
}

bool has_moved(double before, double after) {
    return before != after && !std::isnan(before) && !std::isnan(after);
}

Index common_images(const std::vector<std::uint8_t>& first, const std::filesystem::path& first_file,
                    const std::vector<std::uint8_t>& second, const std::filesystem::path& second_file) {
    const std::size_t images = std::min(first.size(), second.size());
    const auto end = first.begin() + static_cast<std::ptrdiff_t>(images);
    const auto [a, b] = std::mismatch(first.begin(), end, second.begin());
    if (a != end) {
        throw InputError(fmt::format("{} and {} are of different images: image {} is a {} in the first, a {} "
                                     "in the second; expected runs on the same data set",
                                     first_file.string(), second_file.string(), a - first.begin(), *a, *b));
    }
    return static_cast<Index>(images);
}

} // namespace ohmloom
