#include "training/augmentation.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace ohmloom {

namespace {

constexpr Index grid = 5; // nodes along each axis of the elastic field

struct Point {
    double row, col;
};

/// Displacements at the nodes of a coarse grid that spans the cropped square; bilinear between them.
struct ElasticField {
    std::array<Point, grid * grid> nodes{};

    [[nodiscard]] Point at(double row, double col) const {
        const auto cell = [](double x) { return std::clamp<Index>(static_cast<Index>(x), 0, grid - 2); };
        const Index r = cell(row), c = cell(col);
        const double fr = row - static_cast<double>(r), fc = col - static_cast<double>(c);
        const auto node = [&](Index i, Index j) { return nodes[static_cast<std::size_t>(i * grid + j)]; };
        const auto mix = [&](double Point::*axis) {
            return (1 - fr) * ((1 - fc) * node(r, c).*axis + fc * node(r, c + 1).*axis) +
                   fr * ((1 - fc) * node(r + 1, c).*axis + fc * node(r + 1, c + 1).*axis);
        };
        return {mix(&Point::row), mix(&Point::col)};
    }
};

/// One image's deformation: source position = centre + linear·(position − centre) + shift + elastic(position).
struct Deformation {
    double rr, rc, cr, cc; // linear part
    Point shift;
    ElasticField elastic;
};

Deformation draw_deformation(const Augmentation& augmentation, const AugmentationKey& key) {
    const RandomStream random(key.seed, RandomPurpose::augmentation);
    const auto draw = [&](std::uint32_t what) { return random.normal(key.epoch, key.image, what); };
    const double angle = augmentation.rotation * draw(0);
    const double size_r = std::exp(augmentation.scale * draw(1)),
                 size_c = std::exp(augmentation.scale * draw(2));
    const double shear = augmentation.shear * draw(3);
    const double c = std::cos(angle), s = std::sin(angle);
    Deformation deformation{size_r * c,
                            -size_c * s,
                            size_r * s + shear * size_r * c,
                            size_c * c - shear * size_c * s,
                            {augmentation.shift * draw(4), augmentation.shift * draw(5)},
                            {}};
    if (augmentation.elastic > 0.0) {
        std::uint32_t what = 6;
        for (Point& node : deformation.elastic.nodes) {
            node = {augmentation.elastic * draw(what), augmentation.elastic * draw(what + 1)};
            what += 2;
        }
    }
    return deformation;
}

/// Grey value at a position between pixels; outside the image it is black.
double sample(std::span<const std::uint8_t> image, Index side, double row, double col) {
    const double row_floor = std::floor(row), col_floor = std::floor(col);
    const Index r = static_cast<Index>(row_floor), c = static_cast<Index>(col_floor);
    const double fr = row - row_floor, fc = col - col_floor;
    const auto pixel = [&](Index i, Index j) {
        return i >= 0 && i < side && j >= 0 && j < side
                   ? double(image[static_cast<std::size_t>(i * side + j)])
                   : 0.0;
    };
    return (1 - fr) * ((1 - fc) * pixel(r, c) + fc * pixel(r, c + 1)) +
           fr * ((1 - fc) * pixel(r + 1, c) + fc * pixel(r + 1, c + 1));
}

} // namespace

void encode_deformed(std::span<const std::uint8_t> image, Index side, const InputCoding& coding,
                     const Augmentation& augmentation, const AugmentationKey& key, std::span<float> inputs) {
    if (coding.crop > side || static_cast<Index>(inputs.size()) != coding.crop * coding.crop ||
        static_cast<Index>(image.size()) != side * side) {
        throw InputError(
            fmt::format("an image of {} pixels cannot give {} inputs with a crop of {} from a side of {}",
                        image.size(), inputs.size(), coding.crop, side));
    }
    const Deformation deformation = draw_deformation(augmentation, key);
    const double centre = 0.5 * static_cast<double>(side - 1);
    const double half_crop = 0.5 * static_cast<double>(coding.crop - 1);
    const double grid_step = static_cast<double>(grid - 1) / std::max(1.0, 2.0 * half_crop);
    for (Index i = 0; i < coding.crop; ++i) {
        for (Index j = 0; j < coding.crop; ++j) {
            const double y = static_cast<double>(i) - half_crop, x = static_cast<double>(j) - half_crop;
            const Point bend = augmentation.elastic > 0.0
                                   ? deformation.elastic.at(static_cast<double>(i) * grid_step,
                                                            static_cast<double>(j) * grid_step)
                                   : Point{0.0, 0.0};
            const double grey =
                sample(image, side,
                       centre + deformation.rr * y + deformation.rc * x + deformation.shift.row + bend.row,
                       centre + deformation.cr * y + deformation.cc * x + deformation.shift.col + bend.col);
            const double value = coding.binarise ? (grey > coding.threshold ? 1.0 : 0.0) : grey / 255.0;
            inputs[static_cast<std::size_t>(i * coding.crop + j)] = static_cast<float>(value);
        }
    }
}

} // namespace ohmloom
