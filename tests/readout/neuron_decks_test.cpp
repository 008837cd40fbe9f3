// The neurons of netlists/, as ngspice finds them behind the stages of a tile of 32 x 32, beside their transfer curves.
#include "circuit/flat_circuit.hpp"
#include "circuit/spice_text.hpp"
#include "readout/neuron.hpp"
#include "readout/readout_circuits.hpp"
#include "readout/stage_closure.hpp"
#include "solver/deck_solver.hpp"
#include "solver/ngspice_jobs.hpp"
#include "solver/ngspice_order.hpp"

#include "tests/readout/real_tile.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

constexpr double agreement = 1e-4; ///< of full scale

double signal_of(const Waveforms& waveforms, Index point, const std::string& signal) {
    const auto found = std::ranges::find(waveforms.signals, signal);
    REQUIRE(found != waveforms.signals.end());
    return waveforms.values(point, found - waveforms.signals.begin());
}

/// The real tile behind virtual grounds of 3 kOhm, and a neuron behind each of its outputs: from o_s to y_s.
struct NeuronTile {
    Crossbar tile = real_tile(2);
    Circuit circuit = tile_with_stages(tile, "virtual_ground_stage", "virtual_ground_stage");

    void add(const Subcircuit& neuron) {
        circuit.add(neuron);
        for (Index s = 0; s < 32; ++s) {
            const auto node = [&](const char* stem) { return circuit.node(stem + std::to_string(s)); };
            circuit.add("xneuron_" + std::to_string(s),
                        SubcircuitCall{neuron.name, {node("o_"), node("y_")}});
            circuit.add("rload_" + std::to_string(s), Resistor{node("y_"), ground, 1e9});
        }
    }

    /// A neuron of a reference deck, with the models and subcircuits that it names.
    void add_from(const SpiceDeck& deck, const std::string& name) {
        for (const Model& model : deck.circuit.models()) circuit.add(model);
        for (const Subcircuit& other : deck.circuit.subcircuits()) {
            if (other.name == name) break;
            circuit.add(other);
        }
        add(*deck.circuit.find_subcircuit(name));
    }

    /// Voltages y_s in ngspice, which takes the nodes in an order that suits a tile.
    [[nodiscard]] std::vector<double> outputs() const {
        const Circuit flat = flatten(circuit);
        SpiceTextOptions text;
        text.control_cards = ordering_cards(flat);
        text.control_cards.push_back(precise_options_card(500));
        std::ostringstream deck;
        write_spice(deck, flat, text);
        NgspiceJob job{std::move(deck).str(), {}, Matrix<double>(1, 0), {}};
        for (Index s = 0; s < 32; ++s) job.outputs.push_back("y_" + std::to_string(s));
        const NgspiceAnswer answer = solve_operating_points(job);
        CAPTURE(answer.report.problem);
        REQUIRE(answer.converged[0]);
        return answer.values.values();
    }

    /// Stage outputs by the fast model.
    [[nodiscard]] std::vector<double> inputs() const {
        const std::vector<StagePort> stages(32, stage_port({.kind = StageKind::virtual_ground, .gain = 3.0}));
        const StageResponse response = close_stages(port_matrix(tile), stages);
        std::vector<double> u(32);
        const std::vector<double> v = real_rows();
        for (std::size_t s = 0; s < 32; ++s) {
            for (std::size_t r = 0; r < 32; ++r)
                u[s] += response.u(static_cast<Index>(s), static_cast<Index>(r)) * v[r];
        }
        return u;
    }
};

/// Largest difference of the fast model from ngspice.
double worst_of(const NeuronTile& tile, const Neuron& neuron) {
    const std::vector<double> u = tile.inputs(), golden = tile.outputs();
    double worst = 0.0;
    for (std::size_t s = 0; s < 32; ++s)
        worst = std::max(worst, std::abs(transfer(neuron, u[s]) - golden[s]));
    return worst;
}

/// A deck's transfer curve as ngspice measures it, as a table.
Neuron measured(SpiceDeck deck, const std::string& source, double low, double high, double step) {
    deck.analyses = {DcAnalysis{{SourceSweep{source, low, high, step}}}};
    deck.measures.clear();
    const DeckSolution solution = solve_deck_ngspice(deck);
    REQUIRE(solution.all_converged());
    const Waveforms& sweep = solution.analyses.front();
    Neuron neuron{.kind = Neuron::Kind::table};
    for (Index k = 0; k < sweep.values.rows(); ++k) {
        neuron.table_in.push_back(sweep.axis[static_cast<std::size_t>(k)]);
        neuron.table_out.push_back(signal_of(sweep, k, "v(out)"));
    }
    validate(neuron);
    return neuron;
}

} // namespace

