#pragma once

#include "network/network.hpp"

#include <cstdint>
#include <span>

namespace ohmloom {

/// Random deformations of training images: a small affine map about the centre and a smooth elastic field. All
/// amounts are standard deviations; 0 turns one off.
struct Augmentation {
    double shift = 0.0;    ///< [pixel] translation along each axis
    double rotation = 0.0; ///< [rad]
    double scale = 0.0;    ///< relative size along each axis
    double shear = 0.0;    ///< horizontal shear, tangent
    double elastic = 0.0;  ///< [pixel] displacement of the nodes of the elastic field's coarse grid
    friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// Where an image stands in the course of a training; its deformation depends on nothing else.
struct AugmentationKey {
    std::uint64_t seed = 0;
    std::uint32_t epoch = 0;
    std::uint32_t image = 0;
};

/// The network's inputs of one deformed image: pixels are sampled bilinearly from the grey image, cropped and then
/// coded, so that binarising comes last, as it does for an undeformed image.
/// image: [side x side] grey values; inputs: [coding.crop x coding.crop].
/// @throws InputError if the crop is larger than the image or `inputs` has another size.
void encode_deformed(std::span<const std::uint8_t> image, Index side, const InputCoding& coding,
                     const Augmentation& augmentation, const AugmentationKey& key, std::span<float> inputs);

} // namespace ohmloom
