#include "devicemodels/cell_model.hpp"
#include "solver/ngspice_jobs.hpp"
#include "tests/devicemodels/sample_laws.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

namespace ohmloom::testing {

namespace {

/// Operating points of one cell between vin and ground.
NgspiceAnswer currents_in_ngspice(const SampleLaw& law, double g, double shape,
                                  const std::vector<double>& v) {
    NgspiceJob job;
    job.deck =
        fmt::format("one cell\nvin top 0 dc 0\nbcell top 0 i={}\n.options reltol=1e-12 noopalter\n.end\n",
                    spice_current(law.model, g, shape, "v(top,0)"));
    job.inputs = {"vin"};
    job.input_values = Matrix<double>(static_cast<Index>(v.size()), 1, v);
    job.outputs = {"i(vin)"};
    return solve_operating_points(job);
}

} // namespace

TEST_CASE("ngspice finds the same current as the C++ face of every law, over its range") {
    for (const SampleLaw& law : sample_laws()) {
        std::vector<double> v;
        // Off the knots of the table, a little beyond its ends, and 0.
        for (int k = -2; k <= 62; ++k) v.push_back(law.v_low + (law.v_high - law.v_low) * (k + 0.123) / 60.0);
        v.push_back(0.0);
        for (const auto& [g, shape] : law.cells) {
            const NgspiceAnswer answer = currents_in_ngspice(law, g, shape, v);
            for (std::size_t k = 0; k < v.size(); ++k) {
                const double ours = evaluate_cell(law.model, g, shape, v[k]).current;
                CAPTURE(law.name);
                CAPTURE(g);
                CAPTURE(shape);
                CAPTURE(v[k]);
                CHECK(std::abs(-answer.values(static_cast<Index>(k), 0) - ours) <=
                      1e-9 * std::abs(ours) + 1e-22);
            }
        }
    }
}

} // namespace ohmloom::testing
