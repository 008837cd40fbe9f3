#include "study/tile_luts.hpp"

#include "base/errors.hpp"
#include "lut/lut_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace ohmloom {

namespace {

constexpr auto powers = static_cast<Index>(surrogate_powers.size());

LutArray matrix_array(std::string name, std::string unit, std::vector<std::string> dims,
                      const Matrix<double>& values) {
    return {
        std::move(name), std::move(unit), std::move(dims), {values.rows(), values.cols()}, values.values()};
}

LutArray vector_array(std::string name, std::string unit, std::string dim,
                      const std::vector<double>& values) {
    return {std::move(name), std::move(unit), {std::move(dim)}, {static_cast<Index>(values.size())}, values};
}

/// Columns [first, first + count) of a matrix.
Matrix<double> columns_of(const Matrix<double>& matrix, Index first, Index count) {
    Matrix<double> part(matrix.rows(), count);
    for (Index k = 0; k < matrix.rows(); ++k)
        std::copy_n(matrix.row(k).begin() + first, count, part.row(k).begin());
    return part;
}

/// Factors of all products, [products x factors x 2] of mode and power; products of fewer factors end in power 0.
LutArray product_array(const std::vector<std::vector<LineMoment>>& products) {
    std::size_t most = 0;
    for (const auto& product : products) most = std::max(most, product.size());
    LutArray array{"products",
                   "1",
                   {"product", "factor", "mode_and_power"},
                   {static_cast<Index>(products.size()), static_cast<Index>(most), 2},
                   {}};
    for (const auto& product : products) {
        for (std::size_t f = 0; f < most; ++f) {
            const LineMoment moment = f < product.size() ? product[f] : LineMoment{0, 0};
            array.values.push_back(static_cast<double>(moment.mode));
            array.values.push_back(static_cast<double>(moment.power));
        }
    }
    return array;
}

LutArray weights_array(const std::vector<Matrix<double>>& weights) {
    const Matrix<double>& first = weights.front();
    LutArray array{"moment_weights",
                   "1",
                   {"mode", "row", "line_or_all"},
                   {static_cast<Index>(weights.size()), first.rows(), first.cols()},
                   {}};
    for (const Matrix<double>& mode : weights)
        array.values.insert(array.values.end(), mode.values().begin(), mode.values().end());
    return array;
}

void add_surrogate(const TileSurrogate& surrogate, Lut& lut) {
    const Index outputs = surrogate.outputs();
    lut.arrays = {
        vector_array("v_low", "V", "row", surrogate.v_low),
        vector_array("v_high", "V", "row", surrogate.v_high),
        matrix_array("additive", "V", {"term", "output"}, columns_of(surrogate.additive, 0, outputs)),
        matrix_array("additive_power", "W", {"term", "power"},
                     columns_of(surrogate.additive, outputs, powers))};
    lut.numbers["degree"] = static_cast<double>(surrogate.degree);
    lut.numbers["lines_per_output"] = static_cast<double>(surrogate.lines_per_output);
    lut.numbers["v_scale"] = surrogate.v_scale;
    if (surrogate.products.empty()) return;
    lut.arrays.push_back(weights_array(surrogate.moment_weights));
    lut.arrays.push_back(product_array(surrogate.products));
    lut.arrays.push_back(
        matrix_array("product_weights", "V", {"product", "line"}, surrogate.product_weights));
    lut.arrays.push_back(matrix_array("power_weights", "W", {"product", "power"}, surrogate.power_weights));
}

void add_map(const LayerResponse& map, Lut& lut) {
    lut.arrays = {matrix_array("transfer", "V/V", {"output", "row"}, map.transfer),
                  matrix_array("power_cells", "S", {"row_or_one", "other_row_or_one"}, map.power.cells),
                  matrix_array("power_wires", "S", {"row_or_one", "other_row_or_one"}, map.power.wires),
                  matrix_array("power_stages", "S", {"row_or_one", "other_row_or_one"}, map.power.stages)};
    if (!map.offset.empty()) lut.arrays.push_back(vector_array("offset", "V", "output", map.offset));
}

[[noreturn]] void fail(const Lut& lut, const std::string& what) {
    throw InputError(fmt::format("table {}: {}", lut.name, what));
}

const LutArray& array_of(const Lut& lut, std::string_view name, std::size_t dimensions) {
    const LutArray* array = find_array(lut, name);
    if (array == nullptr) fail(lut, fmt::format("array {} is missing", name));
    if (array->shape.size() != dimensions)
        fail(lut,
             fmt::format("array {} has {} dimensions, expected {}", name, array->shape.size(), dimensions));
    return *array;
}

Matrix<double> matrix_of(const Lut& lut, std::string_view name) {
    const LutArray& array = array_of(lut, name, 2);
    return {array.shape[0], array.shape[1], array.values};
}

double number_of(const Lut& lut, const std::string& name) {
    const auto found = lut.numbers.find(name);
    if (found == lut.numbers.end()) fail(lut, fmt::format("the number {} is missing from its notes", name));
    return found->second;
}

Index count_of(const Lut& lut, const std::string& name, Index least, Index most) {
    const double number = number_of(lut, name);
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
        number != std::floor(number))
        fail(lut, fmt::format("{} is {}: expected a whole number from {} to {}", name, number, least, most));
    return static_cast<Index>(number);
}

