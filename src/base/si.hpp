#pragma once

#include <string>
#include <string_view>

namespace ohmloom {

/// Number with an optional SI suffix, as people write it in study files and flags: "10k", "1.2u", "3.3n",
/// "22nm", "5kOhm", "0.8V". The unit, if given, must be `unit`; the value returned is in that unit without
/// prefix.
///
/// Prefixes: T G M k m u n p f a. `M` is mega and `m` is milli (SI, not SPICE).
/// @throws InputError naming the text, if it is not a finite number with a known suffix.
double parse_si(std::string_view text, std::string_view unit = "");

/// `value` with the SI prefix that leaves 1 to 999 before the decimal point and three significant digits:
/// format_si(4.7e-5, "S") == "47 uS".
std::string format_si(double value, std::string_view unit);

} // namespace ohmloom
