#include "study/run_file.hpp"

#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

template <class T>
std::vector<T> column(const RunResult& result, const std::function<T(const RunPoint&)>& figure) {
    std::vector<T> values;
    for (const RunPoint& point : result.points) values.push_back(figure(point));
    return values;
}

/// One row per scheme, one column per layer; schemes with fewer layers are padded with 0.
Matrix<double> layer_table(const RunResult& result,
                           const std::function<double(const RunPoint&, std::size_t)>& figure) {
    std::size_t layers = 0;
    for (const RunPoint& point : result.points) layers = std::max(layers, point.partitions.size());
    Matrix<double> table(static_cast<Index>(result.points.size()), static_cast<Index>(layers));
    for (std::size_t p = 0; p < result.points.size(); ++p) {
        for (std::size_t l = 0; l < result.points[p].partitions.size(); ++l) {
            table(static_cast<Index>(p), static_cast<Index>(l)) = figure(result.points[p], l);
        }
    }
    return table;
}

Matrix<std::uint8_t> class_table(const RunResult& result) {
    Matrix<std::uint8_t> table(static_cast<Index>(result.points.size()), result.images);
    for (std::size_t p = 0; p < result.points.size(); ++p) {
        std::copy(result.points[p].classes.begin(), result.points[p].classes.end(),
                  table.row(static_cast<Index>(p)).begin());
    }
    return table;
}

/// Accuracy of a run with converters in every arithmetic, and the fixed-point unit's errors: [points x layers], step by step.
void write_units(Hdf5Writer& writer, const RunResult& result) {
    const MixedFigures& first = *result.points.front().mixed;
    for (std::size_t a = 0; a < first.arithmetic.size(); ++a) {
        writer.write(
            fmt::format("/points/accuracy_{}", name_of(first.arithmetic[a].arithmetic)),
            column<double>(result, [a](const RunPoint& p) { return p.mixed->arithmetic[a].accuracy; }), "1");
    }
    const auto layers = [&](const std::string& name, const char* unit,
                            const std::function<double(const MixedFigures&, std::size_t)>& figure) {
        writer.write(
            "/points/" + name,
            layer_table(result, [&](const RunPoint& p, std::size_t l) { return figure(*p.mixed, l); }), unit);
    };
    layers("output_step", "1", [](const MixedFigures& m, std::size_t l) { return m.output_step[l]; });
    if (first.layer_unit_error.empty()) return;
    for (const UnitStep& step : unit_steps) {
        const auto put = [&](std::string_view what, double StepError::*value) {
            layers(fmt::format("unit_error_{}_{}", step.name, what), "output step",
                   [=](const MixedFigures& m, std::size_t l) {
                       return m.layer_unit_error[l].*step.error.*value;
                   });
        };
        put("rms", &StepError::rms);
        put("largest", &StepError::largest);
    }
    layers("unit_limited", "1",
           [](const MixedFigures& m, std::size_t l) { return m.layer_unit_error[l].limited; });
}

/// What a run with converters tells beside the rest.
void write_converters(Hdf5Writer& writer, const RunResult& result) {
    const auto numbers = [&](const std::string& path, const char* unit,
                             const std::function<double(const MixedFigures&)>& figure) {
        writer.write("/points/" + path,
                     column<double>(result, [&](const RunPoint& point) { return figure(*point.mixed); }),
                     unit);
    };
    for (std::size_t f = 0; f < result.points.front().mixed->alone.size(); ++f) {
        const std::string name(name_of(result.points.front().mixed->alone[f].flaw));
        numbers("accuracy_" + name + "_alone", "1",
                [f](const MixedFigures& m) { return m.alone[f].accuracy; });
    }
    const std::vector<std::pair<std::string, ComponentCost MixedCost::*>> components{
        {"arrays", &MixedCost::arrays},
        {"stages", &MixedCost::stages},
        {"dac", &MixedCost::dac},
        {"adc", &MixedCost::adc},
        {"digital", &MixedCost::digital}};
    for (const auto& [name, component] : components) {
        numbers("energy_" + name + "_j", "J",
                [c = component](const MixedFigures& m) { return (m.cost.*c).energy; });
        numbers("area_" + name + "_m2", "m2",
                [c = component](const MixedFigures& m) { return (m.cost.*c).area; });
    }
    numbers("energy_all_j", "J", [](const MixedFigures& m) { return m.cost.total().energy; });
    numbers("area_all_m2", "m2", [](const MixedFigures& m) { return m.cost.total().area; });
    if (result.study.charge) {
        numbers("energy_capacitors_j", "J", [](const MixedFigures& m) { return m.cost.capacitors.energy; });
        numbers("accuracy_ideal_capacitors", "1",
                [](const MixedFigures& m) { return m.charge->accuracy_ideal_capacitors; });
        numbers("column_capacitance_f", "F", [](const MixedFigures& m) { return m.charge->capacitance; });
        numbers("column_noise_v", "V", [](const MixedFigures& m) { return m.charge->noise; });
        writer.write("/points/power_capacitors_w",
                     column<double>(result, [](const RunPoint& p) { return p.power.capacitors; }), "W");
    }
    numbers("latency_s", "s", [](const MixedFigures& m) { return m.cost.latency; });
    numbers("clipped", "1", [](const MixedFigures& m) { return m.clipped; });
    numbers("overflows", "1", [](const MixedFigures& m) { return static_cast<double>(m.overflows); });
    numbers("limited_registers", "1",
            [](const MixedFigures& m) { return static_cast<double>(m.limited_registers); });
    numbers("unit_error_largest", "1", [](const MixedFigures& m) { return m.unit_error.largest; });
    numbers("unit_error_mean", "1", [](const MixedFigures& m) { return m.unit_error.mean; });
    write_units(writer, result);
}

