#include "contender.hpp"

#include "base/dense.hpp"
#include "base/errors.hpp"
#include "direct_newton.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace ohmloom::benchmarks {

namespace {

constexpr Index square(Index side) {
    return side * side;
}

constexpr Index any = std::numeric_limits<Index>::max();

// clang-format off
constexpr std::array<ContenderKind, 9> kinds{{
    //                  linear: 1 vector   more          sinh: 1      more
    {"lines",                   any,           square(1024), any,          square(512)},
    {"auto",                    square(1024),  square(512),  square(1024), square(256)},
    {"condense",                square(1024),  square(512),  0,            0},
    {"port-matrix",             square(1024),  square(1024), 0,            0},
    {"mna",                     square(256),   square(128),  square(128),  square(32)},
    {"cholmod-amd",             square(1024),  square(512),  square(512),  square(64)},
    {"cholmod-metis",           square(1024),  square(512),  square(512),  square(64)},
    {"klu",                     square(512),   square(512),  square(256),  square(32)},
    {"ngspice",                 square(64),    square(32),   square(32),   0},
}};
// clang-format on

double mean(const std::vector<int>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// An engine of the library, through the door everybody uses.
class EngineContender final : public Contender {
public:
    EngineContender(Engine engine, const Problem& problem)
        : problem_(problem), options_{.engine = engine, .tolerance = required_residual(problem.point)} {}

    void run() override { solution_ = solve_array(problem_.crossbar, problem_.drive, options_); }

    [[nodiscard]] Answer answer() const override {
        return {solution_.i_col, *std::max_element(solution_.residual.begin(), solution_.residual.end()),
                mean(solution_.iterations)};
    }

private:
    const Problem& problem_;
    SolveOptions options_;
    ArraySolution solution_;
};

/// The array reduced to its ports once, and then one product for all vectors. Its residual is that of the port matrix.
class PortMatrixContender final : public Contender {
public:
    explicit PortMatrixContender(const Problem& problem) : problem_(problem) {}

    void run() override {
        ports_ = port_matrix(problem_.crossbar, {.engine = Engine::condense});
        // Columns end at 0 V: what leaves there is minus the block of the port matrix between columns and rows.
        Matrix<double> transfer(ports_.lines, ports_.rows);
        for (Index l = 0; l < ports_.lines; ++l) {
            for (Index r = 0; r < ports_.rows; ++r) transfer(l, r) = -ports_.y(ports_.rows + l, r);
        }
        i_col_ = multiply_transposed(problem_.drive.v_row, transfer);
    }

    [[nodiscard]] Answer answer() const override { return {i_col_, ports_.residual, 0.0}; }

private:
    const Problem& problem_;
    PortMatrix ports_;
    Matrix<double> i_col_;
};

/// A sparse direct solver on the nodal equations: analyse, factorise once, solve every vector; Newton's method if cells are
/// not linear.
class DirectContender final : public Contender {
public:
    DirectContender(Baseline kind, const Problem& problem)
        : kind_(kind), problem_(problem), equations_(problem),
          v_(static_cast<std::size_t>(equations_.unknowns() * equations_.vectors())) {
        if (!equations_.linear()) return;
        // Any voltages will do: the slopes of linear cells do not depend on them.
        linear_matrix_ = equations_.jacobian(vector(0), make_direct_solver(kind)->stored());
    }

    void run() override {
        const auto solver = make_direct_solver(kind_);
        if (equations_.linear()) {
            solver->analyse(linear_matrix_);
            solver->factorise(linear_matrix_);
            for (Index k = 0; k < equations_.vectors(); ++k) equations_.set_source_currents(k, vector(k));
            solver->solve(v_, equations_.vectors());
            steps_ = equations_.vectors();
        } else {
            DirectNewton newton(equations_, *solver);
            steps_ = 0;
            for (Index k = 0; k < equations_.vectors(); ++k)
                steps_ += newton.solve(k, required_residual(problem_.point), vector(k));
        }
    }

    [[nodiscard]] Answer answer() const override {
        Answer answer{Matrix<double>(equations_.vectors(), problem_.point.cols), 0.0,
                      static_cast<double>(steps_) / static_cast<double>(equations_.vectors())};
        for (Index k = 0; k < equations_.vectors(); ++k) {
            const Evaluation here = equations_.evaluate(k, vector(k));
            std::copy(here.i_col.begin(), here.i_col.end(), answer.i_col.row(k).begin());
            answer.residual = std::max(answer.residual, here.residual);
        }
        return answer;
    }

private:
    [[nodiscard]] std::span<double> vector(Index k) {
        const auto size = static_cast<std::size_t>(equations_.unknowns());
        return std::span(v_).subspan(static_cast<std::size_t>(k) * size, size);
    }
    [[nodiscard]] std::span<const double> vector(Index k) const {
        const auto size = static_cast<std::size_t>(equations_.unknowns());
        return std::span(v_).subspan(static_cast<std::size_t>(k) * size, size);
    }

    Baseline kind_;
    const Problem& problem_;
    NodalEquations equations_;
    SparseMatrix linear_matrix_;
    std::vector<double> v_; ///< [vectors][unknowns]
    Index steps_ = 0;
};

std::optional<Baseline> baseline_named(std::string_view name) {
    if (name == "klu") return Baseline::klu;
    if (name == "cholmod-amd") return Baseline::cholmod_amd;
    if (name == "cholmod-metis") return Baseline::cholmod_metis;
    return std::nullopt;
}

const ContenderKind& kind_named(std::string_view name) {
    const auto found =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return kind.name == name; });
    if (found == kinds.end()) throw InputError(fmt::format("no contender is called '{}'", name));
    return *found;
}

} // namespace

