#pragma once

#include "problem.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ohmloom::benchmarks {

/// What a contender found.
struct Answer {
    Matrix<double> i_col;    ///< [vectors x cols] [A]
    double residual = 0.0;   ///< largest of all vectors
    double iterations = 0.0; ///< mean of all vectors
};

/// One way to solve a problem. Only run() is timed, and it starts over every time.
class Contender {
public:
    virtual ~Contender() = default;

    /// Solves the problem once. @throws BackendError if it cannot.
    virtual void run() = 0;

    /// What the last run() found.
    [[nodiscard]] virtual Answer answer() const = 0;
};

/// A kind of contender, and what it can be asked.
struct ContenderKind {
    std::string_view
        name; ///< an engine of `solve_array`, "port-matrix", "klu", "cholmod-amd" or "cholmod-metis"

    // Largest numbers of cells that are run; beyond, a run would take minutes or more memory than it is worth.
    Index linear_once = 0;
    Index linear_many = 0; ///< more than one vector
    Index sinh_once = 0;
    Index sinh_many = 0;

    /// Why a case is not run, if it is not.
    [[nodiscard]] std::optional<std::string> why_not(const Case& point) const;
};

/// All kinds, native engines first.
std::span<const ContenderKind> contender_kinds();

/// A contender of one kind, with all that is not its work (matrices in the solver's own format) done beforehand. The
/// problem must outlive it.
std::unique_ptr<Contender> make_contender(std::string_view name, const Problem& problem);

/// The currents of the first few vectors to the last digits, by CHOLMOD and refinement; nothing if CHOLMOD is not run on
/// such a case.
std::optional<Matrix<double>> reference_currents(const Problem& problem);

/// Largest error of column currents, relative to the largest of each vector, over the vectors of the reference.
double largest_error(const Matrix<double>& i_col, const Matrix<double>& reference);

} // namespace ohmloom::benchmarks
