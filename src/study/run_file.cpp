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

/// Figures of a run's points, put together column by column.
class PointColumns {
public:
    explicit PointColumns(const RunResult& result) : points_(result.points) {
        table_.rows = static_cast<Index>(points_.size());
    }

    void number(std::string name, std::string unit, const std::function<double(const RunPoint&)>& figure) {
        ResultColumn column{std::move(name), std::move(unit)};
        for (const RunPoint& point : points_) column.numbers.push_back(figure(point));
        table_.columns.push_back(std::move(column));
    }

    void text(std::string name, const std::function<std::string(const RunPoint&)>& figure) {
        ResultColumn column{std::move(name), "1", ResultKind::text};
        for (const RunPoint& point : points_) column.texts.push_back(figure(point));
        table_.columns.push_back(std::move(column));
    }

    /// One entry per layer; points with fewer layers than others are padded with 0.
    void layers(std::string name, std::string unit,
                const std::function<double(const RunPoint&, std::size_t)>& figure) {
        ResultColumn column{std::move(name), std::move(unit), ResultKind::list};
        std::size_t width = 0;
        for (const RunPoint& point : points_) width = std::max(width, point.partitions.size());
        column.width = static_cast<Index>(width);
        for (const RunPoint& point : points_) {
            for (std::size_t l = 0; l < width; ++l)
                column.numbers.push_back(l < point.partitions.size() ? figure(point, l) : 0.0);
        }
        table_.columns.push_back(std::move(column));
    }

    void classes(Index images) {
        ResultColumn column{"classes", "1", ResultKind::bytes, images};
        for (const RunPoint& point : points_)
            column.bytes.insert(column.bytes.end(), point.classes.begin(), point.classes.end());
        table_.columns.push_back(std::move(column));
    }

    [[nodiscard]] ResultTable take() { return std::move(table_); }

private:
    const std::vector<RunPoint>& points_;
    ResultTable table_;
};

