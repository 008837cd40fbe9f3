#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ohmloom {

/// How a simulator wants formulas: what stands around an expression of parameters, and its sign for powers.
struct FormulaStyle {
    std::string_view open = "{", close = "}";
    std::string_view power = "^";

    /// An expression of parameters as a factor of a formula: "{g/alpha}", or "(g/alpha)".
    [[nodiscard]] std::string of(std::string_view expression) const {
        return std::string(open).append(expression).append(close);
    }
};

/// The cells of an array as one SPICE subcircuit with ports `top` and `bottom`, whose parameters differ from cell to cell.
struct CellFace {
    std::string suffix; ///< of its name, "" or "_" and what tells it from the law's other faces
    std::vector<std::string> parameters; ///< one or two
    std::string current; ///< from top to bottom: a formula of cell_face_voltage and the parameters
};

/// The cell's voltage in the formula of a CellFace.
inline constexpr std::string_view cell_face_voltage = "v(top,bottom)";

/// One cell as a call of a face.
struct CellFaceCall {
    std::size_t face = 0;           ///< of the law's faces
    std::array<double, 2> values{}; ///< of its parameters, in their order
};

} // namespace ohmloom
