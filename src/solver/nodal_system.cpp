#include "solver/nodal_system.hpp"

#include "base/errors.hpp"
#include "circuit/flat_circuit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ohmloom {

namespace {

template <class... Kinds>
bool is_any(const ElementKind& kind) {
    return (std::holds_alternative<Kinds>(kind) || ...);
}

} // namespace

NodalSystem::NodalSystem(const Circuit& circuit, const CircuitSolveOptions& options)
    : circuit_(flatten(circuit)), options_(options), nodes_(circuit_.node_count() - 1), unknowns_(nodes_) {
    place_elements();
    place_signals();
    is_current_.assign(static_cast<std::size_t>(unknowns_), false);
    has_flux_ = is_current_;
    for (const FlatElement& flat : elements_) {
        if (flat.branch == no_unknown) continue;
        is_current_[static_cast<std::size_t>(flat.branch)] = true;
        has_flux_[static_cast<std::size_t>(flat.branch)] = is_any<Inductor>(flat.element->kind);
    }
    x.assign(static_cast<std::size_t>(unknowns_), 0.0);
    forget();
    constant_.begin(unknowns_);
    stamp_constant();
    linearise(x, {});
    forget();
    make_matrix();
    name_signals();
}

void NodalSystem::place_elements() {
    const auto inner_node = [&](double resistance, NodeId outer) {
        return resistance > 0.0 ? unknowns_++ : unknown_of(outer);
    };
    for (const Element& element : circuit_.elements()) {
        FlatElement flat;
        flat.element = &element;
        if (has_branch_current(element.kind)) flat.branch = unknowns_++;
        if (const auto* diode = std::get_if<Diode>(&element.kind)) {
            flat.law = diodes_.size();
            diodes_.push_back(diode_law(*circuit_.find_model(diode->model), *diode));
            flat.inner_a = inner_node(diodes_.back().series, diode->anode);
        }
        if (const auto* mosfet = std::get_if<Mosfet>(&element.kind)) {
            flat.law = transistors_.size();
            transistors_.push_back(mos_law(*circuit_.find_model(mosfet->model), *mosfet));
            flat.inner_a = inner_node(transistors_.back().drain_series, mosfet->drain);
            flat.inner_b = inner_node(transistors_.back().source_series, mosfet->source);
        }
        if (const auto* sw = std::get_if<Switch>(&element.kind)) {
            flat.law = switches_.size();
            switches_.push_back(switch_law(*circuit_.find_model(sw->model)));
        }
        if (is_any<Diode, Mosfet, Switch>(element.kind)) flat.state = state_count_++;
        if (is_any<VoltageSource, CurrentSource>(element.kind)) sources_.push_back(elements_.size());
        if (is_any<Diode, Mosfet, Switch, SinhConductance, Cell, BehaviouralSource>(element.kind)) {
            changing_elements_.push_back(elements_.size());
        }
        elements_.push_back(std::move(flat));
    }
}

void NodalSystem::place_signals() {
    std::unordered_map<std::string, Index> branches;
    for (const FlatElement& flat : elements_) {
        if (flat.branch != no_unknown) branches.emplace(flat.element->name, flat.branch);
    }
    for (FlatElement& flat : elements_) {
        const ElementKind& kind = flat.element->kind;
        if (const auto* f = std::get_if<CurrentAmplifier>(&kind)) flat.control = branches.at(f->control);
        if (const auto* h = std::get_if<Transresistor>(&kind)) flat.control = branches.at(h->control);
        const auto* source = std::get_if<BehaviouralSource>(&kind);
        if (source == nullptr) continue;
        for (const ExpressionStep& step : source->value.steps) {
            if (step.operation == Operation::current)
                flat.signals.push_back({branches.at(step.plus), no_unknown});
            if (step.operation == Operation::voltage) {
                flat.signals.push_back({unknown_of(*circuit_.find_node(step.plus)),
                                        unknown_of(*circuit_.find_node(step.minus))});
            }
        }
    }
}

void NodalSystem::make_matrix() {
    if (unknowns_ == 0) return;
    std::vector<std::pair<Index, Index>> places;
    for (const Stamps* stamps : {&constant_, &changing_}) {
        for (const auto& entry : stamps->conductances()) places.emplace_back(entry.row, entry.col);
    }
    matrix_.emplace(unknowns_, std::move(places));
    constant_values_.assign(matrix_->values().size(), 0.0);
    for (const auto& entry : constant_.conductances())
        constant_values_[matrix_->slot(entry.row, entry.col)] += entry.value;
    for (const auto& entry : changing_.conductances()) slots_.push_back(matrix_->slot(entry.row, entry.col));
    for (Index i = 0; i < nodes_; ++i) diagonal_.push_back(matrix_->slot(i, i));
}

