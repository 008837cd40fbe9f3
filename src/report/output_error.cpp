#include "report/output_error.hpp"

#include "report/row_groups.hpp"

#include <algorithm>
#include <cmath>

namespace ohmloom {

OutputError output_error(const ResultMap& map, Index bins) {
    OutputError error;
    const Index images = map.outputs.rows(), outputs = map.outputs.cols();
    if (images == 0 || outputs == 0) return error;
    std::vector<double> all;
    for (Index o = 0; o < outputs; ++o) {
        std::vector<double> column;
        double sum = 0.0, squares = 0.0;
        for (Index k = 0; k < images; ++k) {
            column.push_back(map.outputs(k, o) - map.outputs_ideal(k, o));
            sum += column.back();
            squares += column.back() * column.back();
        }
        error.mean.push_back(sum / static_cast<double>(images));
        error.rms.push_back(std::sqrt(squares / static_cast<double>(images)));
        std::ranges::sort(column);
        error.low.push_back(quantile(column, 0.025));
        error.high.push_back(quantile(column, 0.975));
        all.insert(all.end(), column.begin(), column.end());
    }
    const auto [least, greatest] = std::ranges::minmax(all);
    if (least == greatest) bins = 1;
    for (Index b = 0; b <= bins; ++b)
        error.edges.push_back(std::lerp(least, greatest, static_cast<double>(b) / static_cast<double>(bins)));
    error.counts.assign(static_cast<std::size_t>(bins), 0);
    for (const double value : all) {
        const double place =
            least == greatest ? 0.0 : (value - least) / (greatest - least) * static_cast<double>(bins);
        ++error.counts[std::min(static_cast<std::size_t>(place), error.counts.size() - 1)];
    }
    return error;
}

} // namespace ohmloom
