#pragma once

#include "base/matrix.hpp"
#include "circuit/expression.hpp"
#include "circuit/name_index.hpp"
#include "devicemodels/cell_model.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

/// Current capacitance·d(v(a) − v(b))/dt from a to b.
struct Capacitor {
    NodeId a{}, b{};
    double capacitance = 0.0;        ///< [F] finite
    std::optional<double> initial{}; ///< [V] v(a) − v(b) at the start of a transient with `uic`
    friend bool operator==(const Capacitor&, const Capacitor&) = default;
};

/// v(a) − v(b) = inductance·di/dt, with the branch current i from a to b.
struct Inductor {
    NodeId a{}, b{};
    double inductance = 0.0;         ///< [H] finite, not 0
    std::optional<double> initial{}; ///< [A] at the start of a transient with `uic`
    friend bool operator==(const Inductor&, const Inductor&) = default;
};

/// How a source moves in time; what is left out at the end of `arguments` is the simulator's choice.
enum class WaveformKind : std::uint8_t {
    none,
    pulse, ///< low, high, delay, rise time, fall time, width, period
    sine,  ///< offset, amplitude, frequency [Hz], delay, damping [1/s], phase [degrees]
    exp,   ///< low, high, rise delay, rise time constant, fall delay, fall time constant
    pwl,   ///< time, value, time, value, …
};

struct Waveform {
    WaveformKind kind = WaveformKind::none;
    std::vector<double> arguments; ///< [V or A], [s]; pwl: an even number, times rising
    friend bool operator==(const Waveform&, const Waveform&) = default;
};

/// What a source does apart from its DC value.
struct Stimulus {
    Waveform waveform{};
    double ac_magnitude = 0.0; ///< [V or A] small signal of an AC analysis
    double ac_phase = 0.0;     ///< [degrees]
    friend bool operator==(const Stimulus&, const Stimulus&) = default;
};

/// v(plus) − v(minus) = dc. Its branch current flows from plus through the source to minus.
struct VoltageSource {
    NodeId plus{}, minus{};
    double dc = 0.0; ///< [V]
    Stimulus stimulus{};
    friend bool operator==(const VoltageSource&, const VoltageSource&) = default;
};

/// Current dc from plus through the source to minus.
struct CurrentSource {
    NodeId plus{}, minus{};
    double dc = 0.0; ///< [A]
    Stimulus stimulus{};
    friend bool operator==(const CurrentSource&, const CurrentSource&) = default;
};

/// v(plus) − v(minus) = gain·(v(control_plus) − v(control_minus)).
struct VoltageAmplifier {
    NodeId plus{}, minus{};
    NodeId control_plus{}, control_minus{};
    double gain = 0.0; ///< [V/V]
    friend bool operator==(const VoltageAmplifier&, const VoltageAmplifier&) = default;
};

/// Current transconductance·(v(control_plus) − v(control_minus)) from plus through the element to minus.
struct Transconductor {
    NodeId plus{}, minus{};
    NodeId control_plus{}, control_minus{};
    double transconductance = 0.0; ///< [S]
    friend bool operator==(const Transconductor&, const Transconductor&) = default;
};

/// Current gain·i(control) from plus through the element to minus.
struct CurrentAmplifier {
    NodeId plus{}, minus{};
    std::string control; ///< a VoltageSource of the same circuit
    double gain = 0.0;   ///< [A/A]
    friend bool operator==(const CurrentAmplifier&, const CurrentAmplifier&) = default;
};

/// v(plus) − v(minus) = transresistance·i(control).
struct Transresistor {
    NodeId plus{}, minus{};
    std::string control;          ///< a VoltageSource of the same circuit
    double transresistance = 0.0; ///< [Ohm]
    friend bool operator==(const Transresistor&, const Transresistor&) = default;
};

/// Junction diode of a Model, from anode to cathode.
struct Diode {
    NodeId anode{}, cathode{};
    std::string model;
    double area = 1.0; ///< times the model's, > 0
    friend bool operator==(const Diode&, const Diode&) = default;
};

/// MOS transistor of a level-1 Model.
struct Mosfet {
    NodeId drain{}, gate{}, source{}, bulk{};
    std::string model;
    double length = 100e-6;                               ///< [m] drawn, > 0
    double width = 100e-6;                                ///< [m] > 0
    double drain_area = 0.0, source_area = 0.0;           ///< [m^2]
    double drain_perimeter = 0.0, source_perimeter = 0.0; ///< [m]
    double drain_squares = 1.0, source_squares = 1.0;     ///< of sheet resistance `rsh`
    double multiplier = 1.0;                              ///< transistors in parallel, > 0
    friend bool operator==(const Mosfet&, const Mosfet&) = default;
};

/// Resistance between a and b that a voltage switches, with the hysteresis of its Model.
struct Switch {
    NodeId a{}, b{};
    NodeId control_plus{}, control_minus{};
    std::string model;
    bool is_on = false; ///< where it stays as long as the control voltage is within the hysteresis
    friend bool operator==(const Switch&, const Switch&) = default;
};