std::vector<std::vector<LineMoment>> products_of(const Lut& lut) {
    const LutArray& array = array_of(lut, "products", 3);
    if (array.shape[2] != 2) fail(lut, "array products needs a mode and a power for each factor");
    std::vector<std::vector<LineMoment>> products(static_cast<std::size_t>(array.shape[0]));
    auto value = array.values.begin();
    for (auto& product : products) {
        for (Index f = 0; f < array.shape[1]; ++f) {
            const double mode = *value++, power = *value++;
            if (mode != std::floor(mode) || power != std::floor(power) || !(mode >= 0.0 && mode < 1000.0) ||
                !(power >= 0.0 && power < 1000.0))
                fail(lut, fmt::format(
                              "array products has a factor of mode {} and power {}: expected whole numbers",
                              mode, power));
            if (power > 0.0) product.push_back({static_cast<Index>(mode), static_cast<Index>(power)});
        }
    }
    return products;
}

TileSurrogate surrogate_of(const Lut& lut) {
    TileSurrogate surrogate;
    surrogate.v_low = array_of(lut, "v_low", 1).values;
    surrogate.v_high = array_of(lut, "v_high", 1).values;
    surrogate.v_scale = number_of(lut, "v_scale");
    surrogate.degree = count_of(lut, "degree", 1, 64);
    surrogate.lines_per_output = count_of(lut, "lines_per_output", 1, 2);
    const Matrix<double> outputs = matrix_of(lut, "additive"), power = matrix_of(lut, "additive_power");
    if (outputs.rows() != power.rows() || power.cols() != powers)
        fail(lut, "arrays additive and additive_power do not fit each other");
    surrogate.additive = Matrix<double>(outputs.rows(), outputs.cols() + powers);
    for (Index k = 0; k < outputs.rows(); ++k) {
        std::ranges::copy(outputs.row(k), surrogate.additive.row(k).begin());
        std::ranges::copy(power.row(k), surrogate.additive.row(k).begin() + outputs.cols());
    }
    if (find_array(lut, "products") != nullptr) {
        surrogate.products = products_of(lut);
        surrogate.product_weights = matrix_of(lut, "product_weights");
        surrogate.power_weights = matrix_of(lut, "power_weights");
        const LutArray& weights = array_of(lut, "moment_weights", 3);
        const auto each = weights.shape[1] * weights.shape[2];
        for (Index m = 0; m < weights.shape[0]; ++m) {
            const auto begin = weights.values.begin() + m * each;
            surrogate.moment_weights.emplace_back(weights.shape[1], weights.shape[2],
                                                  std::vector<double>(begin, begin + each));
        }
    }
    try {
        validate(surrogate);
    } catch (const InputError& error) {
        fail(lut, error.what());
    }
    return surrogate;
}

LayerResponse map_of(const Lut& lut) {
    LayerResponse map;
    map.transfer = matrix_of(lut, "transfer");
    map.power = {matrix_of(lut, "power_cells"), matrix_of(lut, "power_wires"),
                 matrix_of(lut, "power_stages")};
    if (find_array(lut, "offset") != nullptr) map.offset = array_of(lut, "offset", 1).values;
    const Index size = map.transfer.cols() + (map.offset.empty() ? 0 : 1);
    for (const Matrix<double>* form : {&map.power.cells, &map.power.wires, &map.power.stages}) {
        if (form->rows() != size || form->cols() != size)
            fail(lut, fmt::format("its forms of power are not [{} x {}]", size, size));
    }
    if (!map.offset.empty() && static_cast<Index>(map.offset.size()) != map.transfer.rows())
        fail(lut, "array offset does not fit its outputs");
    return map;
}

} // namespace

Lut lut_of(const TileTable& table, const std::string& fingerprint) {
    Lut lut;
    lut.kind = table.map ? "tile_map" : "tile";
    if (table.map) add_map(*table.map, lut);
    if (table.surrogate) add_surrogate(*table.surrogate, lut);
    lut.texts["fingerprint"] = fingerprint;
    lut.numbers["residual"] = table.residual;
    lut.numbers["converged"] = table.converged ? 1.0 : 0.0;
    return lut;
}

TileTable tile_table_of(const Lut& lut) {
    TileTable table;
    table.residual = number_of(lut, "residual");
    table.converged = count_of(lut, "converged", 0, 1) == 1;
    if (lut.kind == "tile_map") {
        table.map = map_of(lut);
        table.map->residual = table.residual;
    } else {
        table.surrogate = surrogate_of(lut);
    }
    for (const LutError& error : lut.errors) {
        if (error.unit == "V") table.error = std::max(table.error, error.largest);
    }
    return table;
}

TileTables read_tile_tables(const std::filesystem::path& file) {
    TileTables tables{file.string(), {}};
    for (const Lut& lut : read_luts(file).tables) {
        if (lut.kind != "tile" && lut.kind != "tile_map") continue;
        const auto fingerprint = lut.texts.find("fingerprint");
        if (fingerprint == lut.texts.end())
            throw InputError(
                fmt::format("{}: table {} does not say which tile it stands for (note fingerprint)",
                            file.string(), lut.name));
        try {
            tables.by_tile[fingerprint->second] = std::make_shared<const TileTable>(tile_table_of(lut));
        } catch (const InputError& error) {
            throw InputError(fmt::format("{}: {}", file.string(), error.what()));
        }
    }
    if (tables.by_tile.empty())
        throw InputError(fmt::format(
            "{}: holds no tables of tiles: expected a file that `ohmloom lut tiles` made", file.string()));
    return tables;
}

} // namespace ohmloom
