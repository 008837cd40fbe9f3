#include "columns.hpp"

#include "base/errors.hpp"
#include "network/child_process.hpp"
#include "store/hdf5.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

namespace ohmloom::cli {

namespace {

std::string csv_text(const Columns& columns) {
    fmt::memory_buffer text;
    for (const Column& column : columns.columns) {
        fmt::format_to(std::back_inserter(text), "{}{} [{}]", &column == columns.columns.data() ? "" : ",",
                       column.name, column.unit);
    }
    for (std::size_t row = 0; row < columns.columns.front().values.size(); ++row) {
        text.push_back('\n');
        for (const Column& column : columns.columns) {
            fmt::format_to(std::back_inserter(text), "{}{}", &column == columns.columns.data() ? "" : ",",
                           column.values[row]);
        }
    }
    text.push_back('\n');
    return fmt::to_string(text);
}

void write_text(const std::string& text, const std::filesystem::path& file) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", file.string()));
}

void write_csv(const Columns& columns, const std::filesystem::path& file) {
    UnfinishedFile unfinished(file);
    write_text(csv_text(columns), unfinished.path());
    unfinished.commit();
}

void write_hdf5(const Columns& columns, const std::filesystem::path& file) {
    Hdf5Writer writer(file);
    writer.set_attribute("/", "schema", "ohmloom-device-1");
    writer.set_attribute("/", "title", columns.title);
    for (const Column& column : columns.columns)
        writer.write(fmt::format("/{}", column.name), column.values, column.unit);
    writer.commit();
}

/// Text between single quotes, as gnuplot takes it: a quote inside is written twice.
std::string gnuplot_text(std::string_view text) {
    fmt::memory_buffer result;
    result.push_back('\'');
    for (const char c : text) {
        if (c == '\'') result.push_back('\'');
        result.push_back(c);
    }
    result.push_back('\'');
    return fmt::to_string(result);
}

std::string axis(const Column& column) {
    return column.unit == "1" ? column.name : fmt::format("{} / {}", column.name, column.unit);
}

void draw(const Columns& columns, const std::filesystem::path& file) {
    const std::filesystem::path target = std::filesystem::absolute(file);
    UnfinishedFile unfinished(target), data(target.string() + ".csv"), script(target.string() + ".gp");
    write_text(csv_text(columns), data.path());
    const bool svg = file.extension() == ".svg";
    std::string text =
        fmt::format("set terminal {}\nset output {}\nset datafile separator ','\nset title {} noenhanced\n"
                    "set xlabel {} noenhanced\nset grid\nset key noenhanced\nset rmargin 5\n"
                    // Ticks with SI prefixes.
                    "set format '%.1s %c'\n{}",
                    svg ? "svg size 800,500 background 'white'" : "pngcairo size 1200,750",
                    gnuplot_text(unfinished.path().string()), gnuplot_text(columns.title),
                    gnuplot_text(axis(columns.columns[0])), columns.logarithmic ? "set logscale x\n" : "");
    const std::size_t curves = std::min(columns.curves, columns.columns.size() - 1);
    if (curves == 1)
        text += fmt::format("set ylabel {} noenhanced\nunset key\n", gnuplot_text(axis(columns.columns[1])));
    for (std::size_t k = 1; k <= curves; ++k) {
        text += fmt::format("{} {} every ::1 using 1:{} with linespoints pointsize 0.4 title {}",
                            k == 1 ? "plot" : ",", gnuplot_text(data.path().string()), k + 1,
                            gnuplot_text(axis(columns.columns[k])));
    }
    write_text(text + "\n", script.path());
    const ChildResult ended = run_child({"gnuplot", script.path().string()}, target.parent_path());
    if (ended.status != 0) throw BackendError(fmt::format("gnuplot failed: {}", ended.error_text));
    unfinished.commit();
}

} // namespace

void require_columns_file(const std::filesystem::path& file) {
    const std::string ending = file.extension().string();
    if (ending != ".csv" && ending != ".h5" && ending != ".png" && ending != ".svg") {
        throw InputError(
            fmt::format("{}: expected a name that ends in .csv, .h5, .png or .svg", file.string()));
    }
    require_writable(file);
}

void write_columns(const Columns& columns, const std::filesystem::path& file) {
    require_columns_file(file);
    const std::string ending = file.extension().string();
    if (ending == ".csv") return write_csv(columns, file);
    if (ending == ".h5") return write_hdf5(columns, file);
    draw(columns, file);
}

} // namespace ohmloom::cli
