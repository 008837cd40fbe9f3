#include "circuit/flat_circuit.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace ohmloom {

namespace {

/// A circuit that is being copied into the flat one, and where.
struct Place {
    const Circuit& circuit;
    const Place* outer;            ///< where its subcircuit is defined, for the names it uses
    std::string path;              ///< "x1.x2." or ""
    std::vector<NodeId> flat_node; ///< flat node of each of the circuit's nodes; -1: not met yet
};

class Flattener {
public:
    explicit Flattener(Index most) : most_(most) {}

    Circuit flatten(const Circuit& circuit) {
        Place top{circuit, nullptr, "",
                  std::vector<NodeId>(static_cast<std::size_t>(circuit.node_count()), unknown)};
        copy(top);
        return std::move(flat_);
    }

private:
    static constexpr NodeId unknown{-1};

    NodeId node(Place& place, NodeId node) {
        if (node == ground) return ground;
        NodeId& known = place.flat_node[static_cast<std::size_t>(node)];
        if (known == unknown) known = flat_.node(place.path + place.circuit.node_name(node));
        return known;
    }

    void copy(Place& place) {
        for (const Model& model : place.circuit.models()) {
            Model renamed = model;
            renamed.name = place.path + model.name;
            flat_.add(std::move(renamed));
        }
        for (const Element& element : place.circuit.elements()) {
            place.circuit.require_complete(element);
            if (const auto* call = std::get_if<SubcircuitCall>(&element.kind)) {
                copy_call(place, element.name, *call);
            } else {
                copy_element(place, element);
            }
        }
        for (const InitialVoltage& initial : place.circuit.initial_voltages()) {
            flat_.set_initial(node(place, initial.node), initial.voltage);
        }
    }

    void copy_call(Place& place, const std::string& name, const SubcircuitCall& call) {
        const Subcircuit* subcircuit = nullptr;
        const Place* home = &place;
        for (; home != nullptr; home = home->outer) {
            subcircuit = home->circuit.find_subcircuit(call.subcircuit);
            if (subcircuit != nullptr) break;
        }
        OHMLOOM_ASSERT(subcircuit != nullptr);
        const Circuit& body = subcircuit->body;
        Place inside{body, home, place.path + name + ".",
                     std::vector<NodeId>(static_cast<std::size_t>(body.node_count()), unknown)};
        for (std::size_t i = 0; i < call.nodes.size(); ++i) {
            inside.flat_node[static_cast<std::size_t>(subcircuit->ports[i])] = node(place, call.nodes[i]);
        }
        // Calls count as well: an empty subcircuit that calls itself by the million is work, too.
        count();
        copy(inside);
    }

    void copy_element(Place& place, const Element& element) {
        count();
        ElementKind kind = element.kind;
        for_each_node(kind, [&](NodeId& id) { id = node(place, id); });
        if (auto* f = std::get_if<CurrentAmplifier>(&kind)) f->control = element_name(place, f->control);
        if (auto* h = std::get_if<Transresistor>(&kind)) h->control = element_name(place, h->control);
        if (auto* diode = std::get_if<Diode>(&kind)) diode->model = model_name(place, diode->model);
        if (auto* mosfet = std::get_if<Mosfet>(&kind)) mosfet->model = model_name(place, mosfet->model);
        if (auto* element_switch = std::get_if<Switch>(&kind)) {
            element_switch->model = model_name(place, element_switch->model);
        }
        if (auto* source = std::get_if<BehaviouralSource>(&kind)) {
            rename_signals(source->value, [&](const std::string& name, bool is_node) {
                if (!is_node) return element_name(place, name);
                return flat_.node_name(node(place, *place.circuit.find_node(name)));
            });
        }
        flat_.add(element_name(place, element.name), std::move(kind));
    }

    static std::string element_name(const Place& place, const std::string& name) {
        return place.path.empty() ? name : fmt::format("{}.{}{}", name.front(), place.path, name);
    }

    static std::string model_name(const Place& place, const std::string& name) {
        for (const Place* home = &place; home != nullptr; home = home->outer) {
            if (home->circuit.find_model(name) != nullptr) return home->path + name;
        }
        return name;
    }

    void count() {
        if (++elements_ > most_) {
            throw InputError(fmt::format(
                "the circuit has more than {} elements when its subcircuits are put in place", most_));
        }
    }

    Index most_;
    Index elements_ = 0;
    Circuit flat_;
};

} // namespace

Circuit flatten(const Circuit& circuit, Index most) {
    return Flattener(most).flatten(circuit);
}

std::string flat_element_name(std::string_view name) {
    const std::size_t last = name.rfind('.');
    if (last == std::string_view::npos || last + 1 == name.size()) return std::string(name);
    const bool is_flat = name.size() > 2 && name[1] == '.' && name[0] == name[last + 1];
    return is_flat ? std::string(name) : fmt::format("{}.{}", name[last + 1], name);
}

} // namespace ohmloom
