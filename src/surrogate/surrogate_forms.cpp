#include "surrogate/surrogate_forms.hpp"

namespace ohmloom {

namespace {

using Products = std::vector<std::vector<LineMoment>>;

/// Mode 0 of power j: what the line's potential follows, S_j = Σ g·x^j.
constexpr LineMoment line(Index power) {
    return {0, power};
}
/// The same weighed by half a cosine along the line, and by a whole one: how its potential falls along the wire.
constexpr LineMoment slope(Index power) {
    return {1, power};
}
constexpr LineMoment bend(Index power) {
    return {2, power};
}

void append(Products& products, const Products& more) {
    products.insert(products.end(), more.begin(), more.end());
}

} // namespace

// A cell bends as n(x − y) with y its column node's potential. Were y one number per line, n cubic and y as linear as the ohmic array has it,
// (x − y)³ = x³ − 3·x²·y + 3·x·y² − y³ would come to S_3 − 3·S_2·y + 3·S_1·y² − y³ with y ~ S_1: the first is the rows' own, the others are
// products of moments. y's own profile along the line is a sum of few modes, which come into the same products.
std::vector<SurrogateForm> surrogate_forms() {
    std::vector<SurrogateForm> forms;
    Products products{{line(1), line(1)}, {line(1), line(2)}, {line(1), line(1), line(1)}};
    forms.push_back({"cubics and the lines' potentials", 3, 1, products});
    append(products, {{line(1), slope(1)},
                      {line(1), slope(2)},
                      {slope(1), line(2)},
                      {slope(1), slope(1)},
                      {slope(1), slope(2)},
                      {line(1), line(1), slope(1)},
                      {line(1), bend(1)},
                      {line(1), bend(2)},
                      {bend(1), line(2)},
                      {bend(1), slope(2)},
                      {bend(1), bend(1)},
                      {slope(1), bend(1)},
                      {slope(1), slope(1), line(1)}});
    forms.push_back({"cubics and the lines' potentials with slope and bend", 3, 3, products});
    const auto whole = [](Index power) { return LineMoment{3, power}; }; // what all rows lose to all lines
    append(products, {{line(1), line(3)}, // what is left of y^k·S_j to fifth order
                      {line(1), line(4)},
                      {line(1), line(1), line(2)},
                      {line(1), line(1), line(3)},
                      {line(1), line(1), line(1), line(2)},
                      {line(1), line(1), line(1), line(1)},
                      {line(1), line(1), line(1), line(1), line(1)},
                      {line(2), line(2)},
                      {line(2), line(3)},
                      {line(1), line(2), line(2)},
                      {line(1), whole(1)}, // and what all lines do to each other through the rows
                      {whole(1), whole(1)},
                      {whole(1), line(2)},
                      {line(1), whole(2)},
                      {whole(1), whole(2)},
                      {whole(1), whole(1), whole(1)},
                      {line(1), line(1), whole(1)},
                      {line(1), whole(1), whole(1)}});
    forms.push_back(
        {"quintics, the lines' potentials to fifth order and those of all lines", 5, 3, products});
    return forms;
}

} // namespace ohmloom
