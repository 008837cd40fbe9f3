#include "store/array_file.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace ohmloom {

namespace {

const std::string input_schema = "ohmloom-array-1";
const std::string result_schema = "ohmloom-array-result-1";

const std::vector<std::string> input_names{
    "g",        "v_row",    "r_row",   "r_col",        "r_source",     "r_sense",        "v_col",
    "row_ends", "col_ends", "device",  "c_row_ground", "c_col_ground", "c_row_coupling", "c_col_coupling",
    "c_cell",   "c_driver", "c_sense", "codes"};
const std::vector<std::string> row_end_words{"left", "right", "both"};
const std::vector<std::string> col_end_words{"bottom", "top", "both"};
const std::vector<std::string> device_words{"linear", "sinh"};

[[noreturn]] void fail(const Hdf5Reader& reader, const std::string& what) {
    throw FileError(fmt::format("{}: {}", reader.file().string(), what));
}

double scalar_or_zero(const Hdf5Reader& reader, const std::string& path, const std::string& unit) {
    return reader.has(path) ? reader.read_scalar(path, unit) : 0.0;
}

/// The capacitances of a file and their data sets.
const std::pair<const char*, double ArrayFile::*> capacitances[] = {
    {"/c_row_ground", &ArrayFile::c_row_ground},
    {"/c_col_ground", &ArrayFile::c_col_ground},
    {"/c_row_coupling", &ArrayFile::c_row_coupling},
    {"/c_col_coupling", &ArrayFile::c_col_coupling},
    {"/c_cell", &ArrayFile::c_cell},
    {"/c_driver", &ArrayFile::c_driver},
    {"/c_sense", &ArrayFile::c_sense}};

Matrix<Index> read_codes(const Hdf5Reader& reader, Index rows) {
    if (!reader.has("/codes")) return {};
    constexpr double largest = 65535.0;
    const Matrix<double> values = reader.read_matrix("/codes", "1", any_size, rows);
    if (values.rows() == 0) fail(reader, "data set /codes holds no input vector, expected at least one");
    Matrix<Index> codes(values.rows(), rows);
    for (Index k = 0; k < values.rows(); ++k) {
        for (Index r = 0; r < rows; ++r) {
            const double code = values(k, r);
            if (!(code >= 0.0 && code <= largest && code == std::floor(code))) {
                fail(reader, fmt::format("/codes[{}, {}] is {}, expected a whole number from 0 to {}", k, r,
                                         code, largest));
            }
            codes(k, r) = static_cast<Index>(code);
        }
    }
    return codes;
}

/// One resistance for all wire segments, or a map [rows x cols] of them.
void read_segments(const Hdf5Reader& reader, const std::string& path, Index rows, Index cols, double& one,
                   Matrix<double>& map) {
    const Shape shape = reader.shape(path);
    if (element_count(shape) == 1) {
        one = reader.read_scalar(path, "Ohm");
    } else if (shape == Shape{rows, cols}) {
        map = reader.read_matrix(path, "Ohm");
    } else {
        fail(reader,
             fmt::format("data set {} has shape {}, expected one number or [{} x {}] (every segment of the "
                         "array's wires, both ends included)",
                         path, to_string(shape), rows, cols));
    }
}

void write_segments(Hdf5Writer& writer, const std::string& path, double one, const Matrix<double>& map) {
    if (map.empty()) {
        writer.write(path, one, "Ohm");
    } else {
        writer.write(path, map, "Ohm");
    }
}

std::string word_or(const Hdf5Reader& reader, const std::string& path,
                    const std::vector<std::string>& allowed, const std::string& otherwise) {
    if (!reader.has(path)) return otherwise;
    std::string word = reader.read_text(path);
    if (std::find(allowed.begin(), allowed.end(), word) == allowed.end()) {
        fail(reader, fmt::format("{} is '{}', expected one of {}", path, word, join_words(allowed)));
    }
    return word;
}

double read_alpha(const Hdf5Reader& reader) {
    if (!reader.has_attribute("/device", "alpha")) {
        fail(reader, "/device is 'sinh', which needs the attribute alpha (in 1/V)");
    }
    const double alpha = reader.attribute_number("/device", "alpha");
    if (!std::isfinite(alpha) || alpha <= 0.0) {
        fail(reader, fmt::format("the attribute alpha of /device is {}, expected a finite positive number "
                                 "(in 1/V)",
                                 alpha));
    }
    return alpha;
}

void write_field(Hdf5Writer& writer, const std::string& path, const Matrix<double>& nodes,
                 const ArrayResultFile& result) {
    if (nodes.empty()) return;
    writer.write_array<double>(path, nodes.values(), {nodes.rows(), result.i_row.cols(), result.i_col.cols()},
                               "V", Hdf5Storage::compressed);
}

} // namespace

