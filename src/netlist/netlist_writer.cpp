#include "netlist/netlist_writer.hpp"

#include "base/errors.hpp"
#include "circuit/tile_netlist.hpp"
#include "inference/layer_signals.hpp"
#include "inference/native_answer.hpp"
#include "inference/row_drive.hpp"
#include "readout/readout_circuits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

std::size_t at(Index index) {
    return static_cast<std::size_t>(index);
}

std::string numbered(std::string_view stem, Index first, Index second = -1) {
    return IndexedName{stem, first, second}.text();
}

std::string stage_name(Index layer) {
    return numbered("stage", layer);
}

std::string tile_name(const TilePlace& place) {
    return fmt::format("tile_{}_{}_{}", place.layer, place.horizontal, place.vertical);
}

std::size_t tile_number(const LayerArrays& layer, const TilePlace& place) {
    return at(place.horizontal * layer.partition.vertical + place.vertical);
}

void require_below(std::string_view what, Index number, Index count) {
    if (number < 0 || number >= count) {
        throw InputError(fmt::format("there is no {} {}: expected 0 to {}", what, number, count - 1));
    }
}

const LayerArrays& layer_at(const NetlistSource& source, Index layer) {
    require_below("layer", layer, static_cast<Index>(source.layers.size()));
    return source.layers[at(layer)];
}

/// Rows of a layer that belong to a tile.
Matrix<double> columns_of(const Matrix<double>& v, const IndexRange& range) {
    Matrix<double> part(v.rows(), range.size());
    for (Index k = 0; k < v.rows(); ++k) {
        for (Index r = 0; r < range.size(); ++r) part(k, r) = v(k, range.begin + r);
    }
    return part;
}

/// Row voltages of a layer, which the layers before it make of the inputs.
Matrix<double> rows_driven(const NetlistSource& source, Index layer) {
    return answer_network(source.layers, at(layer), source.neuron, source.inputs).v.back();
}

/// Row voltages of a tile, of its DACs if there are some.
Matrix<double> tile_rows_driven(const NetlistSource& source, const TilePlace& place) {
    const LayerArrays& layer = source.layers[at(place.layer)];
    const std::size_t number = tile_number(layer, place);
    const IndexRange& rows = layer.tiles[number].inputs;
    if (!source.dac || place.layer > 0) return columns_of(rows_driven(source, place.layer), rows);
    const DacBank dac(*source.dac, rows.size(),
                      {source.seed, layer.first_tile + static_cast<std::uint32_t>(number)});
    const Matrix<double> numbers = columns_of(with_bias_row(source.inputs, 1.0, 1.0), rows);
    return drive_rows(numbers, {RowInput::level, {}, source.neuron.v_supply}, dac, true)
        .conversions.front()
        .phases.front()
        .v;
}

/// Files of the subcircuits that tiles of these layers call.
void add_parts(const NetlistSource& source, std::span<const Index> layers, bool with_means, bool with_neuron,
               NetlistFolder& folder) {
    folder.add("readout.sub", "read-out stages and neurons", [&](SpiceWriter& writer) {
        for (const Index l : layers) {
            const LayerArrays& layer = source.layers[at(l)];
            if (are_alike(layer.stage)) {
                writer.subcircuit(stage_circuit(stage_name(l), layer.stage, {}, true,
                                                layer.crossbars.front().lines_per_site));
            }
            if (with_means && layer.partition.horizontal > 1)
                writer.subcircuit(mean_circuit(numbered("mean", l), layer.partition.horizontal));
        }
        if (with_neuron) writer.subcircuit(neuron_circuit("neuron", source.neuron));
    });
    const CellModel& law = source.layers[at(layers.front())].crossbars.front().cell;
    if (std::holds_alternative<LinearCell>(law)) return;
    folder.add("cell.sub", "the current law of the cells as they are when read",
               [&](SpiceWriter& writer) { write_cell_faces(writer, law, source.cell); });
}

void add_tile(const NetlistSource& source, const TilePlace& place, NetlistFolder& folder) {
    const LayerArrays& layer = source.layers[at(place.layer)];
    const std::size_t number = tile_number(layer, place);
    // The stage's resistors are in its own subcircuit.
    Crossbar crossbar = layer.crossbars[number];
    crossbar.r_sense.clear();
    const bool differ = !are_alike(layer.stage);
    TileCircuit tile{tile_name(place), source.cell, stage_name(place.layer), layer.scale[number], differ};
    if (differ) tile.stage += tile.name.substr(tile.name.find('_'));
    folder.add(tile.name + ".sub",
               fmt::format("tile {}/{}/{}: {} rows, {} outputs", place.layer, place.horizontal,
                           place.vertical, crossbar.rows(), crossbar.sites()),
               [&](SpiceWriter& writer) {
                   for (Index s = 0; s < crossbar.sites() && differ; ++s) {
                       const auto of = layer.first_tile + static_cast<std::uint32_t>(number);
                       writer.subcircuit(stage_circuit(numbered(tile.stage, s), layer.stage,
                                                       sample_stage(layer.stage, of, s), true,
                                                       crossbar.lines_per_site));
                   }
                   write_tile(writer, crossbar, tile);
               });
}

