#include "store/hdf5.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "store/readable_file.hpp"
#include "store/sealed_file.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace ohmloom {

namespace {

/// Largest attribute or text data set that is read, and most names in one group: beyond it a file is taken as damaged rather than
/// memory asked for.
constexpr hssize_t max_texts = hssize_t{1} << 24;
constexpr std::size_t max_text_bytes = std::size_t{1} << 28; ///< of texts of fixed length, together
constexpr hsize_t max_names = hsize_t{1} << 20;

/// An HDF5 identifier that is closed with its own function.
class Handle {
public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    Handle(hid_t id, Close close) : id_(id), close_(close) {}
    ~Handle() { reset(); }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    operator hid_t() const { return id_; } // so that HDF5's functions take it as it is
    [[nodiscard]] bool valid() const { return id_ >= 0; }

    /// Closes now; false if HDF5 could not.
    bool reset() {
        const hid_t id = std::exchange(id_, H5I_INVALID_HID);
        return id < 0 || close_(id) >= 0;
    }

private:
    hid_t id_ = H5I_INVALID_HID;
    Close close_ = nullptr;
};

/// HDF5 prints its error stack by default. The setting belongs to a thread, so it is made at every entry.
void silence_hdf5() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

extern "C" herr_t ohmloom_innermost_message(unsigned depth, const H5E_error2_t* error, void* message) {
    if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(message) = error->desc;
    return 0;
}

extern "C" herr_t ohmloom_note_attribute(hid_t /*object*/, const char* name, const H5A_info_t* /*info*/,
                                         void* names) {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
}

/// Some of the slowest index of a data set.
struct RowRange {
    Index first = 0, count = 0;
};

/// What HDF5 says was the cause of the call that just failed.
std::string hdf5_reason() {
    std::string reason;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, ohmloom_innermost_message, &reason);
    return reason.empty() ? "HDF5 gives no reason" : reason;
}

template <Hdf5Number T>
hid_t memory_type() {
    if constexpr (std::same_as<T, double>) return H5T_NATIVE_DOUBLE;
    if constexpr (std::same_as<T, float>) return H5T_NATIVE_FLOAT;
    if constexpr (std::same_as<T, std::int8_t>) return H5T_NATIVE_INT8;
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_NATIVE_UINT8;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_NATIVE_INT32;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_NATIVE_INT64;
}

/// The same on every machine: little endian.
template <Hdf5Number T>
hid_t file_type() {
    if constexpr (std::same_as<T, double>) return H5T_IEEE_F64LE;
    if constexpr (std::same_as<T, float>) return H5T_IEEE_F32LE;
    if constexpr (std::same_as<T, std::int8_t>) return H5T_STD_I8LE;
    if constexpr (std::same_as<T, std::uint8_t>) return H5T_STD_U8LE;
    if constexpr (std::same_as<T, std::int32_t>) return H5T_STD_I32LE;
    if constexpr (std::same_as<T, std::int64_t>) return H5T_STD_I64LE;
}

/// Text of any length in the given character set.
Handle text_type(H5T_cset_t character_set = H5T_CSET_UTF8) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, character_set);
    return type;
}

Handle simple_space(const Shape& shape) {
    if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
    const std::vector<hsize_t> sizes(shape.begin(), shape.end());
    return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

std::optional<Shape> shape_of_space(hid_t space) {
    const int rank = H5Sget_simple_extent_ndims(space);
    if (rank < 0 || H5Sget_simple_extent_type(space) == H5S_NULL) return std::nullopt;
    std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
    H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
    return Shape(sizes.begin(), sizes.end());
}

/// Blocks of at most 1 MiB, cut along the slowest indices.
std::vector<hsize_t> chunk_sizes(const Shape& shape, std::size_t element_bytes) {
    constexpr std::size_t max_bytes = std::size_t{1} << 20;
    std::vector<hsize_t> chunk(shape.begin(), shape.end());
    std::size_t bytes = static_cast<std::size_t>(element_count(shape)) * element_bytes;
    for (std::size_t d = 0; d < chunk.size() && bytes > max_bytes; ++d) {
        const std::size_t below = bytes / chunk[d];
        chunk[d] = std::clamp<hsize_t>(max_bytes / below, 1, chunk[d]);
        bytes = below * chunk[d];
    }
    return chunk;
}

/// Properties of a new data set; without time stamps, so that equal content gives equal bytes.
Handle creation_properties(const Shape& shape, std::size_t element_bytes, Hdf5Storage storage) {
    Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_obj_track_times(properties, 0);
    if (storage == Hdf5Storage::compressed && !shape.empty() && element_count(shape) > 0) {
        const std::vector<hsize_t> chunk = chunk_sizes(shape, element_bytes);
        H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data());
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 6);
    }
    return properties;
}

