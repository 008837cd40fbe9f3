#include "network/idx.hpp"

#include "base/errors.hpp"
#include "tests/network/idx_samples.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace ohmloom;

namespace {

// Two images of 2 x 3 pixels.
const std::string two_images = idx_images(2, 2, 3, "abcdefABCDE\xff");
const std::string two_labels = idx_labels(2, std::string("\x07\x00", 2));

std::string image_error(const TemporaryFolder& folder, std::string_view bytes) {
    return message_of<FileError>([&] { (void)read_idx_images(folder.write("images", bytes)); });
}

std::string label_error(const TemporaryFolder& folder, std::string_view bytes) {
    return message_of<FileError>([&] { (void)read_idx_labels(folder.write("labels", bytes)); });
}

} // namespace

TEST_CASE("images and labels are read, plain or packed, whatever the file is called") {
    const TemporaryFolder folder;
    for (const std::string& bytes : {two_images, gzip(two_images)}) {
        const IdxImages images = read_idx_images(folder.write("images", bytes));
        CHECK(images.rows == 2);
        CHECK(images.cols == 3);
        CHECK(images.pixels.rows() == 2);
        CHECK(images.pixels.cols() == 6);
        CHECK(images.pixels(0, 0) == 'a');
        CHECK(images.pixels(1, 0) == 'A');
        CHECK(images.pixels(1, 5) == 255);
        CHECK(read_idx_image_header(folder / "images").count == 2);
    }
    CHECK(read_idx_labels(folder.write("labels.gz", two_labels)) == std::vector<std::uint8_t>{7, 0});
    CHECK(read_idx_labels(folder.write("labels", gzip(two_labels))) == std::vector<std::uint8_t>{7, 0});
}

TEST_CASE("a gzip file of several members is read through") {
    const TemporaryFolder folder;
    const std::string halves = gzip(two_images.substr(0, 18)) + gzip(two_images.substr(18));
    CHECK(read_idx_images(folder.write("images", halves)).pixels(1, 5) == 255);
}

TEST_CASE("a file larger than the reading steps is read exactly") {
    const TemporaryFolder folder;
    std::string pixels(std::size_t{200'000} * 100, '\0');
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * 2654435761u >> 24);
    const std::string bytes = idx_images(200'000, 10, 10, pixels);
    for (const std::string& content : {bytes, gzip(bytes)}) {
        const IdxImages images = read_idx_images(folder.write("images", content));
        const bool equal =
            std::equal(pixels.begin(), pixels.end(), images.pixels.data(),
                       [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
        CHECK(equal);
    }
}

TEST_CASE("a wrong magic number is refused at byte 0") {
    const TemporaryFolder folder;
    CHECK(mentions(image_error(folder, two_labels), "images", "byte 0", "0x00000801", "0x00000803"));
    CHECK(mentions(label_error(folder, two_images), "labels", "byte 0", "0x00000803", "0x00000801"));
    CHECK(mentions(label_error(folder, gzip(two_images)), "labels", "byte 0 of the unpacked data"));
}

TEST_CASE("a file that ends too early is refused at the byte where it ends") {
    const TemporaryFolder folder;
    CHECK(mentions(image_error(folder, ""), "byte 0", "magic"));
    CHECK(mentions(image_error(folder, two_images.substr(0, 10)), "byte 10", "rows"));
    CHECK(mentions(image_error(folder, two_images.substr(0, 27)), "byte 27", "2 images of 2 x 3",
                   "1 bytes more"));
    CHECK(mentions(label_error(folder, two_labels.substr(0, 9)), "byte 9", "2 labels"));
    CHECK(mentions(image_error(folder, gzip(two_images.substr(0, 20))), "byte 20 of the unpacked data"));
}

TEST_CASE("bytes behind the announced ones are refused at the byte where they begin") {
    const TemporaryFolder folder;
    CHECK(mentions(image_error(folder, two_images + "x"), "byte 28", "expected the end"));
    CHECK(mentions(label_error(folder, two_labels + "x"), "byte 10", "expected the end"));
    CHECK(mentions(image_error(folder, gzip(two_images + "x")), "byte 28 of the unpacked data"));
}

TEST_CASE("a header that cannot be true is refused before memory is asked for") {
    const TemporaryFolder folder;
    CHECK(mentions(image_error(folder, idx_images(0, 28, 28, "")), "byte 4", "number of images is 0"));
    CHECK(mentions(image_error(folder, idx_images(1, 0, 28, "")), "byte 8", "rows is 0"));
    CHECK(mentions(image_error(folder, idx_images(1, 28, 0x7fffffff, "")), "byte 12", "columns"));
    CHECK(mentions(image_error(folder, idx_images(0xffffffff, 16384, 16384, "")), "byte 16", "ends here"));
}

TEST_CASE("a label that is no class is refused with its place") {
    const TemporaryFolder folder;
    const auto file = folder.write("labels", idx_labels(3, std::string("\x09\x0a\x00", 3)));
    CHECK(mentions(message_of<FileError>([&] { (void)read_idx_labels(file); }), "byte 9", "label 1 is 10",
                   "0 to 9"));
    CHECK(read_idx_labels(file, 11).at(1) == 10);
}

TEST_CASE("damaged packing is refused with its place") {
    const TemporaryFolder folder;
    const std::string packed = gzip(two_images);
    CHECK(mentions(image_error(folder, packed.substr(0, packed.size() - 9)), "images", "cut off"));
    CHECK(mentions(image_error(folder, packed + "rest"), "byte " + std::to_string(packed.size()),
                   "end of the gzip file"));
    std::string wrong_sum = packed;
    wrong_sum[packed.size() - 6] = static_cast<char>(wrong_sum[packed.size() - 6] ^ 1);
    CHECK(mentions(image_error(folder, wrong_sum), "damaged", "check"));
}

TEST_CASE("a file that cannot be opened is named") {
    const TemporaryFolder folder;
    CHECK(mentions(message_of<FileError>([&] { (void)read_idx_images(folder / "none"); }), "none",
                   "No such file"));
    CHECK(mentions(message_of<FileError>([&] { (void)read_idx_images(folder.path()); }), "folder"));
}
