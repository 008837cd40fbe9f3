#include "training/augmentation.hpp"

#include "base/errors.hpp"
#include "network/dataset.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace ohmloom;

namespace {

constexpr Index side = 10;

/// A bright disc off the centre on black.
DataSet disc() {
    Matrix<std::uint8_t> image(1, side * side);
    for (Index r = 0; r < side; ++r) {
        for (Index c = 0; c < side; ++c) {
            if ((r - 4) * (r - 4) + (c - 5) * (c - 5) <= 6) image(0, r * side + c) = 200;
        }
    }
    return {"disc", image, side, side, {0}};
}

std::vector<float> deform(const Augmentation& augmentation, const AugmentationKey& key,
                          const InputCoding& coding) {
    std::vector<float> inputs(static_cast<std::size_t>(coding.crop * coding.crop));
    encode_deformed(disc().images.row(0), side, coding, augmentation, key, inputs);
    return inputs;
}

const InputCoding grey{.crop = 8, .binarise = false};
const InputCoding black_and_white{.crop = 8, .binarise = true, .threshold = 127};

} // namespace

TEST_CASE("an image that is not deformed is coded as inference codes it") {
    for (const InputCoding& coding : {grey, black_and_white}) {
        const Matrix<double> expected = encode_inputs(disc(), coding, 0, 1);
        const std::vector<float> found = deform({}, {.seed = 1, .epoch = 3, .image = 7}, coding);
        for (std::size_t i = 0; i < found.size(); ++i) {
            CHECK(static_cast<double>(found[i]) == testing::approx(expected.values()[i]).epsilon(1e-7));
        }
    }
}

TEST_CASE("a deformation depends on seed, epoch and image and on nothing else") {
    const Augmentation strong{0.6, 0.1, 0.06, 0.08, 0.6};
    const AugmentationKey key{.seed = 1, .epoch = 2, .image = 3};
    const std::vector<float> once = deform(strong, key, grey);
    CHECK(deform(strong, key, grey) == once);
    CHECK(deform(strong, {.seed = 9, .epoch = 2, .image = 3}, grey) != once);
    CHECK(deform(strong, {.seed = 1, .epoch = 9, .image = 3}, grey) != once);
    CHECK(deform(strong, {.seed = 1, .epoch = 2, .image = 9}, grey) != once);
}

TEST_CASE("each kind of deformation changes the image and keeps most of its light") {
    const std::vector<float> plain = deform({}, {}, grey);
    const float light = std::accumulate(plain.begin(), plain.end(), 0.0F);
    const Augmentation kinds[] = {
        {.shift = 0.5}, {.rotation = 0.2}, {.scale = 0.05}, {.shear = 0.1}, {.elastic = 0.4}};
    for (const Augmentation& kind : kinds) {
        const std::vector<float> deformed = deform(kind, {.seed = 4, .epoch = 1, .image = 1}, grey);
        CHECK(deformed != plain);
        CHECK(std::accumulate(deformed.begin(), deformed.end(), 0.0F) ==
              testing::approx(light).epsilon(0.25));
    }
}

TEST_CASE("deformed images are binarised last") {
    const std::vector<float> deformed =
        deform({.shift = 0.7}, {.seed = 2, .epoch = 0, .image = 0}, black_and_white);
    CHECK(std::all_of(deformed.begin(), deformed.end(), [](float x) { return x == 0.0F || x == 1.0F; }));
}

TEST_CASE("inputs that do not fit the crop are refused") {
    std::vector<float> inputs(9);
    CHECK_THROWS_AS(encode_deformed(disc().images.row(0), side, grey, {}, {}, inputs), InputError);
}
