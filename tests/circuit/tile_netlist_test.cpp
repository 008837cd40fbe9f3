#include "circuit/tile_netlist.hpp"

#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"
#include "circuit/spice_reader.hpp"
#include "devicemodels/device_library.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

/// What is written behind a title.
template <class Write>
std::string text_of(SpiceDialect dialect, const Write& write) {
    std::ostringstream stream;
    SpiceWriter writer(stream, dialect);
    write(writer);
    writer.flush();
    return stream.str();
}

std::string tile_text(const Crossbar& crossbar, const TileCircuit& tile = {},
                      SpiceDialect dialect = SpiceDialect::ngspice) {
    return text_of(dialect, [&](SpiceWriter& writer) { write_tile(writer, crossbar, tile); });
}

Crossbar pairs_3x2() {
    Crossbar crossbar;
    crossbar.g =
        Matrix<double>(3, 4, {1e-4, 2e-4, 3e-4, 1.0 / 3.0, 0.0, 6e-5, 7e-5, 8e-5, 1e-6, 2e-6, 3e-6, 4e-6});
    crossbar.lines_per_site = 2;
    crossbar.r_row = 1.0 / 7.0;
    crossbar.r_col = 2.5;
    crossbar.r_source = {10.0, 11.0, 0.0};
    return crossbar;
}

/// A stage that only takes up current, for tiles that are read back.
constexpr const char* loads =
    ".subckt stage i_plus i_minus out power\nr1 i_plus out 1\nr2 i_minus power 1\n.ends\n";

/// A sink of text that counts.
struct CountingBuffer : std::streambuf {
    std::streamsize bytes = 0, largest = 0;
    std::streamsize xsputn(const char*, std::streamsize count) override {
        bytes += count;
        largest = std::max(largest, count);
        return count;
    }
    int overflow(int c) override { return c; }
};

} // namespace

TEST_CASE("a tile is written as a subcircuit with its rows, outputs and power as ports") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, {1e-4, 2e-4});
    crossbar.lines_per_site = 2;
    crossbar.r_row = 1.5;
    crossbar.r_col_map = Matrix<double>(2, 2, {0.0, 0.0, 3.0, 4.0});
    CHECK(tile_text(crossbar, {"tile_0_1_2", "cell", "stage", 0.5}) == R"(.subckt tile_0_1_2 in_0 o_0 power
rrow_0_0 row_0 w_0_0 1.5
vrow_0 in_0 row_0 dc 0
bpower_0 0 power i=v(in_0)*i(vrow_0)
rcol_0_1 b_0_0 col_0 3
rcol_1_1 b_0_1 col_1 4
rcell_0_0 w_0_0 b_0_0 10000
rcell_0_1 w_0_0 b_0_1 5000
xstage_0 col_0 col_1 u_0 power stage
escale_0 o_0 0 u_0 0 0.5
.ends tile_0_1_2
)");
}

TEST_CASE("a tile that is written and read back is the value it was written from") {
    const double open = std::numeric_limits<double>::infinity();
    Crossbar crossbar = pairs_3x2();
    std::string stage;
    SUBCASE("with stages") {
        stage = "stage";
    }
    SUBCASE("with lines as ports, tied at both ends") {
        crossbar.row_ends = crossbar.col_ends = TiedEnds::both;
        crossbar.r_sense = {1.0, 2.0, 0.0, 4.0};
    }
    SUBCASE("with shorts, open segments and joined nodes") {
        crossbar.g(1, 1) = open;
        crossbar.r_row_map = Matrix<double>(3, 3, {1.0, 0.0, 3.0, open, open, 6.0, 7.0, 8.0, 9.0});
    }
    SUBCASE("with capacitances") {
        crossbar.row_ends = TiedEnds::both;
        crossbar.capacitance = {.row_ground = 1e-17,
                                .col_ground = 2e-17,
                                .row_coupling = 3e-17,
                                .col_coupling = 4e-17,
                                .pair_coupling = 5e-17,
                                .cell = 6e-17,
                                .driver = 7e-15,
                                .sense = 8e-15};
    }
    const TileCircuit tile{"tile", "cell", stage, stage.empty() ? 1.0 : 1.0 / 3.0};
    const SpiceDeck deck =
        parse_spice("title\n" + std::string(loads) + tile_text(crossbar, tile), "tile.sub");
    const Subcircuit* read = deck.circuit.find_subcircuit("tile");
    REQUIRE(read != nullptr);
    const Subcircuit made = make_tile(crossbar, tile);
    CHECK(read->body.elements().size() > 20);
    CHECK(*read == made);
    Crossbar other = crossbar;
    other.g(2, 0) *= 1.0 + 1e-15;
    CHECK(*read != make_tile(other, tile));
}

