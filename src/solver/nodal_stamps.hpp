#pragma once

#include "base/matrix.hpp"
#include "circuit/circuit.hpp"

#include <span>
#include <vector>

namespace ohmloom {

/// An unknown of a circuit: a node voltage or a branch current; ground is none.
inline constexpr Index no_unknown = -1;

inline Index unknown_of(NodeId node) {
    return static_cast<Index>(node) - 1;
}

/// Value of an unknown; 0 of ground.
inline double value_of(std::span<const double> x, Index unknown) {
    return unknown == no_unknown ? 0.0 : x[static_cast<std::size_t>(unknown)];
}

/// Elements linearised at one point x: currents G·x − b leave the nodes, charges C·x + q are stored.
///
/// Elements stamp the same places in the same order every time, so the places are looked up once.
class Stamps {
public:
    void begin(Index unknowns) {
        conductances_.clear();
        capacitances_.clear();
        rhs_.assign(static_cast<std::size_t>(unknowns), 0.0);
        charges_.assign(static_cast<std::size_t>(unknowns), 0.0);
    }

    void add(Index row, Index col, double value) { put(conductances_, row, col, value); }
    void add_capacitance(Index row, Index col, double value) { put(capacitances_, row, col, value); }
    void add_rhs(Index row, double value) { put(rhs_, row, value); }

    /// Current (v(a) − v(b))·g from p to q.
    void transfer(Index p, Index q, Index a, Index b, double g) {
        add(p, a, g);
        add(p, b, -g);
        add(q, a, -g);
        add(q, b, g);
    }
    void conductance(Index a, Index b, double g) { transfer(a, b, a, b, g); }
    /// Current `i` from p to q.
    void current(Index p, Index q, double i) {
        add_rhs(p, -i);
        add_rhs(q, i);
    }
    /// Charge (v(a) − v(b))·c + rest on a, and its negative on b.
    void capacitance(Index a, Index b, double c, double rest = 0.0) {
        add_capacitance(a, a, c);
        add_capacitance(a, b, -c);
        add_capacitance(b, a, -c);
        add_capacitance(b, b, c);
        put(charges_, a, rest);
        put(charges_, b, -rest);
    }
    /// The branch current leaves p and enters q; the branch's equation begins with v(p) − v(q).
    void branch(Index p, Index q, Index branch) {
        add(p, branch, 1.0);
        add(q, branch, -1.0);
        add(branch, p, 1.0);
        add(branch, q, -1.0);
    }

    struct Entry {
        Index row, col;
        double value;
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    [[nodiscard]] const std::vector<Entry>& conductances() const { return conductances_; }
    [[nodiscard]] const std::vector<Entry>& capacitances() const { return capacitances_; }
    [[nodiscard]] const std::vector<double>& rhs() const { return rhs_; }         ///< b [A or V]
    [[nodiscard]] const std::vector<double>& charges() const { return charges_; } ///< q [C or Wb]

private:
    static void put(std::vector<Entry>& entries, Index row, Index col, double value) {
        if (row != no_unknown && col != no_unknown) entries.push_back({row, col, value});
    }
    static void put(std::vector<double>& values, Index row, double value) {
        if (row != no_unknown) values[static_cast<std::size_t>(row)] += value;
    }
    std::vector<Entry> conductances_, capacitances_;
    std::vector<double> rhs_, charges_;
};

} // namespace ohmloom