void add_nodes(Circuit& circuit, std::string_view stem, Index begin, Index end, std::vector<NodeId>& nodes) {
    for (Index k = begin; k < end; ++k) nodes.push_back(circuit.node(numbered(stem, k)));
}

void call(Circuit& circuit, std::string name, const std::string& subcircuit, std::vector<NodeId> nodes) {
    circuit.declare_subcircuit(subcircuit, static_cast<Index>(nodes.size()));
    circuit.add(std::move(name), SubcircuitCall{subcircuit, std::move(nodes)});
}

/// All tiles of a layer side by side, and the means of those above each other.
Subcircuit layer_circuit(const LayerArrays& layer, Index number) {
    Subcircuit made{numbered("layer", number), {}, {}};
    Circuit& body = made.body;
    add_nodes(body, "in", 0, layer.rows, made.ports);
    add_nodes(body, "o", 0, layer.outputs, made.ports);
    made.ports.push_back(body.node("power"));
    const Index stacked = layer.partition.horizontal;
    const auto output = [&](Index h, Index c) {
        return body.node(stacked == 1 ? numbered("o", c) : numbered("o", h, c));
    };
    for (Index h = 0; h < stacked; ++h) {
        for (Index v = 0; v < layer.partition.vertical; ++v) {
            const TilePlace place{number, h, v};
            const Tile& tile = layer.tiles[tile_number(layer, place)];
            std::vector<NodeId> nodes;
            add_nodes(body, "in", tile.inputs.begin, tile.inputs.end, nodes);
            for (Index c = tile.outputs.begin; c < tile.outputs.end; ++c) nodes.push_back(output(h, c));
            nodes.push_back(body.node("power"));
            call(body, numbered("xtile", h, v), tile_name(place), std::move(nodes));
        }
    }
    for (Index c = 0; stacked > 1 && c < layer.outputs; ++c) {
        std::vector<NodeId> nodes;
        for (Index h = 0; h < stacked; ++h) nodes.push_back(output(h, c));
        nodes.push_back(body.node(numbered("o", c)));
        call(body, numbered("xmean", c), numbered("mean", number), std::move(nodes));
    }
    return made;
}

void add_layer(const NetlistSource& source, Index number, NetlistFolder& folder) {
    const LayerArrays& layer = source.layers[at(number)];
    for (Index h = 0; h < layer.partition.horizontal; ++h) {
        for (Index v = 0; v < layer.partition.vertical; ++v) add_tile(source, {number, h, v}, folder);
    }
    folder.add(
        numbered("layer", number) + ".sub",
        fmt::format("layer {}: {} x {} tiles", number, layer.partition.horizontal, layer.partition.vertical),
        [&](SpiceWriter& writer) { writer.subcircuit(layer_circuit(layer, number)); });
}

/// The deck around one call of a subcircuit with ports in_r, o_c and power.
Deck deck_around(const NetlistSource& source, const std::string& subcircuit, Index inputs, Index outputs) {
    Deck deck;
    deck.title = source.title;
    deck.sample_time = source.sample_time;
    std::vector<NodeId> nodes;
    add_nodes(deck.circuit, "in", 0, inputs, nodes);
    add_nodes(deck.circuit, "o", 0, outputs, nodes);
    nodes.push_back(deck.circuit.node("power"));
    const std::string name = subcircuit.substr(0, subcircuit.find('_'));
    call(deck.circuit, "x" + name, subcircuit, std::move(nodes));
    return deck;
}

/// The outputs of a deck: stage voltages, and the power as a voltage over 1 Ohm.
void measure_outputs(Deck& deck, Index outputs) {
    for (Index c = 0; c < outputs; ++c)
        deck.outputs.push_back({numbered("o", c), fmt::format("v(o_{})", c), "V"});
    deck.circuit.add("rpower", Resistor{deck.circuit.node("power"), ground, 1.0});
    deck.outputs.push_back({"p", "v(power)", "W"});
}

void expect(Deck& deck, const NativeAnswer& answer) {
    const Index images = answer.outputs.rows(), outputs = answer.outputs.cols();
    deck.expected = Matrix<double>(images, outputs + 1);
    for (Index k = 0; k < images; ++k) {
        std::ranges::copy(answer.outputs.row(k), deck.expected.row(k).begin());
        deck.expected(k, outputs) = answer.power[at(k)];
    }
}

/// The native answer is worth its time if it is written down, or if settling is measured against it.
bool wants_answer(const Deck& deck, bool vectors) {
    return vectors || deck.is_stream();
}

} // namespace

void write_tile_netlist(const NetlistSource& source, const TilePlace& place, bool vectors,
                        NetlistFolder& folder) {
    const LayerArrays& layer = layer_at(source, place.layer);
    require_below("horizontal partition", place.horizontal, layer.partition.horizontal);
    require_below("vertical partition", place.vertical, layer.partition.vertical);
    const std::size_t number = tile_number(layer, place);
    const Tile& tile = layer.tiles[number];
    Deck deck = deck_around(source, tile_name(place), tile.inputs.size(), tile.outputs.size());
    measure_outputs(deck, tile.outputs.size());
    deck.v = tile_rows_driven(source, place);
    if (wants_answer(deck, vectors)) expect(deck, answer_tile(layer, number, deck.v));
    add_parts(source, std::span(&place.layer, 1), false, false, folder);
    add_tile(source, place, folder);
    folder.finish("tile.cir", std::move(deck), vectors);
}

