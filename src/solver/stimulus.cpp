#include "solver/stimulus.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <numbers>

namespace ohmloom {

TimedSource::TimedSource(const Stimulus& stimulus, double dc, const StimulusDefaults& defaults)
    : kind_(stimulus.waveform.kind), dc_(dc), arguments_(stimulus.waveform.arguments) {
    const std::size_t given = arguments_.size();
    const auto fill = [&](std::initializer_list<double> otherwise) {
        arguments_.resize(2 + otherwise.size(), 0.0);
        std::size_t k = 2;
        for (const double value : otherwise) {
            if (k >= given || arguments_[k] == 0.0) arguments_[k] = value;
            ++k;
        }
    };
    if (kind_ == WaveformKind::pulse) {
        fill({0.0, defaults.step, defaults.step, defaults.stop, defaults.stop});
    } else if (kind_ == WaveformKind::sine) {
        fill({1.0 / defaults.stop, 0.0, 0.0, 0.0});
    } else if (kind_ == WaveformKind::exp) {
        fill({defaults.step, defaults.step, 0.0, defaults.step});
        if (given < 5 || arguments_[4] == 0.0) arguments_[4] = arguments_[2] + defaults.step;
    }
}

std::size_t TimedSource::point_after(double time) const {
    std::size_t low = 0, high = arguments_.size() / 2;
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (arguments_[2 * middle] <= time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

double TimedSource::value(double time) const {
    const std::vector<double>& a = arguments_;
    switch (kind_) {
    case WaveformKind::none:
        break;
    case WaveformKind::pulse: {
        double t = time - a[2];
        if (t > a[6]) t -= a[6] * std::floor(t / a[6]);
        const double high_end = a[3] + a[5];
        if (t <= 0.0 || t >= high_end + a[4]) return a[0];
        if (t < a[3]) return a[0] + (a[1] - a[0]) * t / a[3];
        return t <= high_end ? a[1] : a[1] + (a[0] - a[1]) * (t - high_end) / a[4];
    }
    case WaveformKind::sine: {
        const double t = std::max(0.0, time - a[3]);
        const double angle = 2.0 * std::numbers::pi * a[2] * t + a[5] * std::numbers::pi / 180.0;
        return a[0] + a[1] * std::sin(angle) * std::exp(-t * a[4]);
    }
    case WaveformKind::exp: {
        double value = a[0];
        if (time > a[2]) value += (a[1] - a[0]) * (1.0 - std::exp(-(time - a[2]) / a[3]));
        if (time > a[4]) value += (a[0] - a[1]) * (1.0 - std::exp(-(time - a[4]) / a[5]));
        return value;
    }
    case WaveformKind::pwl: {
        const std::size_t next = point_after(time), points = a.size() / 2;
        if (next == 0) return a[1];
        if (next == points) return a[2 * points - 1];
        const double t0 = a[2 * next - 2], t1 = a[2 * next];
        return a[2 * next - 1] + (a[2 * next + 1] - a[2 * next - 1]) * (time - t0) / (t1 - t0);
    }
    }
    return dc_;
}

std::optional<double> TimedSource::next_corner(double time) const {
    const std::vector<double>& a = arguments_;
    std::optional<double> next;
    const auto offer = [&](double corner) {
        if (corner > time && (!next || corner < *next)) next = corner;
    };
    switch (kind_) {
    case WaveformKind::none:
        break;
    case WaveformKind::pulse: {
        // Two periods from the one that `time` is in: rounding may put it at the end of the one before.
        const double period = std::max(0.0, std::floor((time - a[2]) / a[6]));
        for (const double k : {period - 1.0, period, period + 1.0}) {
            if (k < 0.0) continue;
            const double begin = a[2] + k * a[6];
            for (const double corner : {0.0, a[3], a[3] + a[5], a[3] + a[5] + a[4]}) {
                if (corner <= a[6]) offer(begin + corner);
            }
        }
        break;
    }
    case WaveformKind::sine:
        offer(a[3]);
        break;
    case WaveformKind::exp:
        offer(a[2]);
        offer(a[4]);
        break;
    case WaveformKind::pwl:
        if (const std::size_t point = point_after(time); 2 * point < a.size()) offer(a[2 * point]);
        break;
    }
    return next;
}

} // namespace ohmloom
