#pragma once

#include "base/matrix.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// Number types that can be stored.
template <class T>
concept Hdf5Number = std::same_as<T, double> || std::same_as<T, float> || std::same_as<T, std::int8_t> ||
    std::same_as<T, std::uint8_t> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

/// Sizes of a data set, slowest index first; empty for a scalar.
using Shape = std::vector<Index>;

/// Product of the sizes; 1 for a scalar.
Index element_count(const Shape& shape);

/// "[3 x 4]"; "[]" for a scalar.
std::string to_string(const Shape& shape);

/// Stands for "whatever the file holds" where a size is expected.
inline constexpr Index any_size = -1;

/// How a data set lies in the file.
enum class Hdf5Storage {
    plain,      ///< contiguous
    compressed, ///< chunked, bytes shuffled, deflate level 6
};

/// Whether a file begins with a checksum of its content (sealed_file.hpp).
enum class Hdf5Seal { none, sha256 };

/// What a reader takes from a file that may be damaged or made in bad faith; beyond it, it refuses the data set by name before it
/// asks for memory.
struct Hdf5Limits {
    Index elements = Index{1} << 36; ///< of a data set
    /// Only data sets that lie in the file as they are, not compressed, virtual or in other files, so that memory follows the
    /// size of the file; and only links that lead to objects of this file.
    bool plain_only = false;
};

/// Writes one HDF5 file, complete or not at all: the file gets its name in `commit()`; a writer that dies
/// before leaves nothing behind.
///
/// Paths are absolute ("/layer_0/weights"); missing parent groups are made. Every data set carries a `unit`
/// attribute; pure numbers and text have the unit "1". Text is UTF-8. Equal content gives equal bytes.
/// Limits: one thread at a time.
class Hdf5Writer {
public:
    /// @throws FileError if the file could not be created there.
    explicit Hdf5Writer(const std::filesystem::path& file, Hdf5Seal seal = Hdf5Seal::none);
    ~Hdf5Writer();
    Hdf5Writer(Hdf5Writer&&) noexcept;
    Hdf5Writer& operator=(Hdf5Writer&&) noexcept;

    /// Any number of dimensions: `values` in row-major order, element_count(shape) of them.
    /// All writing functions throw FileError naming file and data set.
    template <Hdf5Number T>
    void write_array(std::string_view path, std::span<const T> values, const Shape& shape,
                     std::string_view unit, Hdf5Storage storage = Hdf5Storage::plain);

    template <Hdf5Number T>
    void write(std::string_view path, const Matrix<T>& values, std::string_view unit,
               Hdf5Storage storage = Hdf5Storage::plain) {
        write_array<T>(path, values.values(), {values.rows(), values.cols()}, unit, storage);
    }
    template <Hdf5Number T>
    void write(std::string_view path, const std::vector<T>& values, std::string_view unit,
               Hdf5Storage storage = Hdf5Storage::plain) {
        write_array<T>(path, values, {static_cast<Index>(values.size())}, unit, storage);
    }
    template <Hdf5Number T>
    void write(std::string_view path, T value, std::string_view unit) {
        write_array<T>(path, std::span<const T>(&value, 1), {}, unit);
    }
    void write_text(std::string_view path, std::string_view text);
    void write_texts(std::string_view path, const std::vector<std::string>& texts);

    /// Makes an empty group, for attributes to hang on; nothing happens if it is there.
    void make_group(std::string_view path);

    /// Attribute of the root ("/"), a group or a data set; replaces one of the same name.
    void set_attribute(std::string_view path, const std::string& name, std::string_view text);
    template <Hdf5Number T>
    void set_attribute(std::string_view path, const std::string& name, T value);

    /// Closes the file and gives it its name, replacing an older one. Nothing may be written afterwards.
    /// @throws FileError, for instance when the disk is full.
    void commit();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Values of a data set with any number of dimensions, row-major.
struct Hdf5Array {
    Shape shape;
    std::vector<double> values;
};

/// Reads one HDF5 file.
///
/// Numbers stored in any integer or floating type come back as double. Where a unit is expected, a data set
/// with another `unit` attribute is refused and one without is taken as being in that unit. All reading
/// functions throw FileError naming the file, the data set, what was expected and what was found.
/// Limits: one thread at a time.
class Hdf5Reader {
public:
    /// @throws FileError if the file is missing or is no HDF5 file.
    explicit Hdf5Reader(const std::filesystem::path& file, Hdf5Limits limits = {});
    ~Hdf5Reader();
    Hdf5Reader(Hdf5Reader&&) noexcept;
    Hdf5Reader& operator=(Hdf5Reader&&) noexcept;

    [[nodiscard]] const std::filesystem::path& file() const;

    /// Whether there is a data set or a group of that path.
    [[nodiscard]] bool has(std::string_view path) const;
    [[nodiscard]] Shape shape(std::string_view path) const;
    /// Whether a data set holds text.
    [[nodiscard]] bool is_text(std::string_view path) const;
    /// Names inside a group, in alphabetical order.
    [[nodiscard]] std::vector<std::string> children(std::string_view path) const;
    /// Refuses a group that holds anything but these names: the message offers the nearest known one.
    void require_only(std::string_view path, const std::vector<std::string>& known) const;

    [[nodiscard]] Hdf5Array read_array(std::string_view path, std::string_view unit) const;
    [[nodiscard]] Matrix<double> read_matrix(std::string_view path, std::string_view unit,
                                             Index rows = any_size, Index cols = any_size) const;
    [[nodiscard]] std::vector<double> read_vector(std::string_view path, std::string_view unit,
                                                  Index size = any_size) const;
    /// A data set of one element, whatever its number of dimensions.
    [[nodiscard]] double read_scalar(std::string_view path, std::string_view unit) const;
    /// Rows `first` to `first + count - 1` of a matrix of small whole numbers, as the classes of images, without the rest of it.
    /// Numbers beyond 0 to 255 come back as the nearest of these.
    [[nodiscard]] Matrix<std::uint8_t> read_byte_rows(std::string_view path, std::string_view unit,
                                                      Index first, Index count) const;
    [[nodiscard]] std::string read_text(std::string_view path) const;
    [[nodiscard]] std::vector<std::string> read_texts(std::string_view path) const;

    [[nodiscard]] bool has_attribute(std::string_view path, const std::string& name) const;
    /// Names of all attributes of an object, in alphabetical order.
    [[nodiscard]] std::vector<std::string> attribute_names(std::string_view path) const;
    [[nodiscard]] bool attribute_is_text(std::string_view path, const std::string& name) const;
    [[nodiscard]] std::string attribute_text(std::string_view path, const std::string& name) const;
    [[nodiscard]] double attribute_number(std::string_view path, const std::string& name) const;

    /// Refuses a file whose root attribute `schema` is not the expected one.
    void require_schema(const std::string& expected) const;
    /// The same for one of several: which it is.
    [[nodiscard]] std::string schema_among(const std::vector<std::string>& expected) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Version of the HDF5 library at work, as "1.10.8".
std::string hdf5_version();

} // namespace ohmloom