void write_layer_netlist(const NetlistSource& source, Index number, bool vectors, NetlistFolder& folder) {
    const LayerArrays& layer = layer_at(source, number);
    Deck deck = deck_around(source, numbered("layer", number), layer.rows, layer.outputs);
    measure_outputs(deck, layer.outputs);
    deck.v = rows_driven(source, number);
    if (wants_answer(deck, vectors)) expect(deck, answer_layer(layer, deck.v));
    add_parts(source, std::span(&number, 1), true, false, folder);
    add_layer(source, number, folder);
    folder.finish("layer.cir", std::move(deck), vectors);
}

void write_network_netlist(const NetlistSource& source, bool vectors, NetlistFolder& folder) {
    std::vector<Index> numbers;
    for (std::size_t l = 0; l < source.layers.size(); ++l) numbers.push_back(static_cast<Index>(l));
    Deck deck;
    deck.title = source.title;
    deck.sample_time = source.sample_time;
    Circuit& circuit = deck.circuit;
    const Index last = numbers.back();
    const NodeId bias = circuit.node(numbered("in", source.layers.front().rows - 1));
    for (const Index l : numbers) {
        const LayerArrays& layer = source.layers[at(l)];
        std::vector<NodeId> nodes;
        for (Index r = 0; r + 1 < layer.rows; ++r)
            nodes.push_back(circuit.node(l == 0 ? numbered("in", r) : numbered("y", l - 1, r)));
        nodes.push_back(bias);
        for (Index c = 0; c < layer.outputs; ++c)
            nodes.push_back(circuit.node(l == last ? numbered("o", c) : numbered("u", l, c)));
        nodes.push_back(circuit.node("power"));
        call(circuit, numbered("xlayer", l), numbered("layer", l), std::move(nodes));
        for (Index c = 0; l < last && c < layer.outputs; ++c) {
            call(circuit, numbered("xneuron", l, c), "neuron",
                 {circuit.node(numbered("u", l, c)), circuit.node(numbered("y", l, c))});
        }
    }
    measure_outputs(deck, source.layers.back().outputs);
    deck.v = with_bias_row(source.inputs, source.neuron.v_supply, source.neuron.v_supply);
    if (wants_answer(deck, vectors))
        expect(deck,
               answer_network(source.layers, source.layers.size(), source.neuron, source.inputs).answer);
    add_parts(source, numbers, true, true, folder);
    for (const Index l : numbers) add_layer(source, l, folder);
    folder.finish("network.cir", std::move(deck), vectors);
}

void write_array_netlist(const ArraySource& source, bool vectors, NetlistFolder& folder) {
    const Crossbar& crossbar = source.crossbar;
    Deck deck;
    deck.title = source.title;
    deck.sample_time = source.sample_time;
    deck.v = source.v_row;
    Circuit& circuit = deck.circuit;
    std::vector<NodeId> nodes;
    add_nodes(circuit, "in", 0, crossbar.rows(), nodes);
    add_nodes(circuit, "col", 0, crossbar.lines(), nodes);
    nodes.push_back(circuit.node("power"));
    call(circuit, "xtile", "tile", std::move(nodes));
    for (Index l = 0; l < crossbar.lines(); ++l) {
        const std::string name = numbered("vcol", l), col = numbered("col", l);
        const double v = source.v_col.empty() ? 0.0 : source.v_col[at(l)];
        circuit.add(name, VoltageSource{circuit.node(col), ground, v});
        deck.outputs.push_back({numbered("i", l), fmt::format("i({})", name), "A"});
        if (v == 0.0) continue;
        // What the current out of the array takes up at this potential, the rest has to deliver.
        Expression product{{{Operation::voltage, 0.0, col, "0"},
                            {Operation::current, 0.0, name, ""},
                            {Operation::multiply, 0.0, "", ""}}};
        circuit.add(numbered("bpower_col", l),
                    BehaviouralSource{circuit.node("power"), ground, false, std::move(product)});
    }
    measure_outputs(deck, 0);
    if (wants_answer(deck, vectors)) {
        const ArraySolution solution =
            solve_array(crossbar, {source.v_row, source.v_col}, {.tolerance = 1e-12});
        expect(deck, {solution.i_col, solution.power});
    }
    if (!std::holds_alternative<LinearCell>(crossbar.cell)) {
        folder.add("cell.sub", "the current law of the cells",
                   [&](SpiceWriter& writer) { write_cell_faces(writer, crossbar.cell, "cell"); });
    }
    folder.add("tile.sub", fmt::format("array of {} x {} cells", crossbar.rows(), crossbar.lines()),
               [&](SpiceWriter& writer) { write_tile(writer, crossbar, {}); });
    folder.finish("array.cir", std::move(deck), vectors);
}

} // namespace ohmloom
