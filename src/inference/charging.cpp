#include "inference/charging.hpp"

#include "base/dense.hpp"
#include "base/parallel.hpp"
#include "inference/layer_response.hpp"
#include "solver/port_capacitance.hpp"

#include <algorithm>
#include <numeric>

namespace ohmloom {

namespace {

/// One tile's form, [rows x rows].
Matrix<double> tile_form(const Crossbar& crossbar, std::span<const StagePort> stages,
                         const SolveOptions& options) {
    const PortMatrix ports = port_matrix(crossbar, options);
    const Matrix<double> potentials = terminal_potentials(ports, close_stages(ports, stages));
    const Matrix<double> charge = multiply(port_capacitance(crossbar, options), potentials);
    Matrix<double> form(crossbar.rows(), crossbar.rows());
    for (Index r = 0; r < form.rows(); ++r)
        std::copy_n(charge.row(r).begin(), form.cols(), form.row(r).begin());
    return form;
}

} // namespace

Matrix<double> charging_form(const LayerArrays& layer, const SolveOptions& options) {
    std::vector<Matrix<double>> forms(layer.tiles.size());
    parallel_for(static_cast<Index>(forms.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        forms[at] = tile_form(layer.crossbars[at], layer.stages_of(at), options);
    });
    Matrix<double> joined(layer.rows, layer.rows);
    for (std::size_t t = 0; t < forms.size(); ++t) {
        const Index first = layer.tiles[t].inputs.begin;
        for (Index r = 0; r < forms[t].rows(); ++r) {
            for (Index c = 0; c < forms[t].cols(); ++c) joined(first + r, first + c) += forms[t](r, c);
        }
    }
    return joined;
}

double charging_energy(const Matrix<double>& form, const Matrix<double>& v, ImageSequence sequence) {
    if (v.rows() == 0) return 0.0;
    const Index bias = v.cols() - 1;
    Matrix<double> change(v.rows(), v.cols());
    for (Index k = 0; k < v.rows(); ++k) {
        const bool from_rest = k == 0 || sequence == ImageSequence::reset;
        for (Index r = 0; r < bias; ++r) change(k, r) = v(k, r) - (from_rest ? 0.0 : v(k - 1, r));
    }
    const Matrix<double> charge = multiply_transposed(change, form);
    return std::inner_product(v.values().begin(), v.values().end(), charge.values().begin(), 0.0) /
           static_cast<double>(v.rows());
}

} // namespace ohmloom
