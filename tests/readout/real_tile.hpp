#pragma once

#include "array/crossbar.hpp"
#include "base/random.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/spice_reader.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ohmloom::testing {

/// A tile of 32 rows and 32 outputs with the wires of a 9 nm node, drivers of 50 Ohm and cells of 5 or 15 kOhm: complementary ones on
/// the lines of a pair.
inline Crossbar real_tile(Index lines_per_site) {
    const RandomStream stream(32, RandomPurpose::test_generation);
    Crossbar crossbar;
    crossbar.g = Matrix<double>(32, 32 * lines_per_site);
    for (std::uint32_t r = 0; r < 32; ++r) {
        for (std::uint32_t s = 0; s < 32; ++s) {
            const bool is_on = stream.uniform(0, r, s) < 0.5;
            for (Index k = 0; k < lines_per_site; ++k)
                crossbar.g(r, s * lines_per_site + k) = 1.0 / (is_on == (k == 0) ? 5e3 : 15e3);
        }
    }
    crossbar.lines_per_site = lines_per_site;
    crossbar.r_row = 9.24;
    crossbar.r_col = 11.55;
    crossbar.r_source.assign(32, 50.0);
    return crossbar;
}

/// Row voltages of a dark-and-bright image.
inline std::vector<double> real_rows() {
    const RandomStream stream(33, RandomPurpose::test_generation);
    std::vector<double> v(32);
    for (std::uint32_t r = 0; r < 32; ++r) v[r] = stream.uniform(1, r, 0) < 0.4 ? 0.8 : 0.0;
    return v;
}

/// The deck of a name in netlists/.
inline SpiceDeck reference_deck(const std::string& name) {
    return read_spice(std::filesystem::path(OHMLOOM_SOURCE_DIR) / "netlists" / (name + ".cir"));
}

/// The tile with a subcircuit of a reference deck behind the lines of every site, whose output is the node o_s.
inline Circuit tile_with_stages(const Crossbar& crossbar, const std::string& deck,
                                const std::string& subcircuit) {
    Crossbar bare = crossbar;
    bare.r_sense.clear();
    Circuit circuit = expand_array(bare, {real_rows(), {}, {}, true}).circuit;
    circuit.add(*reference_deck(deck).circuit.find_subcircuit(subcircuit));
    for (Index s = 0; s < crossbar.sites(); ++s) {
        SubcircuitCall call{subcircuit, {}};
        for (Index k = 0; k < crossbar.lines_per_site; ++k)
            call.nodes.push_back(circuit.node("col_" + std::to_string(s * crossbar.lines_per_site + k)));
        call.nodes.push_back(circuit.node("o_" + std::to_string(s)));
        circuit.add("xstage_" + std::to_string(s), call);
    }
    return circuit;
}

} // namespace ohmloom::testing
