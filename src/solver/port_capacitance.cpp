#include "solver/port_capacitance.hpp"

#include "array/array_nodes.hpp"
#include "base/dense.hpp"
#include "base/errors.hpp"
#include "solver/transient_system.hpp"

#include <algorithm>
#include <utility>

namespace ohmloom {

namespace {

/// Settled node voltages per volt at each of some ports: [ports x rows·sites], [ports x rows·lines].
struct PortFields {
    Matrix<double> w, b;
};

/// Ports one after the other.
struct PortBlock {
    Index begin = 0, end = 0;
    [[nodiscard]] Index size() const { return end - begin; }
};

/// Solves the array for its ports.
class Fields {
public:
    Fields(const Crossbar& crossbar, const TransientSystem& system, SolveOptions options)
        : crossbar_(crossbar), system_(system), options_(options) {
        options_.fields = true;
        options_.tolerance = std::min(options_.tolerance, 1e-11);
    }

    [[nodiscard]] Index ports() const { return crossbar_.rows() + crossbar_.lines(); }

    [[nodiscard]] PortFields of(const PortBlock& block) const {
        const Crossbar& extended = *system_.extended;
        Drive drive{Matrix<double>(block.size(), extended.rows()), {}};
        drive.v_col_each = Matrix<double>(block.size(), extended.lines());
        const Index first_line = system_.first_site * crossbar_.lines_per_site;
        for (Index k = 0; k < block.size(); ++k) {
            const Index port = block.begin + k, line = port - crossbar_.rows();
            if (line < 0) {
                drive.v_row(k, system_.first_row + port) = 1.0;
            } else {
                drive.v_col_each(k, first_line + line) = 1.0;
            }
        }
        ArraySolution solution = solve_array(extended, drive, options_);
        return {std::move(solution.v_w), std::move(solution.v_b)};
    }

private:
    const Crossbar& crossbar_;
    const TransientSystem& system_;
    SolveOptions options_;
};

/// Adds what capacitors between two nodes carry to both of their charges.
void join(double c, double va, double vb, double& qa, double& qb) {
    qa += c * (va - vb);
    qb += c * (vb - va);
}

/// C·v of one port's fields.
void charge_nodes(const TransientSystem& system, std::span<const double> w, std::span<const double> b,
                  std::span<double> qw, std::span<double> qb) {
    const Index rows = system.extended->rows(), sites = system.extended->sites(),
                lines = system.extended->lines(), per_site = system.extended->lines_per_site;
    const auto at = [](Index i) { return static_cast<std::size_t>(i); };
    for (std::size_t i = 0; i < w.size(); ++i) qw[i] = system.row_ground[i] * w[i];
    for (std::size_t i = 0; i < b.size(); ++i) qb[i] = system.col_ground[i] * b[i];
    for (Index r = 0; r < rows; ++r) {
        for (Index s = 0; s < sites; ++s) {
            const std::size_t i = at(r * sites + s);
            if (!system.row_next.empty() && r + 1 < rows)
                join(system.row_next[i], w[i], w[i + at(sites)], qw[i], qw[i + at(sites)]);
        }
        for (Index l = 0; l < lines; ++l) {
            const std::size_t i = at(r * lines + l), row_node = at(r * sites + l / per_site);
            if (!system.col_next.empty() && l + 1 < lines)
                join(system.col_next[i], b[i], b[i + 1], qb[i], qb[i + 1]);
            if (!system.cell.empty()) join(system.cell[i], w[row_node], b[i], qw[row_node], qb[i]);
        }
    }
}

PortFields charges_of(const TransientSystem& system, const PortFields& fields) {
    PortFields charges{Matrix<double>(fields.w.rows(), fields.w.cols()),
                       Matrix<double>(fields.b.rows(), fields.b.cols())};
    for (Index k = 0; k < fields.w.rows(); ++k)
        charge_nodes(system, fields.w.row(k), fields.b.row(k), charges.w.row(k), charges.b.row(k));
    return charges;
}

} // namespace

Matrix<double> port_capacitance(const Crossbar& crossbar, const SolveOptions& options) {
    validate(crossbar);
    if (!is_linear(crossbar.cell)) throw InputError("a port's capacitance needs linear cells");
    if (!is_line_system(crossbar))
        throw InputError("a port's capacitance needs chains: the array has shorted cells, cut-off parts or "
                         "lines joined in part");
    const TransientSystem system = make_transient_system(crossbar);
    const Fields fields(crossbar, system, options);
    const Index nodes = system.extended->rows() * (system.extended->sites() + system.extended->lines());
    // Blocks of ports against each other: as many as three blocks of which fit into 2^26 numbers, all at once if they do.
    const Index block = std::clamp<Index>((Index{1} << 26) / (3 * nodes), 1, fields.ports());
    Matrix<double> k(fields.ports(), fields.ports());
    for (Index i = 0; i < fields.ports(); i += block) {
        const PortBlock columns{i, std::min(i + block, fields.ports())};
        const PortFields mine = fields.of(columns), charges = charges_of(system, mine);
        for (Index j = i; j < fields.ports(); j += block) {
            const PortBlock rows{j, std::min(j + block, fields.ports())};
            const PortFields other = j == i ? mine : fields.of(rows);
            const Matrix<double> by_rows = multiply_transposed(other.w, charges.w),
                                 by_lines = multiply_transposed(other.b, charges.b);
            for (Index a = 0; a < rows.size(); ++a) {
                for (Index c = 0; c < columns.size(); ++c)
                    k(j + a, i + c) = k(i + c, j + a) = by_rows(a, c) + by_lines(a, c);
            }
        }
    }
    return k;
}

} // namespace ohmloom