TEST_CASE("the faces of every law give its currents, whatever the device") {
    Matrix<double> currents(
        3, 5, {-4e-5, -1e-5, 0.0, 2e-5, 9e-5, -8e-5, -3e-5, 0.0, 5e-5, 2e-4, -9e-4, -2e-4, 0.0, 1e-4, 8e-4});
    const TableCell table{
        std::make_shared<const CurrentTable>(make_current_table({-0.8, -0.3, 0.0, 0.4, 0.9}, currents)),
        false};
    TableCell single = table;
    single.table = std::make_shared<const CurrentTable>(
        make_current_table({-0.8, 0.0, 0.9}, Matrix<double>(1, 3, {-4e-5, 0.0, 9e-5})));
    std::vector<CellModel> laws{SinhCell{2.7}, PcmCell{}, PcmCell{0.3, 1.7}, MramCell{0.45}, table, single};
    for (const char* card : {"cbram/cu_sio2_w", "cbram/cu_asic_tin"})
        laws.push_back(make_device(find_card(card))->law(300.0));
    for (const CellModel& law : laws) {
        const std::string faces = text_of(
            SpiceDialect::ngspice, [&](SpiceWriter& writer) { write_cell_faces(writer, law, "cell"); });
        CAPTURE(faces);
        if (std::holds_alternative<LinearCell>(law)) continue;
        for (const double g : {3e-6, 4.7e-5, 1.3e-4, 2.1e-4, 9e-3}) {
            for (const double shape : {0.0, 1.9}) {
                const CellFaceCall call = call_cell_face(law, g, shape);
                const CellFace face = cell_faces(law)[call.face];
                std::string text = "t\n" + faces + "x1 a 0 cell" + face.suffix;
                for (std::size_t k = 0; k < face.parameters.size(); ++k)
                    text += fmt::format(" {}={}", face.parameters[k], call.values[k]);
                const Circuit flat = flatten(parse_spice(text + "\n", "faces.sub").circuit);
                const Element& element = flat.elements().front();
                for (const double v : {-1.1, -0.5, -1e-3, 0.0, 0.2, 0.7, 1.2}) {
                    double found = 0.0;
                    if (const auto* sinh = std::get_if<SinhConductance>(&element.kind)) {
                        found = sinh->g * std::sinh(sinh->alpha * v) / sinh->alpha;
                    } else {
                        const Expression& value = std::get<BehaviouralSource>(element.kind).value;
                        const std::vector<double> signals(signal_count(value), v);
                        found = evaluate(value, {signals});
                    }
                    const double expected = evaluate_cell(law, g, shape, v).current;
                    CAPTURE(v);
                    CHECK(found == testing::approx(expected).epsilon(1e-12));
                }
            }
        }
    }
}

