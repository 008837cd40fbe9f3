#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ohmloom {

/// Images of an IDX file.
struct IdxImages {
    Matrix<std::uint8_t> pixels; ///< [count x rows*cols] grey values, row by row
    Index rows = 0;
    Index cols = 0;
};

/// What the header of an IDX image file says.
struct IdxImageHeader {
    Index count = 0;
    Index rows = 0;
    Index cols = 0;
};

/// Reads an IDX file of images (magic 0x00000803: unsigned bytes, three dimensions), plain or gzip.
///
/// Reading is strict. @throws FileError naming the file and the byte offset: wrong magic, no images, fewer
/// bytes than the header announces, bytes left over.
/// Source: the IDX format as described with the MNIST data, Y. LeCun, C. Cortes, C. Burges.
IdxImages read_idx_images(const std::filesystem::path& file);

/// Reads an IDX file of labels (magic 0x00000801: unsigned bytes, one dimension) as strictly; a label must be
/// below `classes`.
std::vector<std::uint8_t> read_idx_labels(const std::filesystem::path& file, int classes = 10);

/// The header alone, without reading the images.
IdxImageHeader read_idx_image_header(const std::filesystem::path& file);

} // namespace ohmloom
