#include "network/dataset.hpp"

#include "base/errors.hpp"
#include "tests/network/idx_samples.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <numeric>
#include <set>

using namespace ohmloom;

namespace {

namespace fs = std::filesystem;

/// A folder with `count` images of 4 x 4 pixels for one part of a set; pixel p of image i is 16 i + p.
void write_set(const fs::path& folder, const std::string& prefix, unsigned count, bool packed = false) {
    fs::create_directories(folder);
    std::string pixels(std::size_t{16} * count, '\0');
    std::iota(pixels.begin(), pixels.end(), '\0');
    const std::string images = idx_images(count, 4, 4, pixels);
    const std::string labels = idx_labels(count, std::string(count, '\x03'));
    const std::string ending = packed ? ".gz" : "";
    std::ofstream(folder / (prefix + "-images-idx3-ubyte" + ending), std::ios::binary)
        << (packed ? gzip(images) : images);
    std::ofstream(folder / (prefix + "-labels-idx1-ubyte" + ending), std::ios::binary)
        << (packed ? gzip(labels) : labels);
}

/// The environment with only this data folder in it, and nothing in the current folder.
struct DataEnvironment {
    explicit DataEnvironment(const TemporaryFolder& folder) {
        setenv("OHMLOOM_DATA", (folder / "user").c_str(), 1);
        fs::current_path(folder.path());
    }
    ~DataEnvironment() { fs::current_path("/"); }
    DataEnvironment(const DataEnvironment&) = delete;
    DataEnvironment& operator=(const DataEnvironment&) = delete;
};

DataSet four_by_four() {
    Matrix<std::uint8_t> images(2, 16);
    std::iota(images.values().begin(), images.values().end(), std::uint8_t{100});
    return {"sample", images, 4, 4, {1, 2}};
}

} // namespace

TEST_CASE("a data set is found where it is looked for first") {
    const TemporaryFolder folder;
    const DataEnvironment environment(folder);
    write_set(folder / "examples/data", "t10k", 1);
    CHECK(read_dataset("mnist-test").count() == 1);
    write_set(folder / "user/mnist", "t10k", 2, true);
    CHECK(read_dataset("mnist-test").count() == 2);
    write_set(folder / "study/data", "t10k", 3);
    const std::vector<fs::path> search{folder / "study"};
    const DataSet data = read_dataset("mnist-test", search);
    CHECK(data.name == "mnist-test");
    CHECK(data.count() == 3);
    CHECK(data.rows == 4);
    CHECK(data.images(2, 1) == 33);
    CHECK(data.labels == std::vector<std::uint8_t>{3, 3, 3});
}

TEST_CASE("another collection's files under the same names are not taken for it") {
    const TemporaryFolder folder;
    const DataEnvironment environment(folder);
    write_set(folder / "data", "t10k", 1); // where MNIST would be found
    write_set(folder / "fashion-mnist", "t10k", 2);
    const std::vector<fs::path> search{folder.path()};
    CHECK(find_data_set("fashion-mnist-test", search)->images.parent_path() == folder / "fashion-mnist");
    CHECK(find_data_set("mnist-test", search)->images.parent_path() == folder / "data");

    fs::remove_all(folder / "fashion-mnist");
    const std::optional<DataSetFiles> elsewhere = find_data_set("fashion-mnist-test", search);
    CHECK((!elsewhere || elsewhere->images.parent_path() != folder / "data"));
}

TEST_CASE("a data set that is nowhere is missed with the folders and the command that gets it") {
    const TemporaryFolder folder;
    const DataEnvironment environment(folder);
    const std::vector<fs::path> search{folder / "study"};
    CHECK(mentions(message_of<FileError>([&] { (void)read_dataset("mnist-train", search); }), "mnist-train",
                   "/study/mnist", "/study/data", "/user/mnist", "examples/data", "`ohmloom data mnist`"));
    CHECK_FALSE(find_data_set("mnist-train", search));
    CHECK(mentions(message_of<InputError>([&] { (void)read_dataset("mnist-tset"); }), "'mnist-tset'",
                   "did you mean mnist-test?"));
}

