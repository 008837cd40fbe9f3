#pragma once

#include "array/crossbar.hpp"
#include "base/random.hpp"
#include "solver/array_solver.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ohmloom::testing {

/// Random choices of one generated case; every draw is keyed by the case number.
class CaseDraws {
public:
    explicit CaseDraws(std::uint32_t number) : number_(number) {}
    double uniform(double low, double high) {
        return low + (high - low) * stream_.uniform(number_, 0, next_++);
    }
    double log_uniform(double low, double high) { return std::exp(uniform(std::log(low), std::log(high))); }
    Index integer(Index low, Index high) {
        return low + static_cast<Index>(uniform(0.0, 1.0) * static_cast<double>(high - low + 1));
    }
    bool chance(double probability) { return uniform(0.0, 1.0) < probability; }

private:
    RandomStream stream_{20260101, RandomPurpose::test_generation};
    std::uint32_t number_;
    std::uint32_t next_ = 0;
};

inline TiedEnds random_ends(CaseDraws& draws) {
    const TiedEnds all[] = {TiedEnds::first, TiedEnds::last, TiedEnds::both};
    return all[draws.integer(0, 2)];
}

/// Fills in everything but the shape of g: conductances over up to 12 decades, open cells, wires from 0 to 1e5 Ohm with
/// one side at times zero, every terminal kind.
inline void fill_at_random(CaseDraws& draws, Crossbar& crossbar) {
    const double decades = draws.chance(0.2) ? 12.0 : draws.uniform(0.0, 3.0);
    const double g_max = draws.log_uniform(1e-6, 1e-3);
    const double open = draws.chance(0.3) ? 0.3 : 0.0;
    for (double& g : crossbar.g.values()) {
        g = draws.chance(open) ? 0.0 : g_max * std::pow(10.0, -draws.uniform(0.0, decades));
    }
    crossbar.r_row = draws.chance(0.2) ? 0.0 : draws.log_uniform(0.1, 1e5);
    crossbar.r_col = draws.chance(0.2) ? 0.0 : draws.log_uniform(0.1, 1e5);
    crossbar.row_ends = random_ends(draws);
    crossbar.col_ends = random_ends(draws);
    if (draws.chance(0.5)) {
        for (Index r = 0; r < crossbar.rows(); ++r)
            crossbar.r_source.push_back(draws.chance(0.2) ? 0.0 : draws.log_uniform(1.0, 1e4));
    }
    if (draws.chance(0.5)) {
        for (Index l = 0; l < crossbar.lines(); ++l) {
            crossbar.r_sense.push_back(draws.chance(0.2) ? 0.0 : draws.log_uniform(1.0, 1e4));
        }
    }
}

/// A crossbar of the generated family: 1x1 to 40x24 sites, one or two lines per site, filled at random.
inline Crossbar random_crossbar(std::uint32_t number) {
    CaseDraws draws(number);
    Crossbar crossbar;
    const Index rows = draws.chance(0.15) ? 1 : draws.integer(1, 40);
    const Index sites = draws.chance(0.15) ? 1 : draws.integer(1, 24);
    crossbar.lines_per_site = draws.integer(1, 2);
    crossbar.g = Matrix<double>(rows, sites * crossbar.lines_per_site);
    fill_at_random(draws, crossbar);
    return crossbar;
}

/// Resistances around `mean`, some of them 0 and some infinite.
inline Matrix<double> random_segments(CaseDraws& draws, Index rows, Index cols, double mean) {
    const double gradient = draws.uniform(-0.8, 0.8);
    const double open = draws.chance(0.4) ? draws.log_uniform(0.005, 0.2) : 0.0;
    const double joined = draws.chance(0.3) ? draws.log_uniform(0.01, 0.5) : 0.0;
    Matrix<double> map(rows, cols);
    for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < cols; ++c) {
            map(r, c) =
                mean * (1.0 + gradient * static_cast<double>(r + c) / static_cast<double>(rows + cols));
            if (draws.chance(open)) map(r, c) = std::numeric_limits<double>::infinity();
            if (draws.chance(joined)) map(r, c) = 0.0;
        }
    }
    return map;
}