/// Accuracy of a run with converters in every arithmetic, and the fixed-point unit's errors: [points x layers], step by step.
void add_units(const RunResult& result, PointColumns& columns) {
    const MixedFigures& first = *result.points.front().mixed;
    for (std::size_t a = 0; a < first.arithmetic.size(); ++a) {
        columns.number(fmt::format("accuracy_{}", name_of(first.arithmetic[a].arithmetic)), "1",
                       [a](const RunPoint& p) { return p.mixed->arithmetic[a].accuracy; });
    }
    const auto layers = [&](const std::string& name, const char* unit,
                            const std::function<double(const MixedFigures&, std::size_t)>& figure) {
        columns.layers(name, unit, [&](const RunPoint& p, std::size_t l) { return figure(*p.mixed, l); });
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
void add_converters(const RunResult& result, PointColumns& columns) {
    const auto numbers = [&](const std::string& path, const char* unit,
                             const std::function<double(const MixedFigures&)>& figure) {
        columns.number(path, unit, [&](const RunPoint& point) { return figure(*point.mixed); });
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
        columns.number("power_capacitors_w", "W", [](const RunPoint& p) { return p.power.capacitors; });
    }
    numbers("product_error", "1", [](const MixedFigures& m) { return m.product_error; });
    columns.layers("layer_product_error", "1",
                   [](const RunPoint& p, std::size_t l) { return p.mixed->layer_product_error[l]; });
    numbers("latency_s", "s", [](const MixedFigures& m) { return m.cost.latency; });
    numbers("clipped", "1", [](const MixedFigures& m) { return m.clipped; });
    numbers("overflows", "1", [](const MixedFigures& m) { return static_cast<double>(m.overflows); });
    numbers("limited_registers", "1",
            [](const MixedFigures& m) { return static_cast<double>(m.limited_registers); });
    numbers("unit_error_largest", "1", [](const MixedFigures& m) { return m.unit_error.largest; });
    numbers("unit_error_mean", "1", [](const MixedFigures& m) { return m.unit_error.mean; });
    add_units(result, columns);
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

ResultTable point_table(const RunResult& result) {
    PointColumns columns(result);
    columns.text("network", [](const RunPoint& p) { return p.network; });
    columns.text("network_training", [](const RunPoint& p) { return p.network_training; });
    columns.layers("horizontal", "1", [](const RunPoint& p, std::size_t l) {
        return static_cast<double>(p.partitions[l].horizontal);
    });
    columns.layers("vertical", "1", [](const RunPoint& p, std::size_t l) {
        return static_cast<double>(p.partitions[l].vertical);
    });
    columns.layers("gain", "1", [](const RunPoint& p, std::size_t l) { return p.gain[l]; });
    columns.number("tiles", "1", [](const RunPoint& p) { return static_cast<double>(p.tiles); });
    columns.number("accuracy", "1", [](const RunPoint& p) { return p.accuracy.value; });
    columns.number("accuracy_low", "1", [](const RunPoint& p) { return p.accuracy.low; });
    columns.number("accuracy_high", "1", [](const RunPoint& p) { return p.accuracy.high; });
    columns.number("accuracy_ideal_wires", "1", [](const RunPoint& p) { return p.accuracy_ideal_wires; });
    columns.number("accuracy_ideal_devices", "1", [](const RunPoint& p) { return p.accuracy_ideal_devices; });
    columns.text("device", [](const RunPoint& p) { return p.device; });
    columns.number("read_time_s", "s", [](const RunPoint& p) { return p.read_time; });
    columns.number("temperature_k", "K", [](const RunPoint& p) { return p.temperature; });
    columns.number("g_error_mean_s", "S", [](const RunPoint& p) { return p.conductance.mean; });
    columns.number("g_error_spread_s", "S", [](const RunPoint& p) { return p.conductance.spread; });
    columns.number("g_error_worst_s", "S", [](const RunPoint& p) { return p.conductance.worst; });
    columns.number("drift_compensation", "1", [](const RunPoint& p) { return p.drift.mean; });
    columns.number("drift_compensation_least", "1", [](const RunPoint& p) { return p.drift.least; });
    columns.number("drift_compensation_greatest", "1", [](const RunPoint& p) { return p.drift.greatest; });
    columns.number("programming_pulses", "1", [](const RunPoint& p) { return p.conductance.pulses; });
    columns.number("programming_energy_j", "J", [](const RunPoint& p) { return p.conductance.energy; });
    columns.number("accuracy_software", "1", [](const RunPoint& p) { return p.accuracy_software; });
    columns.number("power_w", "W", [](const RunPoint& p) { return p.power.total(); });
    columns.number("power_cells_w", "W", [](const RunPoint& p) { return p.power.cells; });
    columns.number("power_wires_w", "W", [](const RunPoint& p) { return p.power.wires; });
    columns.number("power_amplifiers_w", "W", [](const RunPoint& p) { return p.power.stages; });
    columns.number("sample_time_s", "s", [](const RunPoint& p) { return p.sample_time; });
    columns.number("energy_j", "J", [](const RunPoint& p) { return p.energy; });
    if (result.study.timing.sequence) {
        columns.number("accuracy_settled", "1", [](const RunPoint& p) { return p.accuracy_settled; });
        columns.number("energy_charging_j", "J", [](const RunPoint& p) { return p.charging; });
        columns.layers("settling_time_s", "s",
                       [](const RunPoint& p, std::size_t l) { return p.settling[l]; });
    }
    if (result.study.mixed) add_converters(result, columns);
    columns.number("residual_max", "1", [](const RunPoint& p) { return p.residual_max; });
    columns.number("converged", "1", [](const RunPoint& p) { return p.converged ? 1.0 : 0.0; });
    columns.number("wall_s", "s", [](const RunPoint& p) { return p.wall_time; });
    if (std::ranges::any_of(result.points, [](const RunPoint& p) { return p.tables.has_value(); })) {
        columns.text("tables", [](const RunPoint& p) { return p.tables ? p.tables->file : std::string(); });
        columns.number("tables_error_largest_v", "V",
                       [](const RunPoint& p) { return p.tables ? p.tables->error : 0.0; });
    }
    columns.text("engine", [](const RunPoint& p) { return std::string(to_string(p.engine)); });
    if (std::ranges::any_of(result.points, [](const RunPoint& p) { return p.check.pairs > 0; })) {
        columns.number("cross_check_pairs", "1",
                       [](const RunPoint& p) { return static_cast<double>(p.check.pairs); });
        columns.number("cross_check_unsolved", "1",
                       [](const RunPoint& p) { return static_cast<double>(p.check.unsolved); });
        columns.number("cross_check_deviation", "1", [](const RunPoint& p) { return p.check.deviation; });
        columns.number("cross_check_layer", "1",
                       [](const RunPoint& p) { return static_cast<double>(p.check.worst.layer); });
        columns.number("cross_check_tile", "1",
                       [](const RunPoint& p) { return static_cast<double>(p.check.worst.tile); });
        columns.number("cross_check_image", "1",
                       [](const RunPoint& p) { return static_cast<double>(p.check.worst.image); });
        columns.text("cross_check_engine",
                     [](const RunPoint& p) { return std::string(to_string(p.check.engine)); });
    }
    columns.classes(result.images);
    return columns.take();
}

void write_run(const RunResult& result, std::string_view version, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-run-1");
    writer.set_attribute("/", "version", version);
    writer.write_text("/study", result.study.text);
    writer.write("/seed", static_cast<std::int64_t>(result.study.seed), "1");
    writer.write("/images", static_cast<std::int64_t>(result.images), "1");
    writer.write("/sample_time", result.study.timing.samples.front(), "s");
    writer.write("/labels", result.labels, "1");
    if (result.study.timing.sequence) {
        writer.write_text("/images_sequence",
                          *result.study.timing.sequence == ImageSequence::stream ? "stream" : "reset");
    }
    write_table(point_table(result), "/points", writer);
    write_maps(writer, result);
    writer.commit();
}

} // namespace ohmloom