TEST_CASE("a folder of the user's own is a data set, its training part behind /train") {
    const TemporaryFolder folder;
    write_set(folder / "own", "t10k", 2);
    CHECK(read_dataset((folder / "own").string()).count() == 2);
    CHECK(read_dataset((folder / "own/test").string()).count() == 2);
    CHECK(mentions(message_of<FileError>([&] { (void)read_dataset((folder / "own/train").string()); }), "own",
                   "train-images-idx3-ubyte"));
    write_set(folder / "own", "train", 3, true);
    CHECK(read_dataset((folder / "own/train").string()).count() == 3);
}

TEST_CASE("images and labels of different number are refused") {
    const TemporaryFolder folder;
    const DataSetFiles files{folder.write("images", idx_images(2, 1, 1, "ab")),
                             folder.write("labels", idx_labels(1, "\x01"))};
    CHECK(mentions(message_of<FileError>([&] { (void)read_data_set_files("own", files); }), "labels",
                   "byte 4", "1 labels", "expected 2"));
}

TEST_CASE("inputs are the central square, binarised above the threshold or kept grey") {
    const DataSet data = four_by_four(); // central 2 x 2 of image 0: 105 106 109 110; of image 1: 16 more
    const Matrix<double> binary = encode_inputs(data, {2, true, 109}, 0, 2);
    CHECK(binary == Matrix<double>(2, 4, {0, 0, 0, 1, 1, 1, 1, 1}));
    const Matrix<double> grey = encode_inputs(data, {2, false, 127}, 1, 1);
    CHECK(grey == Matrix<double>(1, 4, {121 / 255.0, 122 / 255.0, 125 / 255.0, 126 / 255.0}));
    CHECK(encode_inputs(data, {4, false, 127}, 0, 1)(0, 15) == 115 / 255.0);
}

TEST_CASE("inputs that the data set does not have are refused") {
    const DataSet data = four_by_four();
    CHECK(mentions(message_of<InputError>([&] {
                       (void)encode_inputs(data, {5, true, 1}, 0, 1);
                   }),
                   "5 x 5", "4 x 4"));
    CHECK(mentions(message_of<InputError>([&] {
                       (void)encode_inputs(data, {2, true, 1}, 1, 2);
                   }),
                   "1 to 2", "has 2"));
    CHECK(mentions(message_of<InputError>([&] { (void)encode_inputs(data, {0, true, 1}, 0, 1); }), "crop"));
    CHECK(mentions(message_of<InputError>([&] { (void)encode_inputs(data, {2, true, 256}, 0, 1); }), "256"));
}

TEST_CASE("the validation split holds back distinct images and depends on the seed alone") {
    const DataSplit split = split_validation(1000, 100, 7);
    CHECK(split.validation.size() == 100);
    CHECK(split.training.size() == 900);
    std::set<Index> all(split.training.begin(), split.training.end());
    all.insert(split.validation.begin(), split.validation.end());
    CHECK(all.size() == 1000);
    CHECK(*all.rbegin() == 999);

    CHECK(split_validation(1000, 100, 7).validation == split.validation);
    CHECK(split_validation(1000, 100, 8).validation != split.validation);
    CHECK(split_validation(5, 5, 1).training.empty());
    CHECK(split_validation(5, 0, 1).validation.empty());
    CHECK_THROWS_AS((void)split_validation(5, 6, 1), InputError);
}

TEST_CASE("every image has the same chance to be held back") {
    // 2000 splits of 3 of 10: each image is held back 600 times, sigma = sqrt(2000*0.3*0.7) = 20.5; 5 sigma.
    std::vector<int> held(10, 0);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        for (const Index i : split_validation(10, 3, seed).validation) ++held[static_cast<std::size_t>(i)];
    }
    for (const int times : held) CHECK(std::abs(times - 600) < 103);
}

TEST_CASE("the MNIST test images that ship with the program are whole") {
    const fs::path folder = fs::path(OHMLOOM_SOURCE_DIR) / "examples/data";
    const DataSet data = read_dataset(folder.string());
    CHECK(data.count() == 10'000);
    CHECK(data.rows == 28);
    CHECK(data.cols == 28);
    CHECK(data.labels.at(0) == 7);
    // Images of each digit in the test set, as published with it.
    std::vector<int> digits(10, 0);
    for (const std::uint8_t label : data.labels) ++digits[label];
    CHECK(digits == std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
}
