#pragma once

#include <string_view>

namespace ohmloom {

/// Checks of the parameters that all cells of a law share. `what` names parameter and law: "alpha of the sinh".
/// @throws InputError naming it if the value is not finite or not as the function's name says.
void require_positive(std::string_view what, double value, std::string_view unit);
void require_not_negative(std::string_view what, double value, std::string_view unit);

/// The same with a condition of one's own, and its words: "finite and above 1".
void require_law(bool good, std::string_view what, double value, std::string_view unit,
                 std::string_view expected);

} // namespace ohmloom
