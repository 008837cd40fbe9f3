// What this machine can do, by the smallest loops that show it; compiled once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "machine_kernels.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "machine_kernels.hpp"
#include "paired_timing.hpp"
#include "single_thread.hpp"

#include <cblas.h>

#include <algorithm>
#include <memory>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace ohmloom::benchmarks::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

void update(double factor, const double* HWY_RESTRICT b, double* HWY_RESTRICT a, Index count) {
    const hn::ScalableTag<double> tag;
    const auto width = static_cast<Index>(hn::Lanes(tag));
    const auto c = hn::Set(tag, factor);
    for (Index i = 0; i + width <= count; i += width)
        hn::Store(hn::MulAdd(c, hn::Load(tag, a + i), hn::Load(tag, b + i)), tag, a + i);
}

/// Runs `steps` rounds of as many independent multiply-adds as hide their latency. Returns the operations done; `sink` keeps
/// the compiler from dropping them.
template <class T>
double multiply_add(Index steps, T& sink) {
    const hn::ScalableTag<T> tag;
    const auto x = hn::Set(tag, T(0.999)), y = hn::Set(tag, T(0.001));
    // Every chain starts somewhere else: the compiler would make one of those that are alike.
    const auto start = [&](int chain) HWY_ATTR { return hn::Set(tag, static_cast<T>(chain)); };
    auto a = start(0), b = start(1), c = start(2), d = start(3), e = start(4), f = start(5), g = start(6),
         h = start(7), i = start(8), j = start(9);
    for (Index step = 0; step < steps; ++step) {
        a = hn::MulAdd(a, x, y);
        b = hn::MulAdd(b, x, y);
        c = hn::MulAdd(c, x, y);
        d = hn::MulAdd(d, x, y);
        e = hn::MulAdd(e, x, y);
        f = hn::MulAdd(f, x, y);
        g = hn::MulAdd(g, x, y);
        h = hn::MulAdd(h, x, y);
        i = hn::MulAdd(i, x, y);
        j = hn::MulAdd(j, x, y);
    }
    const auto left = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, d)), hn::Add(hn::Add(e, f), hn::Add(g, h)));
    sink = hn::GetLane(hn::SumOfLanes(tag, hn::Add(left, hn::Add(i, j))));
    constexpr double chains = 10.0;
    return 2.0 * chains * static_cast<double>(hn::Lanes(tag)) * static_cast<double>(steps);
}

double multiply_add_double(Index steps, double& sink) {
    return multiply_add<double>(steps, sink);
}
double multiply_add_single(Index steps, float& sink) {
    return multiply_add<float>(steps, sink);
}

const char* instructions() {
    return hwy::TargetName(HWY_TARGET);
}

} // namespace ohmloom::benchmarks::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ohmloom::benchmarks {

HWY_EXPORT(update);
HWY_EXPORT(multiply_add_double);
HWY_EXPORT(multiply_add_single);
HWY_EXPORT(instructions);

namespace {

constexpr int tries = 15; // the best counts: whatever else the machine does only slows

template <class T, class Kernel>
double peak(const Kernel& kernel) {
    constexpr Index steps = 2'000'000;
    double best = 0.0;
    for (int i = 0; i < tries; ++i) {
        double operations = 0.0;
        volatile T kept{};
        const Times times = time_calls([&] {
            T sink{};
            operations = kernel(steps, sink);
            kept = sink;
        });
        best = std::max(best, operations / times.cpu);
    }
    return best;
}

} // namespace

double update_bandwidth(Index bytes) {
    constexpr Index cache_line = 64 / sizeof(double);
    constexpr double enough = 2e8; // [bytes] per try
    const Index count = bytes / (2 * static_cast<Index>(sizeof(double))) / cache_line * cache_line;
    std::vector<double> storage(static_cast<std::size_t>(2 * count + 2 * cache_line), 1.0);
    void* begin = storage.data();
    std::size_t space = storage.size() * sizeof(double);
    auto* a = static_cast<double*>(std::align(64, sizeof(double), begin, space));
    const double* b = a + count;
    const double moved = 24.0 * static_cast<double>(count);
    const int repeats = std::max(1, static_cast<int>(enough / moved));
    double best = 0.0;
    for (int i = 0; i < tries; ++i) {
        const Times times = time_calls([&] { HWY_DYNAMIC_DISPATCH(update)(0.5, b, a, count); }, repeats);
        best = std::max(best, moved / times.cpu);
    }
    return best;
}

double double_peak() {
    return peak<double>(
        [](Index steps, double& sink) { return HWY_DYNAMIC_DISPATCH(multiply_add_double)(steps, sink); });
}

double single_peak() {
    return peak<float>(
        [](Index steps, float& sink) { return HWY_DYNAMIC_DISPATCH(multiply_add_single)(steps, sink); });
}

double dgemm_rate(Index side) {
    const SingleThread one_thread;
    const int n = static_cast<int>(side);
    const Matrix<double> a(side, side, 0.5), b(side, side, 0.25);
    Matrix<double> c(side, side);
    double best = 0.0;
    for (int i = 0; i < tries; ++i) {
        const Times times = time_calls([&] {
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a.data(), n, b.data(), n,
                        0.0, c.data(), n);
        });
        best = std::max(best, 2.0 * static_cast<double>(side * side * side) / times.cpu);
    }
    return best;
}

std::string_view kernel_instructions() {
    return HWY_DYNAMIC_DISPATCH(instructions)();
}

} // namespace ohmloom::benchmarks
#endif
