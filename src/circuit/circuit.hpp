#pragma once

#include "base/matrix.hpp"
#include "devicemodels/cell_model.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace ohmloom {

/// Node of one circuit; meaningless in any other, a subcircuit included.
enum class NodeId : std::int32_t {};

/// The reference node, named "0": the same potential in every circuit and subcircuit.
inline constexpr NodeId ground{0};

/// Current (v(a) − v(b)) / resistance from a to b.
struct Resistor {
    NodeId a{}, b{};
    double resistance = 0.0; ///< [Ohm] finite, not 0: what has no resistance is one node
    friend bool operator==(const Resistor&, const Resistor&) = default;
};

/// v(plus) − v(minus) = dc. Its branch current flows from plus through the source to minus.
struct VoltageSource {
    NodeId plus{}, minus{};
    double dc = 0.0; ///< [V]
    friend bool operator==(const VoltageSource&, const VoltageSource&) = default;
};

/// Current dc from plus through the source to minus.
struct CurrentSource {
    NodeId plus{}, minus{};
    double dc = 0.0; ///< [A]
    friend bool operator==(const CurrentSource&, const CurrentSource&) = default;
};

/// v(plus) − v(minus) = gain·(v(control_plus) − v(control_minus)).
struct VoltageAmplifier {
    NodeId plus{}, minus{};
    NodeId control_plus{}, control_minus{};
    double gain = 0.0; ///< [V/V]
    friend bool operator==(const VoltageAmplifier&, const VoltageAmplifier&) = default;
};

/// Memory cell of the sinh law: current g·sinh(alpha·(v(a) − v(b)))/alpha from a to b. An ohmic cell is a
/// Resistor.
struct SinhConductance {
    NodeId a{}, b{};
    double g = 0.0;     ///< [S] conductance at zero bias
    double alpha = 1.0; ///< [1/V] > 0
    friend bool operator==(const SinhConductance&, const SinhConductance&) = default;
};

/// Memory cell of any law: current I(v(a) − v(b); g, shape) from a to b.
struct Cell {
    NodeId a{}, b{};
    CellModel law = LinearCell{};
    double g = 0.0;     ///< [S] conductance at zero bias
    double shape = 0.0; ///< second number of the law, if it has one
    friend bool operator==(const Cell&, const Cell&) = default;
};

/// A subcircuit of that name put in place: its ports are joined to these nodes, in order.
struct SubcircuitCall {
    std::string subcircuit;
    std::vector<NodeId> nodes;
    friend bool operator==(const SubcircuitCall&, const SubcircuitCall&) = default;
};

/// What an element is. A new kind of element is a struct here, a letter in spice_letter(), its checks in
/// circuit.cpp and its card in spice_text.cpp; the compiler finds the places that miss it.
using ElementKind = std::variant<Resistor, VoltageSource, CurrentSource, VoltageAmplifier, SinhConductance,
                                 Cell, SubcircuitCall>;

/// First letter of the names of such elements, as SPICE wants it: r, v, i, e, b or x.
char spice_letter(const ElementKind& kind);

struct Element {
    std::string name;
    ElementKind kind;
    friend bool operator==(const Element&, const Element&) = default;
};

struct Subcircuit;

/// A netlist as a value: named nodes, the elements between them and the subcircuits they call.
///
/// Names are those of the SPICE text: lower-case letters, digits and underscores. An element's first letter
/// tells its kind. The order of nodes, elements and subcircuits is the order in which they were added.
class Circuit {
public:
    Circuit();

    /// The node of that name, made if there is none. "0" is ground.
    /// @throws InputError if the name is not a legal one.
    NodeId node(std::string_view name);
    [[nodiscard]] std::optional<NodeId> find_node(std::string_view name) const;
    [[nodiscard]] const std::string& node_name(NodeId node) const;
    [[nodiscard]] Index node_count() const { return static_cast<Index>(node_names_.size()); } ///< with ground

    /// Adds an element.
    /// @throws InputError if its name is taken, illegal or has the wrong first letter, if a node is not of
    /// this circuit, if a value is not finite or a resistance 0, or if a call does not fit a subcircuit added
    /// before.
    void add(std::string name, ElementKind kind);
    [[nodiscard]] std::span<const Element> elements() const { return elements_; }

    /// Adds a subcircuit that later calls may name.
    /// @throws InputError if its name is taken or illegal, or a port is ground or not of its body.
    void add(Subcircuit subcircuit);
    [[nodiscard]] std::span<const Subcircuit> subcircuits() const;

    friend bool operator==(const Circuit& left, const Circuit& right);

private:
    std::vector<std::string> node_names_;
    std::unordered_map<std::string, NodeId> node_ids_;
    std::vector<Element> elements_;
    std::unordered_set<std::string> element_names_;
    std::vector<Subcircuit> subcircuits_;
};

/// A circuit with named ports, to be called from another one.
struct Subcircuit {
    std::string name;
    std::vector<NodeId> ports; ///< nodes of `body`, in the order of a call's nodes
    Circuit body;
    friend bool operator==(const Subcircuit&, const Subcircuit&) = default;
};

} // namespace ohmloom
