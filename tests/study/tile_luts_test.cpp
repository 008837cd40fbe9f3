#include "study/tile_luts.hpp"

#include "base/errors.hpp"
#include "lut/lut_file.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace ohmloom;

namespace {

TileTable bent_tile() {
    TileSurrogate surrogate;
    surrogate.v_low = {0.0, -0.5};
    surrogate.v_high = {0.4, 0.5};
    surrogate.v_scale = 0.5;
    surrogate.degree = 2;
    surrogate.lines_per_output = 2;
    surrogate.additive = Matrix<double>(5, 4);
    for (std::size_t i = 0; i < surrogate.additive.values().size(); ++i)
        surrogate.additive.values()[i] = 0.1 + 0.013 * static_cast<double>(i);
    surrogate.moment_weights = {Matrix<double>(2, 3, 0.3), Matrix<double>(2, 3, -0.7)};
    surrogate.products = {{{0, 1}, {1, 2}}, {{2, 3}}};
    surrogate.product_weights = Matrix<double>(2, 2, std::vector<double>{1.0, 2.0, 3.0, 4.0});
    surrogate.power_weights = Matrix<double>(2, 3, 0.01);
    TileTable table;
    table.surrogate = std::move(surrogate);
    table.residual = 3e-10;
    table.converged = false;
    return table;
}

TileTable linear_tile() {
    LayerResponse map;
    map.transfer = Matrix<double>(2, 3, 0.25);
    map.offset = {1e-3, -2e-3};
    for (Matrix<double>* form : {&map.power.cells, &map.power.wires, &map.power.stages})
        *form = Matrix<double>(4, 4, 1e-5);
    TileTable table;
    table.map = std::move(map);
    return table;
}

LutFile file_of(const std::vector<std::pair<std::string, TileTable>>& tiles) {
    LutFile luts{{}, "0", "test", "nothing", ""};
    for (const auto& [name, tile] : tiles) {
        Lut lut = lut_of(tile, "fingerprint of " + name);
        lut.name = name;
        lut.summary = "a tile";
        luts.tables.push_back(std::move(lut));
    }
    return luts;
}

} // namespace

TEST_CASE("tables of tiles come back from a file as they went in") {
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "tiles.h5";
    write_luts(file, file_of({{"bent", bent_tile()}, {"linear", linear_tile()}}));
    const TileTables read = read_tile_tables(file);
    REQUIRE(read.by_tile.size() == 2);
    const TileTable &bent = *read.by_tile.at("fingerprint of bent"),
                    &linear = *read.by_tile.at("fingerprint of linear");
    const Matrix<double> v(1, 2, std::vector<double>{0.3, -0.2});
    CHECK(evaluate(*bent.surrogate, v).u == evaluate(*bent_tile().surrogate, v).u);
    CHECK(evaluate(*bent.surrogate, v).power == evaluate(*bent_tile().surrogate, v).power);
    CHECK(bent.residual == 3e-10);
    CHECK(!bent.converged);
    CHECK(linear.map->transfer == linear_tile().map->transfer);
    CHECK(linear.map->offset == linear_tile().map->offset);
    CHECK(linear.map->power.cells == linear_tile().map->power.cells);
}

TEST_CASE("tables of tiles whose parts do not fit are refused by table and part") {
    const auto refuses = [](const auto& change, const char* what) {
        Lut lut = lut_of(bent_tile(), "x");
        lut.name = "bent";
        change(lut);
        CHECK_THROWS_WITH_AS(static_cast<void>(tile_table_of(lut)), doctest::Contains(what), InputError);
    };
    refuses([](Lut& lut) { lut.numbers.erase("degree"); },
            "table bent: the number degree is missing from its notes");
    refuses([](Lut& lut) { lut.numbers["degree"] = 1.5; },
            "degree is 1.5: expected a whole number from 1 to 64");
    refuses([](Lut& lut) { lut.numbers["degree"] = 3; }, "additive is [5 x 4], expected [7 x outputs + 3]");
    refuses([](Lut& lut) { lut.arrays.pop_back(); }, "table bent: array power_weights is missing");
    const TemporaryFolder folder;
    const std::filesystem::path file = folder.path() / "none.h5";
    Lut curve{"neuron",
              "curve",
              "a neuron",
              {{"input", "V", {0.0, 1.0}}},
              {{"output", "V", {"input"}, {2}, {1.0, 0.0}}},
              {},
              0,
              {},
              {}};
    write_luts(file, LutFile{{curve}, "0", "test", "nothing", ""});
    CHECK_THROWS_WITH_AS(static_cast<void>(read_tile_tables(file)),
                         doctest::Contains("holds no tables of tiles"), InputError);
}
