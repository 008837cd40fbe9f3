#include "inference/programmed_tile.hpp"

#include "base/result_cache.hpp"
#include "devicemodels/device_library.hpp"
#include "store/fingerprint.hpp"

#include <fmt/format.h>

#include <utility>

namespace ohmloom {

namespace {

template <class T>
std::size_t bytes_of(const Matrix<T>& matrix) {
    return sizeof(T) * matrix.values().size();
}

std::size_t bytes_of_cells(const ProgrammedCells& cells) {
    return sizeof cells + bytes_of(cells.asked) + bytes_of(cells.state) + bytes_of(cells.pulses) +
           bytes_of(cells.energy) + bytes_of(cells.reached);
}

std::size_t bytes_of_tile(const ProgrammedTile& tile) {
    return sizeof tile + bytes_of(tile.g) + bytes_of(tile.shape);
}

ProgrammedTile as_found(ProgrammedArray array) {
    const ConductanceError error = conductance_error(array);
    const double compensation = drift_compensation(array);
    return {std::move(array.cell), std::move(array.g), std::move(array.shape), error, compensation};
}

/// Names the cells of a tile right after programming.
std::string cells_name(const Matrix<double>& target, const std::string& programming, std::uint32_t tile) {
    Fingerprint print;
    print.add(programming);
    print.add_count(tile);
    print.add_count(static_cast<std::uint64_t>(target.rows()));
    print.add(target.values());
    return print.finish();
}

} // namespace

std::string programming_name(const DeviceUse& devices) {
    const ProgrammingOptions& options = devices.programming;
    return fmt::format("{} {} {} {} {}", card_fingerprint(devices.model->card()),
                       static_cast<int>(options.scheme.kind), options.scheme.tolerance,
                       options.scheme.max_pulses, options.seed);
}

std::string reading_name(const DeviceUse& devices) {
    const ProgrammingOptions& options = devices.programming;
    return fmt::format("{} {} {} {}", options.read.time, options.read.temperature, options.read_noise,
                       options.read_number);
}

std::shared_ptr<const ProgrammedTile> program_tile(const Matrix<double>& target, const DeviceUse& devices,
                                                   const std::string& programming, std::uint32_t tile,
                                                   const std::shared_ptr<ResultCache>& shared) {
    ProgrammingOptions options = devices.programming;
    options.tile = tile;
    const DeviceModel& model = *devices.model;
    if (!shared)
        return std::make_shared<const ProgrammedTile>(as_found(program_array(target, model, options)));
    const std::string name = cells_name(target, programming, tile);
    const auto read = [&] {
        const auto cells = shared->get<ProgrammedCells>(
            "programmed cells " + name, [&] { return program_cells(target, model, options); },
            bytes_of_cells);
        return as_found(read_cells(*cells, model, options));
    };
    return shared->get<ProgrammedTile>(fmt::format("read cells {} {}", name, reading_name(devices)), read,
                                       bytes_of_tile);
}

} // namespace ohmloom