ArrayFile read_array_file(const std::filesystem::path& file) {
    const Hdf5Reader reader(file);
    reader.require_schema(input_schema);
    reader.require_only("/", input_names);

    ArrayFile array;
    array.g = reader.read_matrix("/g", "S");
    if (array.g.empty()) {
        fail(reader, fmt::format("data set /g has shape [{} x {}], expected at least one row and one column",
                                 array.g.rows(), array.g.cols()));
    }
    array.v_row = reader.read_matrix("/v_row", "V", any_size, array.g.rows());
    if (array.v_row.rows() == 0) fail(reader, "data set /v_row holds no input vector, expected at least one");
    const Index rows = array.g.rows(), cols = array.g.cols();
    read_segments(reader, "/r_row", rows, cols + 1, array.r_row, array.r_row_map);
    read_segments(reader, "/r_col", rows + 1, cols, array.r_col, array.r_col_map);
    array.r_source = scalar_or_zero(reader, "/r_source", "Ohm");
    array.r_sense = scalar_or_zero(reader, "/r_sense", "Ohm");
    if (reader.has("/v_col")) array.v_col = reader.read_vector("/v_col", "V", array.g.cols());
    array.row_ends = word_or(reader, "/row_ends", row_end_words, "left");
    array.col_ends = word_or(reader, "/col_ends", col_end_words, "bottom");
    array.device = word_or(reader, "/device", device_words, "linear");
    if (array.device == "sinh") array.alpha = read_alpha(reader);
    for (const auto& [path, field] : capacitances) array.*field = scalar_or_zero(reader, path, "F");
    array.codes = read_codes(reader, array.g.rows());
    return array;
}

void write_array_file(const ArrayFile& array, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", input_schema);
    writer.write("/g", array.g, "S");
    writer.write("/v_row", array.v_row, "V");
    write_segments(writer, "/r_row", array.r_row, array.r_row_map);
    write_segments(writer, "/r_col", array.r_col, array.r_col_map);
    writer.write("/r_source", array.r_source, "Ohm");
    writer.write("/r_sense", array.r_sense, "Ohm");
    if (!array.v_col.empty()) writer.write("/v_col", array.v_col, "V");
    writer.write_text("/row_ends", array.row_ends);
    writer.write_text("/col_ends", array.col_ends);
    writer.write_text("/device", array.device);
    if (array.device == "sinh") writer.set_attribute("/device", "alpha", array.alpha);
    for (const auto& [path, field] : capacitances) {
        if (array.*field != 0.0) writer.write(path, array.*field, "F");
    }
    if (!array.codes.empty()) {
        Matrix<std::int64_t> codes(array.codes.rows(), array.codes.cols());
        std::ranges::copy(array.codes.values(), codes.values().begin());
        writer.write("/codes", codes, "1");
    }
    writer.commit();
}

void write_array_result(const ArrayResultFile& result, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", result_schema);
    writer.set_attribute("/", "version", result.version);
    writer.set_attribute("/", "engine", result.engine);
    writer.set_attribute("/", "fallbacks", static_cast<std::int64_t>(result.fallbacks));
    writer.write("/i_col", result.i_col, "A");
    writer.write("/i_row", result.i_row, "A");
    writer.write("/power", result.power, "W");
    writer.write("/residual", result.residual, "1");
    writer.write("/iterations", result.iterations, "1");
    writer.write("/status", result.status, "1");
    write_field(writer, "/v_w", result.v_w, result);
    write_field(writer, "/v_b", result.v_b, result);
    writer.commit();
}

} // namespace ohmloom
