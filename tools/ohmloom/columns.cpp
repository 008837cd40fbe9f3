#include "columns.hpp"

#include "base/errors.hpp"
#include "network/child_process.hpp"
#include "store/hdf5.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
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

/// Commands that draw one result into the next panel; its numbers are in `data`.
std::string panel_commands(const Columns& columns, const std::filesystem::path& data) {
    const std::size_t curves = std::min(columns.curves, columns.columns.size() - 1);
    std::string text = fmt::format("set title {} noenhanced\nset xlabel {} noenhanced\n",
                                   gnuplot_text(columns.title), gnuplot_text(axis(columns.columns[0])));
    if (columns.logarithmic) text += "set logscale x\n";
    text += columns.steps ? "set key left top\n" : "set key right top\n"; // out of the way of what rises
    if (curves == 1)
        text += fmt::format("set ylabel {} noenhanced\nunset key\n", gnuplot_text(axis(columns.columns[1])));
    for (std::size_t k = 1; k <= curves; ++k) {
        text += fmt::format("{} {} every ::1 using 1:{} with {} title {}", k == 1 ? "plot" : ",",
                            gnuplot_text(data.string()), k + 1,
                            columns.steps ? "steps" : "linespoints pointsize 0.4",
                            gnuplot_text(axis(columns.columns[k])));
    }
    return text + "\n";
}

void draw(std::span<const Columns> panels, const std::filesystem::path& file) {
    const std::filesystem::path target = std::filesystem::absolute(file);
    UnfinishedFile unfinished(target), script(target.string() + ".gp");
    std::vector<UnfinishedFile> data;
    for (std::size_t k = 0; k < panels.size(); ++k) {
        data.emplace_back(panels.size() == 1 ? target.string() + ".csv"
                                             : fmt::format("{}.{}.csv", target.string(), k));
        write_text(csv_text(panels[k]), data.back().path());
    }
    const bool svg = file.extension() == ".svg";
    const std::size_t height = (svg ? 500 : 750) + (svg ? 320 : 480) * (panels.size() - 1);
    std::string text =
        fmt::format("set terminal {},{}{}\nset output {}\nset datafile separator ','\n"
                    "set grid\nset key noenhanced\nset rmargin 5\n"
                    // Ticks with SI prefixes.
                    "set format '%.1s %c'\n",
                    svg ? "svg size 800" : "pngcairo size 1200", height, svg ? " background 'white'" : "",
                    gnuplot_text(unfinished.path().string()));
    if (panels.size() > 1) text += fmt::format("set multiplot layout {},1\n", panels.size());
    for (std::size_t k = 0; k < panels.size(); ++k) text += panel_commands(panels[k], data[k].path());
    write_text(text, script.path());
    const ChildResult ended = run_child({"gnuplot", script.path().string()}, target.parent_path());
    if (ended.status != 0) throw BackendError(fmt::format("gnuplot failed: {}", ended.error_text));
    unfinished.commit();
}

bool is_drawing(const std::filesystem::path& file) {
    return file.extension() == ".png" || file.extension() == ".svg";
}

} // namespace

void require_columns_file(const std::filesystem::path& file) {
    const std::string ending = file.extension().string();
    if (ending != ".csv" && ending != ".h5" && !is_drawing(file)) {
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
    draw(std::span(&columns, 1), file);
}

void require_drawing(const std::filesystem::path& file) {
    if (!is_drawing(file))
        throw InputError(fmt::format("{}: expected a name that ends in .png or .svg", file.string()));
    require_writable(file);
}

void write_panels(const std::vector<Columns>& panels, const std::filesystem::path& file) {
    require_drawing(file);
    draw(panels, file);
}

} // namespace ohmloom::cli