/// A crossbar of the family with faults: 1x1 to 300x40 sites, filled at random, most of them with maps of segments,
/// some with shorted cells.
inline Crossbar random_faulty_crossbar(std::uint32_t number) {
    CaseDraws draws(number + 2000000);
    Crossbar crossbar;
    const auto length = [&](double most) {
        return static_cast<Index>(std::lround(draws.chance(0.12) ? 1.0 : draws.log_uniform(1.0, most)));
    };
    Index rows = length(40.0), sites = length(30.0);
    if (number % 100 == 7) rows = 300, sites = 40;
    if (number % 100 == 57) rows = 40, sites = 150;
    crossbar.lines_per_site = number % 100 == 7 ? 1 : draws.integer(1, 2);
    crossbar.g = Matrix<double>(rows, sites * crossbar.lines_per_site);
    fill_at_random(draws, crossbar);
    if (draws.chance(0.6)) crossbar.r_row_map = random_segments(draws, rows, sites + 1, crossbar.r_row);
    if (draws.chance(0.6))
        crossbar.r_col_map = random_segments(draws, rows + 1, crossbar.lines(), crossbar.r_col);
    if (draws.chance(0.35)) {
        const double shorted = draws.log_uniform(0.002, 0.1);
        for (double& g : crossbar.g.values()) {
            if (draws.chance(shorted)) g = std::numeric_limits<double>::infinity();
        }
        // Shorts between ideal sources have no solution: give the columns a resistance.
        crossbar.r_sense.clear();
        for (Index l = 0; l < crossbar.lines(); ++l) crossbar.r_sense.push_back(draws.log_uniform(1.0, 1e4));
        crossbar.r_source.clear();
        for (Index r = 0; r < rows; ++r) crossbar.r_source.push_back(draws.log_uniform(1.0, 1e4));
    }
    return crossbar;
}

inline Drive random_drive(const Crossbar& crossbar, std::uint32_t number, Index batch) {
    CaseDraws draws(number + 1000000);
    Drive drive{Matrix<double>(batch, crossbar.rows()), {}};
    for (double& v : drive.v_row.values()) v = draws.uniform(-0.5, 0.5);
    if (draws.chance(0.5)) {
        for (Index l = 0; l < crossbar.lines(); ++l) drive.v_col.push_back(draws.uniform(-0.1, 0.1));
    }
    return drive;
}

/// Largest difference between two sets of currents of the same operating points, over the largest line
/// current.
inline double largest_relative_difference(const ArraySolution& a, const ArraySolution& b) {
    double difference = 0.0, scale = 0.0;
    const auto compare = [&](const Matrix<double>& x, const Matrix<double>& y) {
        for (std::size_t i = 0; i < x.values().size(); ++i) {
            difference = std::max(difference, std::abs(x.values()[i] - y.values()[i]));
            scale = std::max(scale, std::abs(x.values()[i]));
        }
    };
    compare(a.i_row, b.i_row);
    compare(a.i_col, b.i_col);
    return difference == 0.0 ? 0.0 : difference / scale;
}

/// A random array of resistive lines with every kind of capacitance, time constants around 1 ns.
inline Crossbar random_rc_array(CaseDraws& draws, Index rows, Index sites, Index lines_per_site) {
    Crossbar crossbar;
    crossbar.lines_per_site = lines_per_site;
    crossbar.g = Matrix<double>(rows, sites * lines_per_site);
    for (double& g : crossbar.g.values()) g = draws.log_uniform(1e-5, 1e-3);
    crossbar.r_row = draws.log_uniform(10.0, 1e4);
    crossbar.r_col = draws.log_uniform(10.0, 1e4);
    crossbar.row_ends = random_ends(draws);
    crossbar.col_ends = random_ends(draws);
    for (Index r = 0; r < rows; ++r)
        crossbar.r_source.push_back(draws.chance(0.2) ? 0.0 : draws.log_uniform(10.0, 1e4));
    for (Index l = 0; l < crossbar.lines(); ++l)
        crossbar.r_sense.push_back(draws.chance(0.2) ? 0.0 : draws.log_uniform(10.0, 1e4));
    const auto farads = [&] { return draws.log_uniform(1e-14, 1e-12); };
    crossbar.capacitance = {.row_ground = farads(),
                            .col_ground = farads(),
                            .row_coupling = farads(),
                            .col_coupling = farads(),
                            .pair_coupling = farads(),
                            .cell = farads(),
                            .driver = farads(),
                            .sense = farads()};
    return crossbar;
}

} // namespace ohmloom::testing
