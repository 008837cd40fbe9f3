#include "inference/charging.hpp"

namespace ohmloom {

std::vector<double> row_capacitance(const LayerArrays& layer) {
    std::vector<double> sums(static_cast<std::size_t>(layer.rows), 0.0);
    for (std::size_t t = 0; t < layer.tiles.size(); ++t) {
        const Crossbar& crossbar = layer.crossbars[t];
        const ArrayCapacitance& c = crossbar.capacitance;
        const double ends = crossbar.row_ends == TiedEnds::both ? 2.0 : 1.0;
        for (Index r = 0; r < crossbar.rows(); ++r) {
            const double neighbours = (r > 0 ? 1.0 : 0.0) + (r + 1 < crossbar.rows() ? 1.0 : 0.0);
            sums[static_cast<std::size_t>(layer.tiles[t].inputs.begin + r)] +=
                static_cast<double>(crossbar.sites()) * (c.row_ground + neighbours * c.row_coupling) +
                static_cast<double>(crossbar.lines()) * c.cell + ends * c.driver;
        }
    }
    return sums;
}

double charging_energy(const LayerArrays& layer, const Matrix<double>& v, ImageSequence sequence) {
    const std::vector<double> c = row_capacitance(layer);
    double energy = 0.0;
    for (Index k = 0; k < v.rows(); ++k) {
        const bool from_rest = k == 0 || sequence == ImageSequence::reset;
        for (Index r = 0; r + 1 < v.cols(); ++r) {
            const double before = from_rest ? 0.0 : v(k - 1, r);
            energy += c[static_cast<std::size_t>(r)] * v(k, r) * (v(k, r) - before);
        }
    }
    return v.rows() == 0 ? 0.0 : energy / static_cast<double>(v.rows());
}

} // namespace ohmloom
