#include "study/mixed_run.hpp"

#include "base/errors.hpp"
#include "inference/charge_check.hpp"
#include "inference/classes.hpp"
#include "mapping/plan.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <limits>
#include <variant>

namespace ohmloom {

namespace {

constexpr std::size_t flaw_count = static_cast<std::size_t>(Flaw::reset) + 1;

/// What a tile's arrays and what stands around them can have, in the order in which it is told.
std::vector<Flaw> possible_flaws(const TileDesign& tiles) {
    using enum Flaw;
    if (std::holds_alternative<ChargeTiles>(tiles))
        return {weights, mismatch, parasitics, reset, drivers, quantisation, converters, digital};
    return {devices, wires, drivers, stages, quantisation, converters, digital};
}

/// Which flaws a circuit has.
class Flaws {
public:
    static Flaws all() {
        Flaws flaws;
        flaws.bits_.set();
        return flaws;
    }
    static Flaws only(Flaw flaw) {
        Flaws flaws;
        flaws.bits_.set(static_cast<std::size_t>(flaw));
        return flaws;
    }
    [[nodiscard]] Flaws without(Flaw flaw) const {
        Flaws flaws = *this;
        flaws.bits_.reset(static_cast<std::size_t>(flaw));
        return flaws;
    }
    [[nodiscard]] bool has(Flaw flaw) const { return bits_.test(static_cast<std::size_t>(flaw)); }

private:
    std::bitset<flaw_count> bits_;
};

/// Tiles with these flaws only.
ResistiveTiles with_flaws(ResistiveTiles tiles, const Flaws& flaws) {
    ArrayCircuit& array = tiles.circuit.array;
    for (const Flaw flaw : {Flaw::devices, Flaw::wires, Flaw::drivers, Flaw::stages}) {
        if (!flaws.has(flaw)) tiles.circuit.tables = nullptr; // they stand for circuits with all of these
    }
    if (!flaws.has(Flaw::devices)) tiles.circuit.devices = {};
    if (!flaws.has(Flaw::wires)) array.r_row = array.r_col = 0.0;
    if (!flaws.has(Flaw::drivers)) array.r_source = 0.0;
    if (!flaws.has(Flaw::stages))
        array.stage = {.kind = StageKind::virtual_ground, .r_input = array.stage.r_input};
    return tiles;
}

ChargeTiles with_flaws(ChargeTiles tiles, const Flaws& flaws) {
    ChargeArrayDesign& design = tiles.design;
    if (!flaws.has(Flaw::mismatch)) design.cell.unit_sigma = 0.0;
    if (!flaws.has(Flaw::parasitics)) {
        const ChargeCellDesign ideal;
        design.cell.series = ideal.series;
        design.cell.termination = ideal.termination;
        design.cell.node_parasitic = design.cell.bottom_parasitic = design.column_capacitance = 0.0;
    }
    if (!flaws.has(Flaw::reset)) design.temperature = design.injection = design.injection_sigma = 0.0;
    return tiles;
}

TileDesign with_flaws(const TileDesign& tiles, const Flaws& flaws) {
    return std::visit([&](const auto& some) { return TileDesign{with_flaws(some, flaws)}; }, tiles);
}

/// Converters of the same bits without errors.
AdcDesign ideal_converter(const AdcDesign& adc) {
    AdcDesign ideal;
    ideal.bits = adc.bits;
    ideal.is_signed = adc.is_signed;
    ideal.rounding = adc.rounding;
    ideal.range = adc.range;
    ideal.sharing = adc.sharing;
    return ideal;
}

/// The read-out with these flaws only.
MixedReadout readout_with(MixedReadout readout, const Flaws& flaws) {
    if (!flaws.has(Flaw::drivers)) {
        // Bits and time slots are how rows are driven, not a flaw; levels without one are any voltage.
        if (readout.input == RowInput::level) {
            readout.dac.reset();
        } else if (readout.dac) {
            readout.dac = DacDesign{.bits = readout.dac->bits, .is_signed = readout.dac->is_signed};
        }
    }
    if (!flaws.has(Flaw::converters)) {
        readout.calibration = {};
        if (flaws.has(Flaw::quantisation) || flaws.has(Flaw::digital)) {
            readout.adc = ideal_converter(*readout.adc);
        } else {
            readout.adc.reset();
        }
    }
    if (!flaws.has(Flaw::digital)) readout.arithmetic = UnitArithmetic::exact;
    return readout;
}

constexpr double not_held = std::numeric_limits<double>::quiet_NaN();

/// Everything that runs of one network share.
struct Bench {
    const Study& study;
    const Network& network;
    std::span<const LayerPartition> partitions;
    TileDesign tiles;
    const Matrix<double>& inputs;
    const Matrix<double>& calibration_inputs;

