#include "inference/tile_table.hpp"

#include "base/errors.hpp"
#include "base/parallel.hpp"
#include "devicemodels/cell_model.hpp"
#include "store/fingerprint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace ohmloom {

namespace {

/// The law's currents over a few decades of voltage: two laws that agree here to the last bit are one.
std::vector<double> trace_of(const CellModel& cell) {
    std::vector<double> currents;
    for (const double shape : {0.0, 1.0, 2.5}) {
        for (const double v : {-0.5, -0.1, 0.01, 0.05, 0.2, 0.3, 0.4, 0.45}) {
            const CellRange range = range_of(cell);
            if (v > range.v_low && v < range.v_high)
                currents.push_back(evaluate_cell(cell, 1e-5, shape, v).current);
        }
    }
    return currents;
}

} // namespace

std::string tile_fingerprint(const Crossbar& crossbar, std::span<const StagePort> stages) {
    Fingerprint print;
    print.add(static_cast<double>(crossbar.rows()));
    print.add(static_cast<double>(crossbar.lines_per_site));
    for (const Matrix<double>* matrix :
         {&crossbar.g, &crossbar.shape, &crossbar.r_row_map, &crossbar.r_col_map})
        print.add(matrix->values());
    print.add(spice_current(crossbar.cell, 1e-5, 1.0, "v"));
    print.add(trace_of(crossbar.cell));
    print.add(std::array{crossbar.r_row, crossbar.r_col, static_cast<double>(crossbar.row_ends),
                         static_cast<double>(crossbar.col_ends)});
    print.add(crossbar.r_source);
    print.add(crossbar.r_sense);
    for (const StagePort& stage : stages) {
        print.add(std::array{stage.r_plus, stage.r_minus, stage.coupling, stage.e_plus, stage.e_minus,
                             stage.t_plus, stage.t_minus, stage.u_0});
        for (const StageLoss& loss : stage.losses)
            print.add(std::array{loss.r, loss.plus, loss.minus, loss.rest});
    }
    return print.finish();
}

void use_tables(const TileTables& tables, std::size_t layer_number, LayerArrays& layer) {
    layer.tables.assign(layer.tiles.size(), nullptr);
    parallel_for(static_cast<Index>(layer.tiles.size()), [&](Index t) {
        const auto at = static_cast<std::size_t>(t);
        const auto found = tables.by_tile.find(tile_fingerprint(layer.crossbars[at], layer.stages_of(at)));
        if (found == tables.by_tile.end())
            throw InputError(fmt::format("tile {} of layer {} has no table in {}, where one is for exactly "
                                         "its cells, wires and stages: make the "
                                         "tables again with `ohmloom lut tiles`",
                                         t, layer_number, tables.file));
        layer.tables[at] = found->second;
    });
}

TablesUsed tables_used(const TileTables& tables, std::span<const LayerArrays> layers) {
    std::set<const TileTable*> used;
    for (const LayerArrays& layer : layers) {
        for (const auto& table : layer.tables) used.insert(table.get());
    }
    TablesUsed about{tables.file, static_cast<Index>(used.size()), 0.0};
    for (const TileTable* table : used) about.error = std::max(about.error, table->error);
    return about;
}

} // namespace ohmloom