void NodalSystem::name_signals() {
    for (Index node = 0; node < nodes_; ++node) {
        signals_.push_back(
            fmt::format("v({})", circuit_.node_name(NodeId{static_cast<std::int32_t>(node + 1)})));
        signal_unknowns_.push_back(node);
    }
    for (const FlatElement& flat : elements_) {
        if (flat.branch == no_unknown) continue;
        signals_.push_back(fmt::format("i({})", flat.element->name));
        signal_unknowns_.push_back(flat.branch);
    }
}

std::string NodalSystem::describe(Index unknown) const {
    if (unknown < nodes_) return "node " + circuit_.node_name(NodeId{static_cast<std::int32_t>(unknown + 1)});
    for (const FlatElement& flat : elements_) {
        if (flat.branch == unknown) return "the current of " + flat.element->name;
        const bool is_inner = flat.inner_a == unknown || flat.inner_b == unknown;
        if (is_inner) return "an inner node of " + flat.element->name;
    }
    return "";
}

Waveforms NodalSystem::make_waveforms(std::string analysis, std::string axis, std::string unit,
                                      std::vector<double> values) const {
    Waveforms waveforms;
    waveforms.analysis = std::move(analysis);
    waveforms.axis_name = std::move(axis);
    waveforms.axis_unit = std::move(unit);
    waveforms.signals = signals_;
    const auto points = static_cast<Index>(values.size());
    waveforms.values =
        Matrix<double>(points, static_cast<Index>(signals_.size()), std::numeric_limits<double>::quiet_NaN());
    waveforms.converged.assign(values.size(), false);
    waveforms.iterations.assign(values.size(), 0);
    waveforms.axis = std::move(values);
    return waveforms;
}

std::optional<double> NodalSystem::set_source(const std::string& name, std::optional<double> value) {
    const Element* element = circuit_.find_element(name);
    if (element == nullptr || !is_any<VoltageSource, CurrentSource>(element->kind)) {
        throw InputError(
            fmt::format("DC analysis sweeps {}: expected a voltage or current source of the circuit", name));
    }
    const auto found = swept_.find(element);
    const std::optional<double> before = found == swept_.end() ? std::nullopt : std::optional(found->second);
    if (value) {
        swept_[element] = *value;
    } else {
        swept_.erase(element);
    }
    return before;
}

void NodalSystem::forget() {
    std::fill(x.begin(), x.end(), 0.0);
    states.assign(state_count_, {});
    for (const FlatElement& flat : elements_) {
        const auto* sw = std::get_if<Switch>(&flat.element->kind);
        if (sw != nullptr) states[flat.state].is_on = sw->is_on;
    }
}

NewtonResult NodalSystem::newton(const CircuitDrive& drive) {
    constexpr double holding = 1e10; // [S] beside which nothing counts that a circuit has
    NewtonResult result;
    failure_.clear();
    if (unknowns_ == 0) return {true, 0};
    std::vector<double> next;
    while (result.iterations < options_.max_iterations) {
        ++result.iterations;
        const bool is_limited = linearise(x, drive);
        const std::span<double> values = matrix_->values();
        std::copy(constant_values_.begin(), constant_values_.end(), values.begin());
        for (std::size_t k = 0; k < slots_.size(); ++k)
            values[slots_[k]] += changing_.conductances()[k].value;
        for (const std::size_t slot : diagonal_) values[slot] += drive.node_gmin;
        next = changing_.rhs();
        if (drive.holds_initial) {
            for (const InitialVoltage& initial : circuit_.initial_voltages()) {
                if (initial.node == ground) continue;
                const auto node = static_cast<std::size_t>(unknown_of(initial.node));
                values[diagonal_[node]] += holding;
                next[node] += holding * initial.voltage;
            }
        }
        try {
            matrix_->factorise();
            matrix_->solve_refined(next);
        } catch (const BackendError& error) {
            failure_ = fmt::format(
                "{}: is there a node without a path to ground, or a loop of voltage sources?", error.what());
            return result;
        }
        if (!std::all_of(next.begin(), next.end(), [](double value) { return std::isfinite(value); })) {
            return result;
        }
        const bool is_still = !is_limited && is_close(next);
        x = next;
        if (is_still) {
            result.converged = true;
            return result;
        }
    }
    return result;
}

bool NodalSystem::is_close(const std::vector<double>& next) const {
    for (std::size_t i = 0; i < next.size(); ++i) {
        const double floor = static_cast<Index>(i) < nodes_ ? options_.voltage : options_.current;
        const double scale = std::max(std::abs(next[i]), std::abs(x[i]));
        if (std::abs(next[i] - x[i]) > options_.relative * scale + floor) return false;
    }
    return true;
}

} // namespace ohmloom