Handle parent_making_properties() {
    Handle properties(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(properties, 1);
    return properties;
}

/// Whether every step of the path is there and leads to an object.
bool path_exists(hid_t file, const std::string& path) {
    for (std::size_t end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1)) {
        if (H5Oexists_by_name(file, path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    }
    return path == "/" || (H5Lexists(file, path.c_str(), H5P_DEFAULT) > 0 &&
                           H5Oexists_by_name(file, path.c_str(), H5P_DEFAULT) > 0);
}

/// One element of a text data set or attribute of fixed length.
std::string fixed_text(const char* bytes, std::size_t size, H5T_str_t padding) {
    std::string text(bytes, strnlen(bytes, size));
    if (padding == H5T_STR_SPACEPAD) text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

/// All elements of a text data set or attribute; `read(type, buffer)` is H5Dread or H5Aread. Text is never
/// converted by HDF5 between fixed and variable length, so memory follows the file.
template <class Read>
std::optional<std::vector<std::string>> texts_of(hid_t stored_type, hid_t space, const Read& read) {
    if (H5Tget_class(stored_type) != H5T_STRING) return std::nullopt;
    const hssize_t stored = H5Sget_simple_extent_npoints(space);
    if (stored < 0 || stored > max_texts) return std::nullopt;
    const auto count = static_cast<std::size_t>(stored);
    std::vector<std::string> texts(count);
    if (count == 0) return texts;

    if (H5Tis_variable_str(stored_type) > 0) {
        const Handle type = text_type(H5Tget_cset(stored_type));
        std::vector<char*> pointers(count, nullptr);
        if (read(type, pointers.data()) < 0) return std::nullopt;
        for (std::size_t i = 0; i < count; ++i) texts[i] = pointers[i] != nullptr ? pointers[i] : "";
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
        return texts;
    }
    const std::size_t size = H5Tget_size(stored_type);
    if (size > max_text_bytes / count) return std::nullopt;
    std::vector<char> bytes(count * size);
    if (read(stored_type, bytes.data()) < 0) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i)
        texts[i] = fixed_text(bytes.data() + i * size, size, H5Tget_strpad(stored_type));
    return texts;
}

} // namespace

Index element_count(const Shape& shape) {
    Index count = 1;
    for (const Index size : shape) count *= size;
    return count;
}

std::string to_string(const Shape& shape) {
    std::string text;
    for (const Index size : shape) text += (text.empty() ? "" : " x ") + std::to_string(size);
    return "[" + text + "]";
}

// ---------------------------------------------------------------------------------------------- writing

struct Hdf5Writer::State {
    State(const std::filesystem::path& target, Hdf5Seal seal_) : unfinished(target), seal(seal_) {
        silence_hdf5();
        const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
        if (seal == Hdf5Seal::sha256) H5Pset_userblock(creation, seal_size);
        // Strong closing: no identifier left open can keep the file from being complete at commit().
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
        handle = Handle(H5Fcreate(unfinished.path().c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose);
        if (!handle.valid()) fail("cannot be created: " + hdf5_reason());
    }

    [[nodiscard]] hid_t file() const {
        OHMLOOM_ASSERT(handle.valid()); // nothing is written after commit()
        silence_hdf5();
        return handle;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw FileError(fmt::format("{}: {}", unfinished.target().string(), what));
    }
    void check(bool good, std::string_view path, std::string_view what) const {
        if (!good) fail(fmt::format("{} cannot be {}: {}", path, what, hdf5_reason()));
    }

    /// A new data set with its unit.
    [[nodiscard]] Handle create_data_set(const std::string& path, hid_t type, const Shape& shape,
                                         std::string_view unit, Hdf5Storage storage) const {
        if (path_exists(file(), path)) fail(fmt::format("data set {} is written a second time", path));
        const Handle space = simple_space(shape);
        const Handle links = parent_making_properties();
        const Handle properties = creation_properties(shape, H5Tget_size(type), storage);
        Handle data_set(H5Dcreate2(file(), path.c_str(), type, space, links, properties, H5P_DEFAULT),
                        H5Dclose);
        check(data_set.valid(), path, "created");
        set_text(data_set, path, "unit", unit);
        return data_set;
    }

    void set_value(hid_t object, std::string_view path, const std::string& name, hid_t stored_type,
                   hid_t type, const void* value) const {
        if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
        const Handle space = simple_space({});
        const Handle attribute(H5Acreate2(object, name.c_str(), stored_type, space, H5P_DEFAULT, H5P_DEFAULT),
                               H5Aclose);
        check(attribute.valid() && H5Awrite(attribute, type, value) >= 0, path,
              fmt::format("given the attribute {}", name));
    }

    void set_text(hid_t object, std::string_view path, const std::string& name, std::string_view text) const {
        const std::string terminated(text);
        const char* pointer = terminated.c_str();
        const Handle type = text_type();
        set_value(object, path, name, type, type, &pointer);
    }

    [[nodiscard]] Handle open_object(std::string_view path) const {
        Handle object(H5Oopen(file(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose);
        check(object.valid(), path, "opened to take an attribute");
        return object;
    }

    void write_text_elements(std::string_view path, const std::vector<const char*>& pointers,
                             const Shape& shape) const {
        const Handle type = text_type();
        const Handle data_set = create_data_set(std::string(path), type, shape, "1", Hdf5Storage::plain);
        if (pointers.empty()) return;
        check(H5Dwrite(data_set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()) >= 0, path, "written");
    }

    UnfinishedFile unfinished;
    Hdf5Seal seal;
    Handle handle; ///< closed before `unfinished` removes what was not committed
};

Hdf5Writer::Hdf5Writer(const std::filesystem::path& file, Hdf5Seal seal)
    : state_(std::make_unique<State>(file, seal)) {}
Hdf5Writer::~Hdf5Writer() = default;
Hdf5Writer::Hdf5Writer(Hdf5Writer&&) noexcept = default;
Hdf5Writer& Hdf5Writer::operator=(Hdf5Writer&&) noexcept = default;

template <Hdf5Number T>
void Hdf5Writer::write_array(std::string_view path, std::span<const T> values, const Shape& shape,
                             std::string_view unit, Hdf5Storage storage) {
    OHMLOOM_ASSERT(static_cast<Index>(values.size()) == element_count(shape));
    OHMLOOM_ASSERT(!unit.empty());
    const Handle data_set = state_->create_data_set(std::string(path), file_type<T>(), shape, unit, storage);
    if (values.empty()) return;
    state_->check(H5Dwrite(data_set, memory_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0,
                  path, "written");
}

template <Hdf5Number T>
void Hdf5Writer::set_attribute(std::string_view path, const std::string& name, T value) {
    const Handle object = state_->open_object(path);
    state_->set_value(object, path, name, file_type<T>(), memory_type<T>(), &value);
}

#define OHMLOOM_STORED_NUMBER(type)                                                                          \
    template void Hdf5Writer::write_array<type>(std::string_view, std::span<const type>, const Shape&,       \
                                                std::string_view, Hdf5Storage);                              \
    template void Hdf5Writer::set_attribute<type>(std::string_view, const std::string&, type);
OHMLOOM_STORED_NUMBER(double)
OHMLOOM_STORED_NUMBER(float)
OHMLOOM_STORED_NUMBER(std::int8_t)
OHMLOOM_STORED_NUMBER(std::uint8_t)
OHMLOOM_STORED_NUMBER(std::int32_t)
OHMLOOM_STORED_NUMBER(std::int64_t)
#undef OHMLOOM_STORED_NUMBER

void Hdf5Writer::write_text(std::string_view path, std::string_view text) {
    const std::string terminated(text);
    state_->write_text_elements(path, {terminated.c_str()}, {});
}

void Hdf5Writer::write_texts(std::string_view path, const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    state_->write_text_elements(path, pointers, {static_cast<Index>(texts.size())});
}

void Hdf5Writer::make_group(std::string_view path) {
    const std::string name(path);
    if (path_exists(state_->file(), name)) return;
    const Handle links = parent_making_properties();
    const Handle group(H5Gcreate2(state_->file(), name.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    state_->check(group.valid(), path, "created");
}

void Hdf5Writer::set_attribute(std::string_view path, const std::string& name, std::string_view text) {
    const Handle object = state_->open_object(path);
    state_->set_text(object, path, name, text);
}

void Hdf5Writer::commit() {
    const bool flushed = H5Fflush(state_->file(), H5F_SCOPE_GLOBAL) >= 0;
    const std::string reason = flushed ? "" : hdf5_reason();
    const bool closed = state_->handle.reset();
    if (!flushed) state_->fail("cannot be written: " + reason);
    if (!closed) state_->fail("cannot be closed: " + hdf5_reason());
    if (state_->seal == Hdf5Seal::sha256) seal_file(state_->unfinished.path());
    state_->unfinished.commit();
}

// ---------------------------------------------------------------------------------------------- reading

struct Hdf5Reader::State {
    State(const std::filesystem::path& target, Hdf5Limits limits_) : path(target), limits(limits_) {
        silence_hdf5();
        require_readable(path, "an HDF5 file");
        handle = Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
        if (handle.valid()) return;
        const std::string reason = hdf5_reason();
        if (H5Fis_hdf5(path.c_str()) == 0) fail("is not an HDF5 file");
        if (reason.starts_with("truncated file")) {
            fail("is an HDF5 file that was cut short: write or copy it again");
        }
        fail("cannot be opened: " + reason);
    }

    [[nodiscard]] hid_t file() const {
        silence_hdf5();
        return handle;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw FileError(fmt::format("{}: {}", path.string(), what));
    }
    [[noreturn]] void wrong_shape(std::string_view name, std::string_view expected,
                                  const Shape& found) const {
        fail(fmt::format("data set {} has shape {}, expected {}", name, to_string(found), expected));
    }

    [[nodiscard]] Handle open(std::string_view name, H5I_type_t kind) const {
        const std::string_view word = kind == H5I_DATASET ? "data set" : "group";
        const std::string terminated(name);
        if (!path_exists(file(), terminated)) fail(fmt::format("{} {} is missing", word, name));
        Handle object(H5Oopen(file(), terminated.c_str(), H5P_DEFAULT), H5Oclose);
        if (!object.valid()) fail(fmt::format("{} {} cannot be opened: {}", word, name, hdf5_reason()));
        if (H5Iget_type(object) != kind) fail(fmt::format("{} is not a {}", name, word));
        return object;
    }

    [[nodiscard]] Shape shape_of(hid_t data_set, std::string_view name) const {
        const Handle space(H5Dget_space(data_set), H5Sclose);
        const std::optional<Shape> shape = shape_of_space(space);
        if (!shape) fail(fmt::format("data set {} has no data (null space)", name));
        return *shape;
    }

    void require_unit(hid_t data_set, std::string_view name, std::string_view expected) const {
        if (H5Aexists(data_set, "unit") <= 0) return;
        const std::string unit = attribute_text(data_set, name, "unit");
        if (unit != expected) {
            fail(fmt::format("data set {} has the unit '{}', expected '{}'", name, unit, expected));
        }
    }

    /// Refuses numbers that do not lie in the file as they are.
    void require_plain(hid_t data_set, std::string_view name, hsize_t bytes) const {
        const Handle creation(H5Dget_create_plist(data_set), H5Pclose);
        const H5D_layout_t layout = H5Pget_layout(creation);
        if ((layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) || H5Pget_external_count(creation) != 0)
            fail(fmt::format(
                "data set {} is compressed, chunked, virtual or in another file, expected it as it is",
                name));
        const hsize_t stored = H5Dget_storage_size(data_set);
        if (stored != bytes)
            fail(fmt::format("data set {} holds {} bytes, expected {}: the file is damaged", name, stored,
                             bytes));
    }

    /// Refuses names that lead elsewhere, if only plain ones are expected.
    void require_plain_link(hid_t group, std::string_view group_name, const std::string& name) const {
        H5L_info_t link;
        if (H5Lget_info(group, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
            fail(fmt::format("{} in {} is a link to somewhere else, expected an object of this file", name,
                             group_name));
    }

    /// All numbers of a data set, or those of some rows.
    template <Hdf5Number T>
    [[nodiscard]] std::vector<T> numbers(hid_t data_set, std::string_view name,
                                         const std::optional<RowRange>& rows = {}) const {
        const Handle type(H5Dget_type(data_set), H5Tclose);
        const H5T_class_t kind = H5Tget_class(type);
        if (kind != H5T_INTEGER && kind != H5T_FLOAT) {
            fail(fmt::format("data set {} holds {}, expected numbers", name,
                             kind == H5T_STRING ? "text" : "values that are neither integers nor floats"));
        }
        const Handle space(H5Dget_space(data_set), H5Sclose);
        const hssize_t count = H5Sget_simple_extent_npoints(space);
        if (count < 0 || count > limits.elements) {
            fail(fmt::format("data set {} claims {} elements, expected at most {}: the file is damaged", name,
                             count, limits.elements));
        }
        if (limits.plain_only) require_plain(data_set, name, static_cast<hsize_t>(count) * H5Tget_size(type));
        // In memory of the same dimensions: HDF5 goes element by element through chunks otherwise.
        const Handle memory = rows ? select_rows(space, *rows) : Handle(H5Scopy(space), H5Sclose);
        std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(memory)));
        if (!values.empty() &&
            H5Dread(data_set, memory_type<T>(), memory, space, H5P_DEFAULT, values.data()) < 0) {
            fail(fmt::format("data set {} cannot be read: {}", name, hdf5_reason()));
        }
        return values;
    }

    /// Selects rows of the space of a data set. @return the space that they take in memory
    static Handle select_rows(hid_t space, const RowRange& rows) {
        Shape sizes = shape_of_space(space).value_or(Shape{});
        sizes.front() = rows.count;
        const std::vector<hsize_t> count(sizes.begin(), sizes.end());
        std::vector<hsize_t> start(count.size(), 0);
        start.front() = static_cast<hsize_t>(rows.first);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
        return simple_space(sizes);
    }

    [[nodiscard]] std::vector<std::string> texts(hid_t data_set, std::string_view name) const {
        const Handle type(H5Dget_type(data_set), H5Tclose);
        const Handle space(H5Dget_space(data_set), H5Sclose);
        auto elements = texts_of(type, space, [&](hid_t memory, void* buffer) {
            return H5Dread(data_set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
        });
        if (!elements) fail(fmt::format("data set {} does not hold readable text, expected text", name));
        return std::move(*elements);
    }

    [[nodiscard]] Handle open_attribute(hid_t object, std::string_view path_of_object,
                                        const std::string& name) const {
        if (H5Aexists(object, name.c_str()) <= 0) {
            fail(fmt::format("the attribute {} of {} is missing", name, path_of_object));
        }
        Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
        if (!attribute.valid()) {
            fail(fmt::format("the attribute {} of {} cannot be opened: {}", name, path_of_object,
                             hdf5_reason()));
        }
        return attribute;
    }

    [[nodiscard]] std::string attribute_text(hid_t object, std::string_view path_of_object,
                                             const std::string& name) const {
        const Handle attribute = open_attribute(object, path_of_object, name);
        const Handle type(H5Aget_type(attribute), H5Tclose);
        const Handle space(H5Aget_space(attribute), H5Sclose);
        const auto elements = texts_of(
            type, space, [&](hid_t memory, void* buffer) { return H5Aread(attribute, memory, buffer); });
        if (!elements || elements->size() != 1) {
            fail(fmt::format("the attribute {} of {} is not one text, expected one text", name,
                             path_of_object));
        }
        return elements->front();
    }

    std::filesystem::path path;
    Hdf5Limits limits;
    Handle handle;
};

Hdf5Reader::Hdf5Reader(const std::filesystem::path& file, Hdf5Limits limits)
    : state_(std::make_unique<State>(file, limits)) {}
Hdf5Reader::~Hdf5Reader() = default;
Hdf5Reader::Hdf5Reader(Hdf5Reader&&) noexcept = default;
Hdf5Reader& Hdf5Reader::operator=(Hdf5Reader&&) noexcept = default;

const std::filesystem::path& Hdf5Reader::file() const {
    return state_->path;
}

bool Hdf5Reader::has(std::string_view path) const {
    return path_exists(state_->file(), std::string(path));
}

Shape Hdf5Reader::shape(std::string_view path) const {
    return state_->shape_of(state_->open(path, H5I_DATASET), path);
}

bool Hdf5Reader::is_text(std::string_view path) const {
    const Handle type(H5Dget_type(state_->open(path, H5I_DATASET)), H5Tclose);
    return H5Tget_class(type) == H5T_STRING;
}

std::vector<std::string> Hdf5Reader::children(std::string_view path) const {
    const Handle group = state_->open(path, H5I_GROUP);
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0) state_->fail(fmt::format("group {} cannot be listed", path));
    if (info.nlinks > max_names)
        state_->fail(fmt::format("group {} claims {} names: the file is damaged", path, info.nlinks));
    std::vector<std::string> names;
    for (hsize_t i = 0; i < info.nlinks; ++i) {
        const auto name_at = [&](char* buffer, std::size_t size) {
            return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, buffer, size, H5P_DEFAULT);
        };
        const ssize_t length = name_at(nullptr, 0);
        if (length < 0) state_->fail(fmt::format("group {} cannot be listed: {}", path, hdf5_reason()));
        std::string name(static_cast<std::size_t>(length), '\0');
        name_at(name.data(), name.size() + 1);
        if (state_->limits.plain_only) state_->require_plain_link(group, path, name);
        names.push_back(std::move(name));
    }
    return names;
}

void Hdf5Reader::require_only(std::string_view path, const std::vector<std::string>& known) const {
    for (const std::string& name : children(path)) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const std::string nearest = nearest_word(name, known);
        state_->fail(fmt::format("{}{}{} is unknown{}", path, path == "/" ? "" : "/", name,
                                 nearest.empty() ? ", expected only: " + join_words(known)
                                                 : ", did you mean " + nearest + "?"));
    }
}

Hdf5Array Hdf5Reader::read_array(std::string_view path, std::string_view unit) const {
    const Handle data_set = state_->open(path, H5I_DATASET);
    state_->require_unit(data_set, path, unit);
    return {state_->shape_of(data_set, path), state_->numbers<double>(data_set, path)};
}

Matrix<double> Hdf5Reader::read_matrix(std::string_view path, std::string_view unit, Index rows,
                                       Index cols) const {
    const auto size_text = [](Index size, std::string_view word) {
        return size == any_size ? std::string(word) : std::to_string(size);
    };
    const Shape found = shape(path);
    if (found.size() != 2 || (rows != any_size && found[0] != rows) ||
        (cols != any_size && found[1] != cols)) {
        state_->wrong_shape(path, fmt::format("[{} x {}]", size_text(rows, "rows"), size_text(cols, "cols")),
                            found);
    }
    return {found[0], found[1], read_array(path, unit).values};
}

std::vector<double> Hdf5Reader::read_vector(std::string_view path, std::string_view unit, Index size) const {
    const Shape found = shape(path);
    if (found.size() != 1 || (size != any_size && found[0] != size)) {
        state_->wrong_shape(path, size == any_size ? "one dimension" : fmt::format("[{}]", size), found);
    }
    return read_array(path, unit).values;
}

double Hdf5Reader::read_scalar(std::string_view path, std::string_view unit) const {
    const Shape found = shape(path);
    if (element_count(found) != 1) state_->wrong_shape(path, "one number", found);
    return read_array(path, unit).values.front();
}

Matrix<std::uint8_t> Hdf5Reader::read_byte_rows(std::string_view path, std::string_view unit, Index first,
                                                Index count) const {
    const Handle data_set = state_->open(path, H5I_DATASET);
    state_->require_unit(data_set, path, unit);
    const Shape found = state_->shape_of(data_set, path);
    if (found.size() != 2 || first < 0 || count < 0 || first > found[0] - count)
        state_->wrong_shape(path, fmt::format("two dimensions and at least {} rows", first + count), found);
    return {count, found[1], state_->numbers<std::uint8_t>(data_set, path, RowRange{first, count})};
}

std::string Hdf5Reader::read_text(std::string_view path) const {
    const Shape found = shape(path);
    if (element_count(found) != 1) state_->wrong_shape(path, "one text", found);
    return state_->texts(state_->open(path, H5I_DATASET), path).front();
}

std::vector<std::string> Hdf5Reader::read_texts(std::string_view path) const {
    const Shape found = shape(path);
    if (found.size() != 1) state_->wrong_shape(path, "one dimension", found);
    return state_->texts(state_->open(path, H5I_DATASET), path);
}

bool Hdf5Reader::has_attribute(std::string_view path, const std::string& name) const {
    return H5Aexists_by_name(state_->file(), std::string(path).c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5Reader::attribute_names(std::string_view path) const {
    const Handle object(H5Oopen(state_->file(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.valid()) state_->fail(fmt::format("{} is missing", path));
    std::vector<std::string> names;
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, ohmloom_note_attribute, &names) < 0)
        state_->fail(fmt::format("the attributes of {} cannot be listed: {}", path, hdf5_reason()));
    return names;
}

bool Hdf5Reader::attribute_is_text(std::string_view path, const std::string& name) const {
    const Handle object(H5Oopen(state_->file(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.valid()) state_->fail(fmt::format("{} is missing", path));
    const Handle type(H5Aget_type(state_->open_attribute(object, path, name)), H5Tclose);
    return H5Tget_class(type) == H5T_STRING;
}

std::string Hdf5Reader::attribute_text(std::string_view path, const std::string& name) const {
    const Handle object(H5Oopen(state_->file(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.valid()) state_->fail(fmt::format("{} is missing", path));
    return state_->attribute_text(object, path, name);
}

double Hdf5Reader::attribute_number(std::string_view path, const std::string& name) const {
    const Handle object(H5Oopen(state_->file(), std::string(path).c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.valid()) state_->fail(fmt::format("{} is missing", path));
    const Handle attribute = state_->open_attribute(object, path, name);
    const Handle type(H5Aget_type(attribute), H5Tclose);
    const Handle space(H5Aget_space(attribute), H5Sclose);
    const H5T_class_t kind = H5Tget_class(type);
    double value = 0.0;
    if ((kind != H5T_INTEGER && kind != H5T_FLOAT) || H5Sget_simple_extent_npoints(space) != 1 ||
        H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0) {
        state_->fail(
            fmt::format("the attribute {} of {} is not one number, expected one number", name, path));
    }
    return value;
}

void Hdf5Reader::require_schema(const std::string& expected) const {
    static_cast<void>(schema_among({expected}));
}

std::string Hdf5Reader::schema_among(const std::vector<std::string>& expected) const {
    const std::string words = fmt::format("'{}'", fmt::join(expected, "' or '"));
    if (!has_attribute("/", "schema"))
        state_->fail(fmt::format("the attribute schema of the root is missing, expected {}", words));
    std::string found = attribute_text("/", "schema");
    if (std::ranges::find(expected, found) == expected.end())
        state_->fail(fmt::format("schema is '{}', expected {}", found, words));
    return found;
}

std::string hdf5_version() {
    unsigned major = 0, minor = 0, release = 0;
    if (H5get_libversion(&major, &minor, &release) < 0) return "of unknown version";
    return fmt::format("{}.{}.{}", major, minor, release);
}

} // namespace ohmloom