TEST_CASE("cells of a law are calls with their own numbers, spelled as each simulator wants them") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, {1e-4, 2e-4});
    crossbar.cell = MramCell{0.5};
    crossbar.shape = Matrix<double>(1, 2, {0.0, 1.25});
    const auto both = [&](SpiceDialect dialect) {
        return tile_text(crossbar, {"tile", "cell_mram", "", 1.0}, dialect) +
               text_of(dialect,
                       [&](SpiceWriter& writer) { write_cell_faces(writer, crossbar.cell, "cell_mram"); });
    };
    const std::string ngspice = both(SpiceDialect::ngspice), xyce = both(SpiceDialect::xyce),
                      hspice = both(SpiceDialect::hspice);
    const auto has = [](const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    };
    CHECK(has(ngspice, "\nxcell_0_1 row_0 col_1 cell_mram g=0.0002 tmr=1.25\n"));
    CHECK(has(xyce, "\nxcell_0_1 row_0 col_1 cell_mram params: g=0.0002 tmr=1.25\n"));
    CHECK(has(hspice, "\nxcell_0_1 row_0 col_1 cell_mram g=0.0002 tmr=1.25\n"));
    CHECK(has(ngspice, ".subckt cell_mram top bottom g=1 tmr=1\nbcell top bottom i={g*(1+tmr)}*"));
    CHECK(has(xyce, ".subckt cell_mram top bottom params: g=1 tmr=1\nbcell top bottom i={(g*(1+tmr))*"));
    CHECK(has(hspice, ".subckt cell_mram top bottom g=1 tmr=1\ngbcell top bottom cur='(g*(1+tmr))*"));
    CHECK(has(hspice, "gbpower_0 0 power cur='v(in_0)*i(vrow_0)'\n"));
    CHECK(has(xyce, "bpower_0 0 power i={v(in_0)*i(vrow_0)}\n"));
}

TEST_CASE("powers, voltages by formula and included files have each simulator's own spelling") {
    Circuit circuit;
    const NodeId a = circuit.node("a");
    const Expression power{{{Operation::voltage, 0.0, "a", "0"},
                            {Operation::constant, 3.0, "", ""},
                            {Operation::power, 0.0, "", ""}}};
    circuit.add("b1", BehaviouralSource{a, ground, true, power});
    const auto written = [&](SpiceDialect dialect) {
        return text_of(dialect, [&](SpiceWriter& writer) {
            writer.include("cell.sub");
            writer.body(circuit);
        });
    };
    CHECK(written(SpiceDialect::ngspice) == ".include \"cell.sub\"\nb1 a 0 v=v(a)^3\n");
    CHECK(written(SpiceDialect::xyce) == ".include \"cell.sub\"\nb1 a 0 v={v(a)**3}\n");
    CHECK(written(SpiceDialect::hspice) == ".include 'cell.sub'\neb1 a 0 vol='v(a)**3'\n");
    CHECK(hierarchy_separator(SpiceDialect::xyce) == ':');
    circuit.add(Model{"s", ModelKind::voltage_switch, {}});
    circuit.add("s1", Switch{a, ground, a, ground, "s", false});
    CHECK_THROWS_WITH_AS(written(SpiceDialect::hspice),
                         "s1 is a switch, which HSPICE has not: choose another dialect", InputError);
    CHECK_THROWS_WITH_AS(dialect_from_name("spectre"),
                         "unknown dialect 'spectre': expected ngspice, xyce or hspice", InputError);
}

TEST_CASE("long cards go on in further lines, and are read back as one") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(200, 1, 1e-4);
    const std::string text = tile_text(crossbar);
    std::size_t longest = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
    CHECK(longest < 120);
    CHECK(parse_spice("t\n" + text, "tile.sub").circuit.find_subcircuit("tile")->ports.size() == 202);
}

TEST_CASE("a large tile is written in pieces") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(512, 1024, 1.0 / 7000.0);
    crossbar.lines_per_site = 2;
    crossbar.r_row = crossbar.r_col = 1.0 / 3.0;
    CountingBuffer buffer;
    std::ostream stream(&buffer);
    SpiceWriter writer(stream, SpiceDialect::ngspice);
    write_tile(writer, crossbar, {"tile", "cell", "stage", 1.0});
    writer.flush();
    CHECK(writer.elements() == 512 * 512 + 512 * 1024 + 512 * 1024 + 2 * 512 + 512);
    CHECK(buffer.bytes > 40'000'000);
    CHECK(buffer.largest < 100'000);
}

TEST_CASE("stages of single lines are called with their one line") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, 1e-4);
    const std::string text = tile_text(crossbar, {"tile", "cell", "stage", 1.0});
    CHECK(text.find("xstage_0 col_0 o_0 power stage\nxstage_1 col_1 o_1 power stage\n") != std::string::npos);
}

TEST_CASE("tiles that cannot be are refused") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(1, 2, 1e-4);
    crossbar.r_row = -1.0;
    CHECK_THROWS_AS(tile_text(crossbar), InputError);
}
