#include "array/capacitance.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>
#include <utility>

namespace ohmloom {

void validate(const ArrayCapacitance& capacitance) {
    const std::pair<std::string_view, double> values[] = {{"row_ground", capacitance.row_ground},
                                                          {"col_ground", capacitance.col_ground},
                                                          {"row_coupling", capacitance.row_coupling},
                                                          {"col_coupling", capacitance.col_coupling},
                                                          {"pair_coupling", capacitance.pair_coupling},
                                                          {"cell", capacitance.cell},
                                                          {"driver", capacitance.driver},
                                                          {"sense", capacitance.sense}};
    for (const auto& [name, value] : values) {
        if (!(std::isfinite(value) && value >= 0.0)) {
            throw InputError(
                fmt::format("capacitance {} is {} F: it must be finite and not negative", name, value));
        }
    }
}

} // namespace ohmloom
