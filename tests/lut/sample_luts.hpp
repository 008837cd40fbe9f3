#pragma once

#include "lut/lut.hpp"

namespace ohmloom {

/// A small table with everything in it: 3 voltages x 2 states.
inline Lut sample_lut() {
    Lut lut;
    lut.name = "cell";
    lut.kind = "iv";
    lut.summary = "a cell";
    lut.axes = {{"voltage", "V", {-1.0, 0.0, 2.0}, AxisRule::linear, BeyondAxis::refuse},
                {"state", "S", {1e-6, 3e-6}, AxisRule::linear, BeyondAxis::clamp}};
    lut.arrays = {{"current", "A", {"voltage", "state"}, {3, 2}, {-1e-6, -3e-6, 0.0, 0.0, 2e-6, 6e-6}},
                  {"more", "S", {"voltage", "tap"}, {3, 2}, {1, 2, 3, 4, 5, 6}}};
    lut.errors = {{"current", "A", 1e-9, 5e-10, 6e-6, 100, 7, "the law", "evenly at random"}};
    lut.seed = 11;
    lut.texts = {{"law", "sinh"}};
    lut.numbers = {{"temperature", 300.0}};
    return lut;
}

inline LutFile sample_luts() {
    return {{sample_lut()}, "0.1", "ohmloom lut device", "sample.toml", "kind = \"sinh\"\n"};
}

} // namespace ohmloom
