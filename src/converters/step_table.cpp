#include "converters/step_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ohmloom {

namespace {

constexpr double largest = std::numeric_limits<double>::max(); // below the +inf that closes the edges

} // namespace

/// Written so that NaN goes to the lowest bucket.
inline std::uint32_t StepTable::bucket(double x) const {
    const double place = (x - low_) * per_input_;
    return static_cast<std::uint32_t>(place > 0.0 ? std::min(place, last_bucket_) : 0.0);
}

StepTable::StepTable(const CodeSteps& steps) : edges_(steps.edges), codes_(steps.codes) {
    OHMLOOM_ASSERT(steps.edges.size() < (std::size_t{1} << 16));
    edges_.push_back(std::numeric_limits<double>::infinity());
    const auto edges = std::span(steps.edges);
    low_ = edges.empty() ? 0.0 : edges.front();
    const double width = edges.empty() ? 0.0 : edges.back() - edges.front();
    for (std::size_t k = 1; k < codes_.size(); ++k)
        consecutive_ = consecutive_ && codes_[k] == codes_[0] + static_cast<std::int32_t>(k);
    // Even edges need no more than two buckets each; uneven ones get more, as long as they stay in the nearest cache.
    constexpr std::size_t many = 2048;
    for (std::size_t buckets = std::max<std::size_t>(1, 2 * edges.size());; buckets *= 2) {
        const double rate = static_cast<double>(buckets) / width;
        per_input_ = std::isfinite(rate) ? rate : 0.0;
        last_bucket_ = static_cast<double>(buckets - 1);
        std::vector<std::uint16_t> held(buckets, 0);
        for (const double edge : edges) ++held[bucket(edge)];
        depth_ = *std::ranges::max_element(held);
        first_.assign(buckets, 0);
        for (std::size_t b = 1; b < buckets; ++b)
            first_[b] = static_cast<std::uint16_t>(first_[b - 1] + held[b - 1]);
        if (depth_ <= 1 || 2 * buckets > std::max(many, 8 * edges.size())) break;
    }
}

template <int depth, bool consecutive>
void StepTable::convert_within(const double* x, std::int32_t* codes, Index count, Index stride) const {
    const std::int32_t lowest = codes_.front();
    for (Index k = 0; k < count; ++k) {
        const double value = std::min(x[k * stride], largest);
        std::size_t piece = first_[bucket(value)];
        for (int step = 0; step < depth; ++step) piece += static_cast<std::size_t>(edges_[piece] <= value);
        codes[k * stride] = consecutive ? lowest + static_cast<std::int32_t>(piece) : codes_[piece];
    }
}

void StepTable::convert(const double* x, std::int32_t* codes, Index count, Index stride) const {
    const auto within = [&]<int depth>() {
        consecutive_ ? convert_within<depth, true>(x, codes, count, stride)
                     : convert_within<depth, false>(x, codes, count, stride);
    };
    switch (depth_) {
    case 0:
    case 1:
        return within.template operator()<1>();
    case 2:
        return within.template operator()<2>();
    case 3:
        return within.template operator()<3>();
    default:
        for (Index k = 0; k < count; ++k) codes[k * stride] = code(x[k * stride]);
    }
}

std::int32_t StepTable::code(double x) const {
    const double value = std::min(x, largest); // NaN stays NaN, and is below no edge
    const std::uint32_t at = bucket(value);
    std::size_t low = first_[at];
    const std::size_t end = at + 1 < first_.size() ? first_[at + 1] : edges_.size() - 1;
    if (end - low > 8) {
        const auto from = edges_.begin() + static_cast<Index>(low),
                   to = edges_.begin() + static_cast<Index>(end);
        const auto above = std::partition_point(from, to, [&](double edge) { return edge <= value; });
        return codes_[static_cast<std::size_t>(above - edges_.begin())];
    }
    while (low < end && edges_[low] <= value) ++low;
    return codes_[low];
}

} // namespace ohmloom
