#pragma once

#include "solver/array_transient.hpp"
#include "store/array_file.hpp"

#include <string>
#include <vector>

namespace ohmloom::cli {

/// How the rows are driven, as the options of `ohmloom transient` say it; "" where an option is not given.
struct DriveOptions {
    bool step = false;
    std::string rise, fall, delay; ///< [s]
    std::string pulse;             ///< [s] length of the flat top
    std::string pulse_width;       ///< [s] per code
    std::string v_high;            ///< [V]
    std::string curves;            ///< .h5 or .csv
    bool columns = false;          ///< /v_col follows the curve of all rows too
};

/// The drive of an array file. Heights are its v_row; as pulse widths, `v_high` for all rows if given.
/// @throws InputError or FileError if options contradict each other, or a file does not fit.
TransientDrive to_drive(const DriveOptions& options, const ArrayFile& array);

/// A quantity of an option, at least 0. @throws InputError naming the option.
double quantity_of(const std::string& option, const std::string& text, const std::string& unit);

} // namespace ohmloom::cli
