#include "problem.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace ohmloom::benchmarks {

namespace {

constexpr double g_min = 1e-6, g_max = 1e-4; // [S]

enum Tile : std::uint32_t { cells, inputs };

Matrix<double> uniform_matrix(Index rows, Index cols, double low, double high, Tile tile) {
    const RandomStream stream(1, RandomPurpose::test_generation);
    Matrix<double> matrix(rows, cols);
    for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < cols; ++c) {
            const double place =
                stream.uniform(tile, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c));
            matrix(r, c) = low + (high - low) * place;
        }
    }
    return matrix;
}

} // namespace

Problem make_problem(const Case& point) {
    Problem problem{.point = point, .crossbar = {}, .drive = {}};
    problem.crossbar.g = uniform_matrix(point.rows, point.cols, g_min, g_max, cells);
    problem.crossbar.r_row = problem.crossbar.r_col = point.r_wire;
    if (point.nonlinear) problem.crossbar.cell = SinhCell{sinh_alpha};
    problem.drive.v_row = uniform_matrix(point.vectors, point.rows, 0.0, point.v_max, inputs);
    return problem;
}

double required_residual(const Case& point) {
    return point.nonlinear ? 1e-9 : 1e-10;
}

std::string describe(const Case& point) {
    return fmt::format("{}x{}/{} Ohm/{}/{} vector{}", point.rows, point.cols, point.r_wire,
                       point.nonlinear ? "sinh" : "linear", point.vectors, point.vectors == 1 ? "" : "s");
}

} // namespace ohmloom::benchmarks
