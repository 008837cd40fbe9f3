#include "drive_input.hpp"

#include "base/errors.hpp"
#include "base/si.hpp"
#include "netlist/result_file.hpp"
#include "solver/transient_drive.hpp"
#include "store/readable_file.hpp"
#include "store/transient_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

double time_or_zero(const std::string& option, const std::string& text) {
    return text.empty() ? 0.0 : quantity_of(option, text, "s");
}

/// Refuses options that say nothing of the drive that is chosen.
void require_fitting(const DriveOptions& options) {
    const std::vector<std::pair<std::string, bool>> drives{{"--step", options.step},
                                                           {"--pulse", !options.pulse.empty()},
                                                           {"--pulse-width", !options.pulse_width.empty()},
                                                           {"--drive", !options.curves.empty()}};
    std::string chosen;
    for (const auto& [name, given] : drives) {
        if (!given) continue;
        if (!chosen.empty())
            throw InputError(
                fmt::format("{} and {} are given: rows are driven in one way only", chosen, name));
        chosen = name;
    }
    if (chosen.empty()) chosen = "--step";
    const auto require = [&](const char* option, const std::string& text,
                             const std::vector<std::string>& of) {
        if (text.empty()) return;
        for (const std::string& drive : of) {
            if (drive == chosen) return;
        }
        throw InputError(fmt::format("{} goes with {}, not with {}", option, fmt::join(of, " or "), chosen));
    };
    require("--rise", options.rise, {"--step", "--pulse"});
    require("--delay", options.delay, {"--step", "--pulse"});
    require("--fall", options.fall, {"--pulse"});
    require("--v-high", options.v_high, {"--pulse-width"});
    if (options.columns && chosen == "--pulse-width")
        throw InputError("--drive-columns goes with one curve for all rows, not with --pulse-width");
}

TransientDrive pulse(const DriveOptions& options, const ArrayFile& array) {
    const double delay = time_or_zero("--delay", options.delay), rise = time_or_zero("--rise", options.rise),
                 width = quantity_of("--pulse", options.pulse, "s"),
                 fall = time_or_zero("--fall", options.fall);
    const double top = delay + rise, down = top + width;
    return {array.v_row, {{{delay, top, down, down + fall}, {0.0, 1.0, 1.0, 0.0}}}, {}, array.v_col};
}

TransientDrive step(const DriveOptions& options, const ArrayFile& array) {
    TransientDrive drive = step_drive(array.v_row, time_or_zero("--rise", options.rise));
    drive.v_col = array.v_col;
    for (double& t : drive.curves.front().t) t += time_or_zero("--delay", options.delay);
    return drive;
}

TransientDrive pulse_widths(const DriveOptions& options, const ArrayFile& array) {
    if (array.codes.empty())
        throw InputError("--pulse-width needs codes: the file has no data set /codes [batch x rows]");
    const double unit = quantity_of("--pulse-width", options.pulse_width, "s");
    const bool one_height = !options.v_high.empty();
    TransientDrive drive =
        pulse_width_drive(array.codes, one_height ? parse_si(options.v_high, "V") : 0.0, unit);
    drive.v_col = array.v_col;
    if (one_height) return drive;
    if (array.v_row.rows() != array.codes.rows()) {
        throw InputError(fmt::format(
            "/codes holds {} input vectors and /v_row, their heights, {}: expected as many, or --v-high",
            array.codes.rows(), array.v_row.rows()));
    }
    drive.v_row = array.v_row;
    return drive;
}

/// Columns: time, then one for all rows or one per row, under a heading.
DriveFile read_drive_table(const std::filesystem::path& file, Index rows) {
    require_readable(file, "a CSV file");
    const std::vector<std::vector<std::string>> table = read_csv(file);
    const std::size_t columns = table.empty() ? 0 : table.front().size();
    if (table.size() < 2 || !(columns == 2 || columns == static_cast<std::size_t>(rows) + 1)) {
        throw FileError(fmt::format(
            "{}: {} lines of {} columns: expected a heading, then time and one factor for all rows, or time "
            "and {} factors, one per row",
            file.string(), table.size(), columns, rows));
    }
    DriveFile drive;
    drive.rows = static_cast<Index>(columns) - 1;
    const auto points = static_cast<Index>(table.size()) - 1;
    drive.curves = Matrix<double>(drive.rows, points);
    for (Index p = 0; p < points; ++p) {
        const std::vector<std::string>& line = table[static_cast<std::size_t>(p) + 1];
        const auto number = [&](std::size_t column, const char* unit) {
            try {
                return parse_si(line[column], unit);
            } catch (const InputError& error) {
                throw FileError(fmt::format("{}: point {}: {}", file.string(), p, error.what()));
            }
        };
        if (line.size() != columns) {
            throw FileError(fmt::format("{}: point {} has {} columns, expected {} as the heading",
                                        file.string(), p, line.size(), columns));
        }
        drive.t.push_back(number(0, "s"));
        for (Index r = 0; r < drive.rows; ++r)
            drive.curves(r, p) = number(static_cast<std::size_t>(r) + 1, "");
    }
    return drive;
}

TransientDrive curves(const DriveOptions& options, const ArrayFile& array) {
    const std::filesystem::path file = options.curves;
    const Index batch = array.v_row.rows(), rows = array.g.rows();
    const DriveFile given =
        file.extension() == ".csv" ? read_drive_table(file, rows) : read_drive_file(file, rows, batch);
    TransientDrive drive{array.v_row, {}, Matrix<Index>(batch, rows), array.v_col};
    for (Index c = 0; c < given.curves.rows(); ++c) {
        const auto values = given.curves.row(c);
        drive.curves.push_back({given.t, {values.begin(), values.end()}});
    }
    Crossbar one_cell;
    one_cell.g = Matrix<double>(1, 1, 1.0);
    try {
        validate({Matrix<double>(1, 1, 1.0), drive.curves, {}, {}}, one_cell);
    } catch (const InputError& error) {
        throw FileError(fmt::format("{}: {}", file.string(), error.what()));
    }
    for (Index k = 0; k < batch; ++k) {
        for (Index r = 0; r < rows; ++r)
            drive.curve(k, r) = (given.batch == 1 ? 0 : k) * given.rows + (given.rows == 1 ? 0 : r);
    }
    return drive;
}

} // namespace

double quantity_of(const std::string& option, const std::string& text, const std::string& unit) {
    double value = 0.0;
    try {
        value = parse_si(text, unit);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", option, error.what()));
    }
    if (value < 0.0)
        throw InputError(fmt::format("{} is {} {}: it must not be negative", option, value, unit));
    return value;
}

namespace {

TransientDrive row_drive(const DriveOptions& options, const ArrayFile& array) {
    if (!options.pulse.empty()) return pulse(options, array);
    if (!options.pulse_width.empty()) return pulse_widths(options, array);
    if (!options.curves.empty()) return curves(options, array);
    return step(options, array);
}

} // namespace

TransientDrive to_drive(const DriveOptions& options, const ArrayFile& array) {
    require_fitting(options);
    TransientDrive drive = row_drive(options, array);
    if (!options.columns) return drive;
    if (array.v_col.empty())
        throw InputError("--drive-columns: the file has no data set /v_col, which the curve would drive");
    if (drive.curves.size() != 1) {
        throw InputError(fmt::format("--drive-columns goes with one curve for all rows: {} has {} of them",
                                     options.curves, drive.curves.size()));
    }
    drive.col_curve.assign(array.v_col.size(), 0);
    return drive;
}

} // namespace ohmloom::cli
