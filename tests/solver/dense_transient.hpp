#pragma once

#include "base/dense.hpp"
#include "circuit/array_netlist.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <variant>
#include <vector>

namespace ohmloom::testing {

/// An RC array as dense matrices, read off its netlist: C·dv/dt = −G·v + B·v_source. Every node must have a capacitance.
///
/// With all sources constant from t = 0 on, v(t) = v_end + exp(−C⁻¹·G·t)·(v_start − v_end).
class DenseTransient {
public:
    explicit DenseTransient(const Crossbar& crossbar) : rows_(crossbar.rows()), lines_(crossbar.lines()) {
        const ArrayNetlist netlist = expand_array(crossbar, {});
        const Circuit& circuit = netlist.circuit;
        std::map<NodeId, Index> source; // of the nodes that sources hold
        for (const auto* names : {&netlist.row_sources, &netlist.sense_sources}) {
            for (const std::string& name : *names)
                source.emplace(std::get<VoltageSource>(circuit.find_element(name)->kind).plus,
                               static_cast<Index>(source.size()));
        }
        std::map<NodeId, Index> unknown;
        for (Index i = 1; i < circuit.node_count(); ++i) {
            const NodeId node{static_cast<std::int32_t>(i)};
            if (!source.contains(node)) unknown.emplace(node, static_cast<Index>(unknown.size()));
        }
        const auto n = static_cast<Index>(unknown.size());
        g_ = c_ = Matrix<double>(n, n, 0.0);
        b_ = Matrix<double>(n, rows_ + lines_, 0.0);
        const auto stamp = [&](Matrix<double>& matrix, NodeId from, NodeId to, double value, bool sources) {
            for (const auto& [here, there] : {std::pair(from, to), std::pair(to, from)}) {
                if (!unknown.contains(here)) continue;
                matrix(unknown[here], unknown[here]) += value;
                if (unknown.contains(there)) matrix(unknown[here], unknown[there]) -= value;
                if (sources && source.contains(there)) b_(unknown[here], source[there]) += value;
            }
        };
        for (const Element& element : circuit.elements()) {
            if (const auto* r = std::get_if<Resistor>(&element.kind)) {
                stamp(g_, r->a, r->b, 1.0 / r->resistance, true);
                for (const auto& [here, there] : {std::pair(r->a, r->b), std::pair(r->b, r->a)}) {
                    if (source.contains(here) && unknown.contains(there))
                        ends_.push_back({source[here], unknown[there], 1.0 / r->resistance});
                }
            }
            if (const auto* c = std::get_if<Capacitor>(&element.kind))
                stamp(c_, c->a, c->b, c->capacitance, false);
        }
    }

    /// Currents that leave the sources at the time t after they jumped from 0 to `v` [rows + lines], [rows + lines].
    [[nodiscard]] std::vector<double> step_response(const std::vector<double>& v, double t) const {
        const Index n = g_.rows();
        const Matrix<double> end =
            solve_dense(g_, multiply(b_, Matrix<double>(static_cast<Index>(v.size()), 1, v)));
        Matrix<double> a = solve_dense(c_, g_);
        for (double& x : a.values()) x *= -t;
        const Matrix<double> decay = exponential(a);
        std::vector<double> currents(v.size(), 0.0);
        for (const End& tie : ends_) {
            double here = end(tie.node, 0);
            for (Index j = 0; j < n; ++j) here -= decay(tie.node, j) * end(j, 0);
            currents[static_cast<std::size_t>(tie.source)] +=
                tie.g * (v[static_cast<std::size_t>(tie.source)] - here);
        }
        return currents;
    }

private:
    struct End {
        Index source, node;
        double g;
    };

    /// exp(a) by Taylor's series of a/2^k, squared k times.
    static Matrix<double> exponential(Matrix<double> a) {
        double norm = 0.0;
        for (Index r = 0; r < a.rows(); ++r) {
            double sum = 0.0;
            for (const double x : a.row(r)) sum += std::abs(x);
            norm = std::max(norm, sum);
        }
        const int squarings = std::max(0, static_cast<int>(std::ceil(std::log2(norm / 0.5))));
        for (double& x : a.values()) x = std::ldexp(x, -squarings);
        Matrix<double> sum(a.rows(), a.rows(), 0.0), term = sum;
        for (Index i = 0; i < a.rows(); ++i) sum(i, i) = term(i, i) = 1.0;
        for (int k = 1; k < 20; ++k) {
            term = multiply(term, a);
            for (std::size_t i = 0; i < term.values().size(); ++i) sum.values()[i] += term.values()[i] /= k;
        }
        for (int k = 0; k < squarings; ++k) sum = multiply(sum, sum);
        return sum;
    }

    Index rows_, lines_;
    Matrix<double> g_, c_, b_;
    std::vector<End> ends_;
};

} // namespace ohmloom::testing
