#include "report/paper_figures.hpp"

#include "tests/report/sample_results.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::vector<std::string> names_of(const std::vector<PaperFigure>& figures) {
    std::vector<std::string> names;
    for (const PaperFigure& figure : figures) names.push_back(figure.name);
    return names;
}

const PaperFigure& named(const std::vector<PaperFigure>& figures, const std::string& name) {
    return *std::ranges::find(figures, name, &PaperFigure::name);
}

std::string text_of(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

} // namespace

TEST_CASE("a result's figures are those that it has the numbers for") {
    const TemporaryFolder folder;
    CHECK(names_of(paper_figures(read_result(write_sample_run(folder)))) ==
          std::vector<std::string>{"accuracy-power", "accuracy-axis", "confusion", "class-errors"});
    const auto more = [](Hdf5Writer& writer) {
        write_sample_map(writer);
        writer.write("/points/power_cells_w", std::vector<double>{6e-4, 1e-3}, "W");
    };
    CHECK(names_of(paper_figures(read_result(write_sample_run(folder, more)))) ==
          std::vector<std::string>{"accuracy-power", "accuracy-axis", "power-parts", "confusion",
                                   "class-errors", "tile-word-lines", "tile-bit-lines", "tile-currents",
                                   "tile-error-histogram", "tile-error-columns"});
    CHECK(names_of(paper_figures(read_result(write_sample_sweep(folder))))[2] == "accuracy-axes");
}

TEST_CASE("data of figures are medians of repetitions, and the front has what nothing beats") {
    const TemporaryFolder folder;
    const std::vector<PaperFigure> figures = paper_figures(read_result(write_sample_sweep(folder)));
    // By power: 1 W 82 %, 2 W 61 %, 3 W 71 %, 4 W 91 %. On the front: the first and the last.
    const std::string& power = named(figures, "accuracy-power").data;
    const std::string front = power.substr(power.find("\n\n\n") + 3);
    CHECK(power.find("\n1 82 ") != std::string::npos);
    CHECK(std::ranges::count(power, '\n') == 1 + 4 + 2 + 2);
    CHECK(front.starts_with("1 82 "));
    CHECK(front.find("\n4 91 ") != std::string::npos);
    // The second curve, pcm, at 50 Ohm: the median of 60 and 62 %.
    CHECK(named(figures, "accuracy-axis").data.find("\"pcm\"\n1 82 ") != std::string::npos);
    CHECK(named(figures, "accuracy-axis").data.find("\n50 61 ") != std::string::npos);
    CHECK(named(figures, "accuracy-axis").plot.find("set logscale x") != std::string::npos);
    CHECK(named(figures, "accuracy-axes").data.find("\n1 1 61") != std::string::npos);
    // One of two images of class 2 is taken for 0.
    CHECK(named(figures, "class-errors").data.find("\n2 50 2\n") != std::string::npos);
    CHECK(named(figures, "confusion").data.find("\n0 2 1\n") != std::string::npos);
}

TEST_CASE("gnuplot draws every figure twice, beside its data and its script") {
    const TemporaryFolder folder;
    const std::filesystem::path to = folder / "new";
    const std::vector<PaperFigure> figures =
        paper_figures(read_result(write_sample_run(folder, write_sample_map)));
    write_paper_figures(figures, to);
    for (const PaperFigure& figure : figures) {
        CAPTURE(figure.name);
        CHECK(text_of(to / (figure.name + ".dat")) == figure.data);
        CHECK(text_of(to / (figure.name + ".svg")).find("</svg>") != std::string::npos);
        CHECK(text_of(to / (figure.name + ".png")).starts_with("\x89PNG"));
    }
    CHECK(static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(to), {})) ==
          4 * figures.size());
}
