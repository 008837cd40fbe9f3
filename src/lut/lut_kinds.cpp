#include "lut/lut_kinds.hpp"

#include "base/errors.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ohmloom {

const std::vector<LutKind>& lut_kinds() {
    static const std::vector<LutKind> kinds{
        {"iv",
         "current of a device over voltage and state",
         {"voltage [V]", "state [S]"},
         {{"current", "A", {"voltage", "state"}}}},
        {"pulse",
         "state of a device after a pulse",
         {"state [S]", "amplitude [V]", "width [s]"},
         {{"mean", "S", {"state", "amplitude", "width"}}, {"sigma", "S", {"state", "amplitude", "width"}}}},
        {"transfer",
         "column currents of a linear array per row voltage",
         {},
         {{"transfer", "A/V", {"row", "column"}}, {"offset", "A", {"column"}}}},
        {"adc", "codes of converters over their input", {}, {{"code", "1", {}}}},
        {"levels",
         "conductances that programming makes of levels",
         {"level [1]"},
         {{"target", "S", {"level"}}, {"mean", "S", {"level"}}, {"sigma", "S", {"level"}}}},
        {"output_noise",
         "codes that converters make of ideal codes",
         {"output [code]"},
         {{"mean", "code", {"output"}}, {"sigma", "code", {"output"}}}},
        {"edges",
         "inputs at which converters change their code",
         {},
         {{"begin", "1", {}}, {"edge", "", {}}, {"code", "1", {}}}},
        {"tile",
         "outputs of a tile of nonlinear cells with its wires and stages over its rows' voltages",
         {},
         {{"v_low", "V", {"row"}},
          {"v_high", "V", {"row"}},
          {"additive", "V", {"term", "output"}},
          {"additive_power", "W", {"term", "power"}}}},
        {"tile_map",
         "outputs of a tile of linear cells with its wires and stages per row voltage",
         {},
         {{"transfer", "V/V", {"output", "row"}},
          {"power_cells", "S", {"row_or_one", "other_row_or_one"}},
          {"power_wires", "S", {"row_or_one", "other_row_or_one"}},
          {"power_stages", "S", {"row_or_one", "other_row_or_one"}}}},
        {"curve", "an output of a circuit over its inputs", {}, {}},
    };
    return kinds;
}

const LutKind& lut_kind(const std::string& name) {
    const auto& kinds = lut_kinds();
    const auto found = std::ranges::find(kinds, name, &LutKind::name);
    if (found != kinds.end()) return *found;
    std::vector<std::string> names(kinds.size());
    std::ranges::transform(kinds, names.begin(), &LutKind::name);
    const std::string nearest = nearest_word(name, names);
    throw InputError(fmt::format("kind '{}' is unknown{}: expected one of {}", name,
                                 nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest),
                                 join_words(names)));
}

} // namespace ohmloom