/// The tiles looked into, numbered: /maps/0, /maps/1, …
void write_maps(Hdf5Writer& writer, const RunResult& result) {
    int number = 0;
    for (std::size_t p = 0; p < result.points.size(); ++p) {
        for (const TileMap& map : result.points[p].maps) {
            const std::string group = fmt::format("/maps/{}", number++);
            writer.write(group + "/v_row", map.v_row, "V");
            writer.write(group + "/v_w", map.v_w, "V");
            writer.write(group + "/v_b", map.v_b, "V");
            writer.write(group + "/i_cell", map.i_cell, "A");
            writer.write(group + "/outputs", map.outputs, "V", Hdf5Storage::compressed);
            writer.write(group + "/outputs_ideal", map.outputs_ideal, "V", Hdf5Storage::compressed);
            writer.write(group + "/residual", map.residual, "1");
            const auto tell = [&](const char* name, Index value) {
                writer.set_attribute(group, name, static_cast<std::int64_t>(value));
            };
            tell("point", static_cast<Index>(p));
            tell("layer", map.where.layer);
            tell("tile", map.where.tile);
            tell("image", map.where.image);
            tell("lines_per_output", map.lines_per_site);
        }
    }
}

} // namespace

void write_run(const RunResult& result, std::string_view version, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-run-1");
    writer.set_attribute("/", "version", version);
    writer.write_text("/study", result.study.text);
    writer.write("/seed", static_cast<std::int64_t>(result.study.seed), "1");
    writer.write("/images", static_cast<std::int64_t>(result.images), "1");
    writer.write("/sample_time", result.study.timing.samples.front(), "s");
    writer.write("/labels", result.labels, "1");

    const auto numbers = [&](const char* path, const char* unit,
                             const std::function<double(const RunPoint&)>& figure) {
        writer.write(path, column<double>(result, figure), unit);
    };
    writer.write_texts("/points/network",
                       column<std::string>(result, [](const RunPoint& p) { return p.network; }));
    writer.write_texts("/points/network_training",
                       column<std::string>(result, [](const RunPoint& p) { return p.network_training; }));
    writer.write(
        "/points/horizontal",
        layer_table(result, [](const RunPoint& p,
                               std::size_t l) { return static_cast<double>(p.partitions[l].horizontal); }),
        "1");
    writer.write(
        "/points/vertical",
        layer_table(result, [](const RunPoint& p,
                               std::size_t l) { return static_cast<double>(p.partitions[l].vertical); }),
        "1");
    writer.write("/points/gain",
                 layer_table(result, [](const RunPoint& p, std::size_t l) { return p.gain[l]; }), "1");
    numbers("/points/tiles", "1", [](const RunPoint& p) { return static_cast<double>(p.tiles); });
    numbers("/points/accuracy", "1", [](const RunPoint& p) { return p.accuracy.value; });
    numbers("/points/accuracy_low", "1", [](const RunPoint& p) { return p.accuracy.low; });
    numbers("/points/accuracy_high", "1", [](const RunPoint& p) { return p.accuracy.high; });
    numbers("/points/accuracy_ideal_wires", "1", [](const RunPoint& p) { return p.accuracy_ideal_wires; });
    numbers("/points/accuracy_ideal_devices", "1",
            [](const RunPoint& p) { return p.accuracy_ideal_devices; });
    writer.write_texts("/points/device",
                       column<std::string>(result, [](const RunPoint& p) { return p.device; }));
    numbers("/points/read_time_s", "s", [](const RunPoint& p) { return p.read_time; });
    numbers("/points/temperature_k", "K", [](const RunPoint& p) { return p.temperature; });
    numbers("/points/g_error_mean_s", "S", [](const RunPoint& p) { return p.conductance.mean; });
    numbers("/points/g_error_spread_s", "S", [](const RunPoint& p) { return p.conductance.spread; });
    numbers("/points/g_error_worst_s", "S", [](const RunPoint& p) { return p.conductance.worst; });
    numbers("/points/drift_compensation", "1", [](const RunPoint& p) { return p.drift.mean; });
    numbers("/points/drift_compensation_least", "1", [](const RunPoint& p) { return p.drift.least; });
    numbers("/points/drift_compensation_greatest", "1", [](const RunPoint& p) { return p.drift.greatest; });
    numbers("/points/programming_pulses", "1", [](const RunPoint& p) { return p.conductance.pulses; });
    numbers("/points/programming_energy_j", "J", [](const RunPoint& p) { return p.conductance.energy; });
    numbers("/points/accuracy_software", "1", [](const RunPoint& p) { return p.accuracy_software; });
    numbers("/points/power_w", "W", [](const RunPoint& p) { return p.power.total(); });
    numbers("/points/power_cells_w", "W", [](const RunPoint& p) { return p.power.cells; });
    numbers("/points/power_wires_w", "W", [](const RunPoint& p) { return p.power.wires; });
    numbers("/points/power_amplifiers_w", "W", [](const RunPoint& p) { return p.power.stages; });
    numbers("/points/sample_time_s", "s", [](const RunPoint& p) { return p.sample_time; });
    numbers("/points/energy_j", "J", [](const RunPoint& p) { return p.energy; });
    if (result.study.timing.sequence) {
        writer.write_text("/images_sequence",
                          *result.study.timing.sequence == ImageSequence::stream ? "stream" : "reset");
        numbers("/points/accuracy_settled", "1", [](const RunPoint& p) { return p.accuracy_settled; });
        numbers("/points/energy_charging_j", "J", [](const RunPoint& p) { return p.charging; });
        writer.write("/points/settling_time_s",
                     layer_table(result, [](const RunPoint& p, std::size_t l) { return p.settling[l]; }),
                     "s");
    }
    if (result.study.mixed) write_converters(writer, result);
    numbers("/points/residual_max", "1", [](const RunPoint& p) { return p.residual_max; });
    numbers("/points/converged", "1", [](const RunPoint& p) { return p.converged ? 1.0 : 0.0; });
    numbers("/points/wall_s", "s", [](const RunPoint& p) { return p.wall_time; });
    if (std::ranges::any_of(result.points, [](const RunPoint& p) { return p.tables.has_value(); })) {
        writer.write_texts("/points/tables", column<std::string>(result, [](const RunPoint& p) {
                               return p.tables ? p.tables->file : std::string();
                           }));
        numbers("/points/tables_error_largest_v", "V",
                [](const RunPoint& p) { return p.tables ? p.tables->error : 0.0; });
    }
    writer.write_texts("/points/engine", column<std::string>(result, [](const RunPoint& p) {
                           return std::string(to_string(p.engine));
                       }));
    if (std::ranges::any_of(result.points, [](const RunPoint& p) { return p.check.pairs > 0; })) {
        numbers("/points/cross_check_pairs", "1",
                [](const RunPoint& p) { return static_cast<double>(p.check.pairs); });
        numbers("/points/cross_check_unsolved", "1",
                [](const RunPoint& p) { return static_cast<double>(p.check.unsolved); });
        numbers("/points/cross_check_deviation", "1", [](const RunPoint& p) { return p.check.deviation; });
        numbers("/points/cross_check_layer", "1",
                [](const RunPoint& p) { return static_cast<double>(p.check.worst.layer); });
        numbers("/points/cross_check_tile", "1",
                [](const RunPoint& p) { return static_cast<double>(p.check.worst.tile); });
        numbers("/points/cross_check_image", "1",
                [](const RunPoint& p) { return static_cast<double>(p.check.worst.image); });
        writer.write_texts("/points/cross_check_engine", column<std::string>(result, [](const RunPoint& p) {
                               return std::string(to_string(p.check.engine));
                           }));
    }
    writer.write("/points/classes", class_table(result), "1", Hdf5Storage::compressed);
    write_maps(writer, result);
    writer.commit();
}

} // namespace ohmloom
