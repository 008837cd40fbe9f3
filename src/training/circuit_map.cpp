#include "training/circuit_map.hpp"

#include "base/parallel.hpp"

namespace ohmloom {

std::vector<Matrix<double>> exact_layer_maps(const Network& network, const TrainingCircuit& circuit) {
    const Plan plan = make_plan(network, circuit.partitions, circuit.window, Polarity::inverted);
    struct Job {
        std::size_t layer;
        const Tile* tile;
    };
    std::vector<Job> jobs;
    std::vector<Matrix<double>> maps;
    for (std::size_t l = 0; l < plan.layers.size(); ++l) {
        maps.emplace_back(plan.layers[l].outputs(), plan.layers[l].rows());
        for (const Tile& tile : plan.layers[l].tiles) jobs.push_back({l, &tile});
    }
    parallel_for(static_cast<Index>(jobs.size()), [&](Index j) {
        const auto& [l, tile] = jobs[static_cast<std::size_t>(j)];
        const LayerPlan& layer = plan.layers[l];
        ArrayCircuit arrays = circuit.arrays;
        arrays.stage.gain = network.layers[l].gain;
        const StageResponse response = solve_tile(layer, *tile, arrays);
        const double share = 1.0 / static_cast<double>(layer.partition.horizontal);
        for (Index o = 0; o < tile->outputs.size(); ++o) {
            for (Index r = 0; r < tile->inputs.size(); ++r) {
                maps[l](tile->outputs.begin + o, tile->inputs.begin + r) = share * response.u(o, r);
            }
        }
    });
    return maps;
}

} // namespace ohmloom
