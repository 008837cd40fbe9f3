#pragma once

#include "circuit/circuit.hpp"

#include <string>
#include <vector>

namespace ohmloom {

/// Nodes of a circuit in an order in which they can be eliminated from its nodal matrix with little fill: always one of
/// the fewest neighbours (minimum degree). Ground and nodes that a voltage source or amplifier drives against ground are
/// left out: they cost nothing. Nodes inside subcircuits are not looked at: see flatten().
std::vector<NodeId> elimination_order(const Circuit& circuit);

/// Cards that change nothing in a circuit but the order in which ngspice's matrix package meets its nodes, so that it finds
/// every pivot where it looks first and moves no row; to be put at the end of the deck. `held` are nodes that further cards
/// hold by a voltage source each.
///
/// ngspice 39 factorises by Markowitz's rule: the pivot of the fewest neighbours, and of those the next in line. Its search
/// for it, and the exchange of rows and columns where it is not the next, take many times as long as the arithmetic. It
/// numbers nodes in the order in which devices ask for them: B sources first, the last one read first. So a B source of no
/// current at every node, in the reverse of elimination_order(), settles the matter: op takes a tenth of the time
/// (benchmarks/ngspice/README.md).
///
/// Sources want more: the equation of a source is numbered last, but a pivot at once, in exchange for the row that is next.
/// So the nodes that sources hold come first, then as many of those that are to be eliminated last, to be sent where they
/// belong.
std::vector<std::string> ordering_cards(const Circuit& circuit, const std::vector<std::string>& held = {});

} // namespace ohmloom
