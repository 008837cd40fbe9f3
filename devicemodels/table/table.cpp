#include "base/errors.hpp"
#include "devicemodels/still_device.hpp"
#include "devicemodels/table/table_file.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace ohmloom {

namespace {

/// The table a card names, or holds.
CurrentTable table_of(const Card& card) {
    if (card.has("file")) return read_current_table(std::filesystem::path(card.folder) / card.text("file"));
    if (!card.has("voltages") || !card.has("currents")) {
        throw InputError("a table needs the value `file`, or `voltages` and `currents`");
    }
    const std::vector<double>&v = card.numbers("voltages"), &i = card.numbers("currents");
    const auto knots = static_cast<Index>(v.size()), count = static_cast<Index>(i.size());
    if (count % knots != 0) {
        throw InputError(fmt::format("{} currents for {} voltages: expected whole states", count, knots));
    }
    return make_current_table(v, Matrix<double>(count / knots, knots, i));
}

std::unique_ptr<DeviceModel> make_table(Card card) {
    const auto table = std::make_shared<const CurrentTable>(table_of(card));
    const bool extrapolate = card.number_or("extrapolate", 0.0) != 0.0;
    const StillDevice::Parameters parameters{TableCell{table, extrapolate}, table->g.front(), table->g.back(),
                                             card.number_or("sigma_programming", 0.0)};
    return std::make_unique<StillDevice>(std::move(card), parameters);
}

} // namespace

std::vector<DeviceKind> table_kinds() {
    std::vector<ParameterSpec> parameters{
        {.name = "file",
         .unit = "",
         .meaning = "CSV or HDF5 file with the currents, beside the card",
         .needed = false,
         .kind = ValueKind::text},
        {.name = "voltages",
         .unit = "V",
         .meaning = "increasing, 0 V among them",
         .needed = false,
         .kind = ValueKind::numbers},
        {.name = "currents",
         .unit = "A",
         .meaning = "state after state, one for each voltage",
         .needed = false,
         .kind = ValueKind::numbers},
        {"extrapolate", "", "1: go on beyond the table along tangents; 0: refuse", 0.0, 1.0, false}};
    parameters.push_back(still_parameters().back());
    return {{"table", "currents over voltage and state, measured or simulated", parameters, make_table}};
}

} // namespace ohmloom