std::optional<std::string> ContenderKind::why_not(const Case& point) const {
    const bool once = point.vectors == 1;
    const Index most = point.nonlinear ? (once ? sinh_once : sinh_many) : (once ? linear_once : linear_many);
    if (point.rows * point.cols <= most) return std::nullopt;
    if (most == 0) return "not run: it cannot, or not in reasonable time";
    return fmt::format("not run: limited to {} cells here for its time or memory", most);
}

std::span<const ContenderKind> contender_kinds() {
    return kinds;
}

std::unique_ptr<Contender> make_contender(std::string_view name, const Problem& problem) {
    if (const auto baseline = baseline_named(name))
        return std::make_unique<DirectContender>(*baseline, problem);
    if (name == "port-matrix") return std::make_unique<PortMatrixContender>(problem);
    return std::make_unique<EngineContender>(engine_from_name(name), problem);
}

std::optional<Matrix<double>> reference_currents(const Problem& problem) {
    constexpr Index most_vectors = 4;
    Case alone = problem.point;
    alone.vectors = 1;
    if (kind_named("cholmod-amd").why_not(alone)) return std::nullopt;

    const NodalEquations equations(problem);
    const auto solver = make_direct_solver(Baseline::cholmod_amd);
    DirectNewton newton(equations, *solver);
    Matrix<double> i_col(std::min(most_vectors, equations.vectors()), problem.point.cols);
    std::vector<double> v(static_cast<std::size_t>(equations.unknowns()));
    for (Index k = 0; k < i_col.rows(); ++k) {
        newton.solve(k, 0.0, v); // until nothing is gained
        const Evaluation here = equations.evaluate(k, v);
        std::copy(here.i_col.begin(), here.i_col.end(), i_col.row(k).begin());
    }
    return i_col;
}

double largest_error(const Matrix<double>& i_col, const Matrix<double>& reference) {
    double largest = 0.0;
    for (Index k = 0; k < reference.rows(); ++k) {
        double error = 0.0, scale = 0.0;
        for (Index l = 0; l < reference.cols(); ++l) {
            error = std::max(error, std::abs(i_col(k, l) - reference(k, l)));
            scale = std::max(scale, std::abs(reference(k, l)));
        }
        largest = std::max(largest, error / scale);
    }
    return largest;
}

} // namespace ohmloom::benchmarks