TEST_CASE(
    "neurons' decks behind a tile of 32 x 32 with wires follow their transfer curves to 1e-4 of full scale") {
    const struct {
        const char *deck, *subcircuit;
        Neuron neuron;
        double full_scale;
    } cases[] = {
        {"sigmoid_neuron", "sigmoid_neuron", {}, 0.8},
        {"inverter_neuron", "inverter_neuron", {.kind = Neuron::Kind::inverter}, 0.8},
        {"relu_neuron", "relu_neuron", {.kind = Neuron::Kind::relu, .slope = 2.0, .v_limit = 0.8}, 0.8},
        {"tanh_neuron", "tanh_neuron", {.kind = Neuron::Kind::tanh, .slope = 7.5}, 0.8},
    };
    for (const auto& of : cases) {
        CAPTURE(of.deck);
        NeuronTile tile;
        tile.add_from(reference_deck(of.deck), of.subcircuit);
        CHECK(worst_of(tile, of.neuron) < agreement * of.full_scale);
    }
}

TEST_CASE("a transistor neuron's measured curve stands for its deck behind a tile of 32 x 32 to 1e-4 of full "
          "scale") {
    const SpiceDeck deck = reference_deck("sigmoid_neuron");
    const Neuron neuron = measured(deck, "vin", -0.8, 0.8, 1e-3);
    CHECK(inverts(neuron));
    NeuronTile tile;
    tile.add_from(deck, "transistor_neuron");
    CHECK(worst_of(tile, neuron) < agreement * 0.8);
}

TEST_CASE(
    "the comparator's deck behind a tile of 32 x 32 decides as its threshold says, rail to rail to 1e-4") {
    const SpiceDeck deck = reference_deck("comparator");
    // The threshold is where the measured curve goes through half the supply; some outputs of the tile lie above it.
    const Neuron curve = measured(deck, "vp", 0.85, 0.95, 1e-4);
    const auto above = std::ranges::find_if(curve.table_out, [](double v) { return v > 0.9; });
    Neuron neuron{.kind = Neuron::Kind::comparator, .v_supply = 1.8};
    neuron.threshold = curve.table_in[static_cast<std::size_t>(above - curve.table_out.begin())];
    NeuronTile tile;
    // The stages' outputs of ±0.6 V lie around the comparator's 0.9 V after a shift.
    Subcircuit shifted{"shifted_comparator", {}, {}};
    Circuit& body = shifted.body;
    shifted.ports = {body.node("in"), body.node("out")};
    body.add("eshift",
             VoltageAmplifier{body.node("shifted"), body.node("middle"), body.node("in"), ground, 1.0});
    body.add("vmiddle", VoltageSource{body.node("middle"), ground, 0.9});
    body.declare_subcircuit("comparator_neuron", 2);
    body.add("xcomparator", SubcircuitCall{"comparator_neuron", {body.node("shifted"), body.node("out")}});
    for (const Model& model : deck.circuit.models()) tile.circuit.add(model);
    for (const Subcircuit& part : deck.circuit.subcircuits()) tile.circuit.add(part);
    tile.add(shifted);
    const std::vector<double> u = tile.inputs(), golden = tile.outputs();
    int high = 0, low = 0;
    for (std::size_t s = 0; s < 32; ++s) {
        // Undecided within the measured step and what the inverters' gains leave.
        if (std::abs(0.9 + u[s] - neuron.threshold) < 2e-3) continue;
        const double v = transfer(neuron, 0.9 + u[s]);
        CHECK(std::abs(v - golden[s]) < agreement * 1.8);
        ++(v > 0.9 ? high : low);
    }
    CHECK(high > 5);
    CHECK(low > 5);
}

TEST_CASE("every neuron's SPICE text behind a tile of 32 x 32 is its transfer curve in ngspice") {
    std::vector<Neuron> neurons(7);
    neurons[1].kind = Neuron::Kind::inverter;
    neurons[2] = {.kind = Neuron::Kind::relu, .slope = 3.0, .v_limit = 0.7};
    neurons[3] = {
        .kind = Neuron::Kind::relu, .slope = 3.0, .v_limit = std::numeric_limits<double>::infinity()};
    neurons[4] = {.kind = Neuron::Kind::tanh, .slope = 4.0};
    neurons[5] = {.kind = Neuron::Kind::comparator, .threshold = 0.05, .v_low = -0.2};
    neurons[6].kind = Neuron::Kind::table;
    neurons[6].table_in = {-0.5, -0.2, 0.0, 0.1, 0.4};
    neurons[6].table_out = {0.1, 0.6, 0.3, 0.3, 0.8}; // not monotone
    for (const Neuron& neuron : neurons) {
        CAPTURE(to_string(neuron.kind));
        NeuronTile tile;
        tile.add(neuron_circuit("neuron", neuron));
        CHECK(worst_of(tile, neuron) < 1e-9);
    }
}
