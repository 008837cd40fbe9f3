#include "array_input.hpp"

namespace ohmloom::cli {

namespace {

TiedEnds to_ends(const std::string& word, const char* first) {
    return word == first ? TiedEnds::first : word == "both" ? TiedEnds::both : TiedEnds::last;
}

} // namespace

Crossbar to_crossbar(const ArrayFile& file) {
    Crossbar crossbar;
    crossbar.g = file.g;
    if (file.device == "sinh") crossbar.cell = SinhCell{file.alpha};
    crossbar.r_row = file.r_row;
    crossbar.r_col = file.r_col;
    crossbar.r_row_map = file.r_row_map;
    crossbar.r_col_map = file.r_col_map;
    crossbar.row_ends = to_ends(file.row_ends, "left");
    crossbar.col_ends = to_ends(file.col_ends, "top");
    crossbar.r_source.assign(static_cast<std::size_t>(file.g.rows()), file.r_source);
    crossbar.r_sense.assign(static_cast<std::size_t>(file.g.cols()), file.r_sense);
    crossbar.capacitance = {.row_ground = file.c_row_ground,
                            .col_ground = file.c_col_ground,
                            .row_coupling = file.c_row_coupling,
                            .col_coupling = file.c_col_coupling,
                            .cell = file.c_cell,
                            .driver = file.c_driver,
                            .sense = file.c_sense};
    return crossbar;
}

} // namespace ohmloom::cli
