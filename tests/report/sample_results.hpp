#pragma once

#include "store/hdf5.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace ohmloom::testing {

using WriteMore = std::function<void(Hdf5Writer&)>;

/// What both kinds of result have, for rows of these accuracies and powers; four images of classes 0, 1, 2, 2, the last taken for 0 by every row.
inline void write_points(Hdf5Writer& writer, const std::vector<double>& accuracy,
                         const std::vector<double>& power) {
    std::vector<double> low, high;
    for (const double a : accuracy) {
        low.push_back(a - 0.05);
        high.push_back(a + 0.02);
    }
    const auto rows = static_cast<Index>(accuracy.size());
    writer.set_attribute("/", "version", "1.2.3");
    writer.write_text("/study", "# a study\n");
    writer.write("/seed", std::int64_t{7}, "1");
    writer.write("/labels", std::vector<std::uint8_t>{0, 1, 2, 2}, "1");
    writer.write("/points/accuracy", accuracy, "1");
    writer.write("/points/accuracy_low", low, "1");
    writer.write("/points/accuracy_high", high, "1");
    writer.write("/points/power_w", power, "W");
    writer.write("/points/converged", std::vector<double>(accuracy.size(), 1.0), "1");
    Matrix<std::uint8_t> classes(rows, 4);
    for (Index r = 0; r < rows; ++r) {
        classes(r, 1) = 1;
        classes(r, 2) = 2;
    }
    writer.write("/points/classes", classes, "1");
}

/// A run of two schemes, the second more accurate.
inline std::filesystem::path write_sample_run(const TemporaryFolder& folder, const WriteMore& more = {}) {
    const std::filesystem::path file = folder / "run.h5";
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-run-1");
    write_points(writer, {0.5, 0.75}, {1e-3, 2e-3});
    writer.write("/points/horizontal", Matrix<double>(2, 2, {4, 1, 16, 8}), "1");
    writer.write("/points/vertical", Matrix<double>(2, 2, {1, 0, 8, 1}), "1");
    writer.write_texts("/points/device", {"linear", "linear"});
    if (more) more(writer);
    writer.commit();
    return file;
}

/// A sweep of two resistances, two devices and two repetitions; the last of its nine points failed and has no row.
inline std::filesystem::path write_sample_sweep(const TemporaryFolder& folder, const WriteMore& more = {}) {
    const std::filesystem::path file = folder / "sweep.h5";
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-sweep-1");
    write_points(writer, {0.90, 0.92, 0.80, 0.84, 0.70, 0.72, 0.60, 0.62}, {4, 4, 1, 1, 3, 3, 2, 2});
    writer.write_texts("/axes/names", {"array.r_row", "device.model", "seed"});
    writer.write("/coordinates/array.r_row", std::vector<double>{1, 1, 1, 1, 50, 50, 50, 50}, "Ohm");
    writer.set_attribute("/coordinates/array.r_row", "kind", "log");
    writer.write_texts("/coordinates/device.model",
                       {"mram", "mram", "pcm", "pcm", "mram", "mram", "pcm", "pcm"});
    writer.set_attribute("/coordinates/device.model", "kind", "list");
    writer.write("/coordinates/seed", std::vector<double>{1, 2, 1, 2, 1, 2, 1, 2}, "1");
    writer.set_attribute("/coordinates/seed", "kind", "repeat");
    writer.write("/points/point", std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7}, "1");
    writer.write("/sweep/status", std::vector<double>{0, 0, 0, 1, 0, 0, 0, 0, 2}, "1");
    writer.write_texts("/sweep/message", {"", "", "", "slow", "", "", "", "", "no such card"});
    writer.write("/sweep/seed", std::vector<double>(9, 7), "1");
    writer.write("/timing/wall_s", std::vector<double>(9, 0.5), "s");
    writer.write_text("/provenance/host", "lab");
    if (more) more(writer);
    writer.commit();
    return file;
}

/// A map of the second point: one row, one output of two lines, errors 0.1 V and 0.3 V over two images.
inline void write_sample_map(Hdf5Writer& writer) {
    writer.write("/maps/0/v_w", Matrix<double>(1, 1, {0.5}), "V");
    writer.write("/maps/0/v_b", Matrix<double>(1, 2, {0.1, 0.2}), "V");
    writer.write("/maps/0/i_cell", Matrix<double>(1, 2, {4e-6, 3e-6}), "A");
    writer.write("/maps/0/outputs", Matrix<double>(2, 1, {1.1, 2.3}), "V");
    writer.write("/maps/0/outputs_ideal", Matrix<double>(2, 1, {1.0, 2.0}), "V");
    const std::vector<std::pair<const char*, std::int64_t>> place{
        {"point", 1}, {"layer", 0}, {"tile", 3}, {"image", 1}, {"lines_per_output", 2}};
    for (const auto& [name, value] : place) writer.set_attribute("/maps/0", name, value);
}

} // namespace ohmloom::testing
