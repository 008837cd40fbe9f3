#include "devicemodels/law_checks.hpp"

#include "base/errors.hpp"

#include <fmt/format.h>

#include <cmath>

namespace ohmloom {

void require_law(bool good, std::string_view what, double value, std::string_view unit,
                 std::string_view expected) {
    if (!good || !std::isfinite(value)) {
        throw InputError(fmt::format("{} cells is {} {}: it must be {}", what, value, unit, expected));
    }
}

void require_positive(std::string_view what, double value, std::string_view unit) {
    require_law(value > 0.0, what, value, unit, "finite and positive");
}

void require_not_negative(std::string_view what, double value, std::string_view unit) {
    require_law(value >= 0.0, what, value, unit, "finite and not negative");
}

} // namespace ohmloom