/// Source of any formula of the circuit's voltages and currents.
struct BehaviouralSource {
    NodeId plus{}, minus{};
    bool is_voltage = false; ///< v(plus) − v(minus), else the current from plus through the source to minus
    Expression value;        ///< [V or A] its nodes and elements are of the same circuit
    friend bool operator==(const BehaviouralSource&, const BehaviouralSource&) = default;
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
                                 Cell, SubcircuitCall, Capacitor, Inductor, Transconductor, CurrentAmplifier,
                                 Transresistor, Diode, Mosfet, Switch, BehaviouralSource>;

/// First letter of the names of such elements, as SPICE wants it: r, v, i, e, b, x, c, l, g, f, h, d, m or s.
char spice_letter(const ElementKind& kind);

/// Whether i(name) is a current: of voltage sources of all kinds, and of inductors.
bool has_branch_current(const ElementKind& kind);

/// Calls `visit` with every node of an element, in the order of its card. The names inside a BehaviouralSource's
/// formula are not among them.
void for_each_node(ElementKind& kind, const std::function<void(NodeId&)>& visit);

struct Element {
    std::string name;
    ElementKind kind;
    friend bool operator==(const Element&, const Element&) = default;
};

/// What a device model describes.
enum class ModelKind : std::uint8_t { diode, nmos, pmos, voltage_switch };

/// Parameters that elements share. Those left out have the defaults of SPICE.
struct Model {
    std::string name;
    ModelKind kind = ModelKind::diode;
    std::vector<std::pair<std::string, double>> parameters; ///< in SPICE's units
    friend bool operator==(const Model&, const Model&) = default;
};

/// SPICE's word for a kind of model: "d", "nmos", "pmos" or "sw".
std::string_view model_word(ModelKind kind);

/// Names of the parameters that a kind of model may have.
std::span<const std::string> model_parameters(ModelKind kind);

/// Voltage that a node has at the start of a transient.
struct InitialVoltage {
    NodeId node{};
    double voltage = 0.0; ///< [V]
    friend bool operator==(const InitialVoltage&, const InitialVoltage&) = default;
};

/// Whether text may be a name: lower-case letters, digits and _ . + - # ! : [ ] < > % @ ~, of which the first is
/// none of + - .
bool is_legal_name(std::string_view name);

struct Subcircuit;

/// A netlist as a value: named nodes, the elements between them, the models and the subcircuits they call.
///
/// Names are those of the SPICE text, in lower case; see is_legal_name(). An element's first letter tells its
/// kind. The order of elements, models and subcircuits is the order in which they were added.
///
/// Two circuits are equal if they hold the same models, subcircuits, elements and initial voltages in the same
/// order between nodes of the same names. The numbers of the nodes do not count, nor do nodes without elements.
class Circuit {
public:
    Circuit();

    /// The node of that name, made if there is none. "0" is ground.
    /// @throws InputError if the name is not a legal one.
    NodeId node(std::string_view name);
    [[nodiscard]] std::optional<NodeId> find_node(std::string_view name) const;
    [[nodiscard]] const std::string& node_name(NodeId node) const;
    [[nodiscard]] Index node_count() const { return static_cast<Index>(node_names_.size()); } ///< with ground

    /// Makes room for so many elements in all, and as many nodes.
    void reserve(std::size_t elements);

    /// Adds an element. Elements that others name (a CurrentAmplifier's control, what a formula mentions) may
    /// come later; see require_complete().
    /// @throws InputError if its name is taken, illegal or has the wrong first letter, if a node is not of
    /// this circuit, if a value is not finite or a resistance 0, or if a call or a device does not fit a
    /// subcircuit or a model added or declared before.
    void add(std::string name, ElementKind kind);
    [[nodiscard]] std::span<const Element> elements() const { return elements_; }
    [[nodiscard]] const Element* find_element(std::string_view name) const;

    /// Adds a model that later elements may name.
    /// @throws InputError if its name is taken or illegal, or a parameter unknown or not finite.
    void add(Model model);
    [[nodiscard]] std::span<const Model> models() const { return models_; }
    [[nodiscard]] const Model* find_model(std::string_view name) const;

    /// Adds a subcircuit that later calls may name.
    /// @throws InputError if its name is taken or illegal, if a port is ground or not of its body, or if what
    /// its body declares is neither here nor declared here.
    void add(Subcircuit subcircuit);
    [[nodiscard]] std::span<const Subcircuit> subcircuits() const;
    [[nodiscard]] const Subcircuit* find_subcircuit(std::string_view name) const;

    /// Number of ports of a subcircuit, kind of a model, that elements of this circuit may name: its own, or
    /// declared ones.
    [[nodiscard]] std::optional<Index> ports_of(std::string_view subcircuit) const;
    [[nodiscard]] std::optional<ModelKind> model_kind(std::string_view model) const;

    /// Says that a circuit around this one has such a subcircuit or model, for elements of this one to name.
    void declare_subcircuit(std::string name, Index ports);
    void declare_model(std::string name, ModelKind kind);

    /// Sets a node's voltage at the start of a transient.
    /// @throws InputError if the node is not of this circuit or the voltage not finite.
    void set_initial(NodeId node, double voltage);
    [[nodiscard]] std::span<const InitialVoltage> initial_voltages() const { return initial_voltages_; }

    /// Checks that the elements, and the nodes, that one of the elements (or all of them) names are there.
    /// @throws InputError naming the element that refers to nothing.
    void require_complete(const Element& element) const;
    void require_complete() const;

    friend bool operator==(const Circuit& left, const Circuit& right);

private:
    std::vector<std::string> node_names_;
    NameIndex node_index_;
    std::vector<Element> elements_;
    NameIndex element_index_;
    std::vector<Model> models_;
    NameIndex model_index_;
    std::vector<Subcircuit> subcircuits_;
    NameIndex subcircuit_index_;
    std::map<std::string, Index, std::less<>> declared_subcircuits_; ///< number of ports
    std::map<std::string, ModelKind, std::less<>> declared_models_;
    std::vector<InitialVoltage> initial_voltages_;
};

/// A circuit with named ports, to be called from another one.
struct Subcircuit {
    std::string name;
    std::vector<NodeId> ports; ///< nodes of `body`, in the order of a call's nodes
    Circuit body;
    friend bool operator==(const Subcircuit& left, const Subcircuit& right);
};

} // namespace ohmloom