    [[nodiscard]] MixedNetwork build(const Flaws& flaws, const MixedReadout& readout, bool power) const {
        return build_mixed(network, partitions, with_flaws(tiles, flaws), readout_with(readout, flaws),
                           calibration_inputs, study.solver, power);
    }
    [[nodiscard]] double accuracy(const MixedNetwork& mixed, std::span<const std::uint8_t> labels) const {
        return measure_accuracy(infer_mixed(mixed, inputs, study.solver, false).classes, labels).value;
    }
    [[nodiscard]] double accuracy(const Flaws& flaws, std::span<const std::uint8_t> labels) const {
        return accuracy(build(flaws, *study.mixed, false), labels);
    }
    [[nodiscard]] double accuracy(UnitArithmetic arithmetic, std::span<const std::uint8_t> labels) const {
        MixedReadout readout = *study.mixed;
        readout.arithmetic = arithmetic;
        try {
            const MixedInference run =
                infer_mixed(build(Flaws::all(), readout, false), inputs, study.solver, false);
            const bool held =
                std::ranges::all_of(run.outputs.values(), [](double z) { return std::isfinite(z); });
            return held ? measure_accuracy(run.classes, labels).value : not_held;
        } catch (const InputError&) {
            return not_held; // the study itself has run: sums beyond 65504 leave half precision without numbers
        }
    }
};

/// Largest and mean errors over all tiles of all layers.
StepError worst_unit_error(const MixedNetwork& mixed) {
    StepError worst;
    for (const MixedLayer& layer : mixed.layers) {
        for (const PostProcessingError& error : layer.unit_error) {
            worst.largest = std::max(worst.largest, error.total.largest);
            worst.mean = std::max(worst.mean, error.total.mean);
            if (std::abs(error.total.bias) > std::abs(worst.bias)) worst.bias = error.total.bias;
        }
    }
    return worst;
}

MixedFigures figures_of(const MixedNetwork& mixed, const MixedInference& inference) {
    MixedFigures figures;
    std::int64_t conversions = 0, clipped = 0;
    for (const MixedSignals& layer : inference.layers) {
        conversions += layer.conversions;
        clipped += layer.clipped;
        figures.overflows += layer.overflows;
    }
    figures.clipped =
        static_cast<double>(clipped) / static_cast<double>(std::max<std::int64_t>(conversions, 1));
    figures.layer_product_error = inference.product_error;
    for (const double error : inference.product_error)
        figures.product_error += error * error / static_cast<double>(inference.product_error.size());
    figures.product_error = std::sqrt(figures.product_error);
    for (const MixedLayer& layer : mixed.layers) figures.limited_registers += layer.limited_registers;
    figures.unit_error = worst_unit_error(mixed);
    for (const MixedLayer& layer : mixed.layers) {
        figures.output_step.push_back(layer.step);
        if (!layer.unit_error.empty()) figures.layer_unit_error.push_back(join_unit_errors(layer.unit_error));
    }
    return figures;
}

/// What the columns of a network's tiles hold samples on, and with which noise.
MixedFigures::Charge charge_figures_of(const MixedNetwork& mixed) {
    MixedFigures::Charge figures;
    double columns = 0.0;
    for (const MixedLayer& layer : mixed.layers) {
        for (const MixedTile& tile : layer.tiles) {
            for (const double c : tile.circuit.capacitance) figures.capacitance += c;
            for (const double v : tile.circuit.noise.rms) figures.noise += v;
            columns += static_cast<double>(tile.circuit.outputs);
        }
    }
    figures.capacitance /= columns;
    figures.noise /= columns;
    return figures;
}

/// The tables that stand for a network's tiles.
TablesUsed tables_of(const Bench& bench) {
    const auto& [window, circuit] = std::get<ResistiveTiles>(bench.tiles);
    const Plan plan =
        make_plan(bench.network, bench.partitions, window, Polarity::direct, bench.study.mixed->signs);
    return tables_used(*circuit.tables, build_network(plan, circuit));
}

/// Solves drawn tiles once more as circuits.
CrossCheck check_tiles(const Bench& bench, const MixedNetwork& mixed, const CrossCheckOptions& check) {
    const auto voltages_of = [&](const Matrix<double>& drawn) {
        return row_voltages(mixed, drawn, bench.study.solver);
    };
    const RowSigns signs = bench.study.mixed->signs;
    if (const auto* charge = std::get_if<ChargeTiles>(&bench.tiles))
        return cross_check(charge_layers(bench.network, bench.partitions, *charge, signs), charge->supply,
                           voltages_of, bench.inputs, check);
    const auto& [window, circuit] = std::get<ResistiveTiles>(bench.tiles);
    const Plan plan = make_plan(bench.network, bench.partitions, window, Polarity::direct, signs);
    return cross_check(circuits_of(plan, circuit), voltages_of, bench.inputs, bench.study.solver, check);
}

/// The inside of tiles, whose circuits must be resistive.
std::vector<TileMap> map_resistive_tiles(const Bench& bench, const MixedNetwork& mixed,
                                         std::span<const CheckedPair> places) {
    const auto voltages_of = [&](const Matrix<double>& inputs) {
        return row_voltages(mixed, inputs, bench.study.solver);
    };
    const auto& [window, circuit] = std::get<ResistiveTiles>(bench.tiles);
    const Plan plan =
        make_plan(bench.network, bench.partitions, window, Polarity::direct, bench.study.mixed->signs);
    return map_tiles(plan, circuit, places, voltages_of, bench.inputs, bench.study.solver);
}

} // namespace

std::string_view name_of(Flaw flaw) {
    constexpr std::array<std::string_view, flaw_count> names{
        "devices", "wires",   "drivers",  "stages",     "quantisation", "converters",
        "digital", "weights", "mismatch", "parasitics", "reset"};
    return names[static_cast<std::size_t>(flaw)];
}

namespace {

/// Accuracies of the same network with fewer flaws than it has, whose accuracy is `all`.
void compare_with_other_flaws(const Bench& bench, const StudyDevice& device,
                              std::span<const std::uint8_t> labels, double all, MixedRun& run) {
    if (bench.study.charge) {
        run.figures.charge->accuracy_ideal_capacitors =
            bench.accuracy(Flaws::all().without(Flaw::mismatch).without(Flaw::parasitics), labels);
    } else if (!run.tables) {
        run.figures.accuracy_without_wires = bench.accuracy(Flaws::all().without(Flaw::wires), labels);
        run.figures.accuracy_without_devices =
            device.use.model == nullptr ? all : bench.accuracy(Flaws::all().without(Flaw::devices), labels);
    }
    if (!run.tables) {
        for (const Flaw flaw : possible_flaws(bench.tiles))
            run.figures.alone.push_back({flaw, bench.accuracy(Flaws::only(flaw), labels)});
    }
    const UnitArithmetic own = bench.study.mixed->arithmetic;
    for (const UnitArithmetic arithmetic :
         {UnitArithmetic::fixed, UnitArithmetic::fp16, UnitArithmetic::fp32}) {
        run.figures.arithmetic.push_back(
            {arithmetic, arithmetic == own ? all : bench.accuracy(arithmetic, labels)});
    }
}

} // namespace

MixedRun run_mixed(const Study& study, const StudyDevice& device, const Network& trained,
                   std::span<const LayerPartition> partitions, const Matrix<double>& inputs,
                   const Matrix<double>& calibration_inputs, std::span<const std::uint8_t> labels,
                   const CrossCheckOptions& check, std::span<const CheckedPair> maps) {
    const Network network = with_positive_scales(trained);
    const Bench bench{study,  network,           partitions, tile_design(study, device, network),
                      inputs, calibration_inputs};
    const MixedNetwork mixed = bench.build(Flaws::all(), *study.mixed, true);
    MixedRun run;
    run.inference = infer_mixed(mixed, inputs, study.solver);
    run.figures = figures_of(mixed, run.inference);
    for (const double sample : study.timing.samples) {
        run.costs.push_back(mixed_cost(mixed, run.inference, {sample, study.cell_area},
                                       digital_cost(mixed.readout.arithmetic)));
        run.charging_power.push_back(charging_power(mixed, run.inference, sample));
    }
    run.figures.cost = run.costs.front();
    for (const MixedLayer& layer : mixed.layers) {
        run.conductance.push_back(layer.conductance);
        for (const MixedTile& tile : layer.tiles) run.drift_factors.push_back(tile.circuit.drift_factor);
    }
    if (check.pairs > 0) run.check = check_tiles(bench, mixed, check);
    if (!maps.empty()) run.maps = map_resistive_tiles(bench, mixed, maps);
    const double all = measure_accuracy(run.inference.classes, labels).value;
    if (study.charge) {
        run.figures.accuracy_without_wires = run.figures.accuracy_without_devices = all;
        run.figures.charge = charge_figures_of(mixed);
    } else if (study.tables) {
        run.tables = tables_of(bench);
    }
    if (study.comparisons) compare_with_other_flaws(bench, device, labels, all, run);
    return run;
}

} // namespace ohmloom
