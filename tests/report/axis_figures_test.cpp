#include "report/axis_figures.hpp"

#include "base/errors.hpp"
#include "tests/report/flaw_results.hpp"
#include "tests/report/sample_results.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

/// Two resistances x three devices x two wires; the accuracy's digits are resistance, device and wire. One point is missing.
ResultData cube() {
    ResultData result;
    result.axes = {{"device.model", "1", "list", {}, {}},
                   {"array.r", "Ohm", "list", {}, {}},
                   {"array.wire", "1", "list", {}, {}}};
    std::vector<double> accuracy, power;
    for (const int r : {1, 2}) {
        for (const int device : {1, 2, 3}) {
            for (const int wire : {1, 2}) {
                if (r == 2 && device == 3 && wire == 2) continue;
                result.axes[0].texts.push_back(std::string(1, static_cast<char>('a' + device)));
                result.axes[1].numbers.push_back(r);
                result.axes[2].texts.push_back(wire == 1 ? "thin" : "wide");
                accuracy.push_back(0.1 * r + 0.01 * device + 0.001 * wire);
                power.push_back(1.0 / r);
                ++result.rows;
            }
        }
    }
    result.figures = {{"accuracy", "1", Matrix<double>(result.rows, 1, accuracy)},
                      {"power_w", "W", Matrix<double>(result.rows, 1, power)}};
    return result;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

} // namespace

TEST_CASE("a figure is drawn over the first axis of numbers, with curves and panels by the next axes") {
    const auto figure = figure_over_axis(cube(), {});
    REQUIRE(figure);
    CHECK(figure->name == "accuracy-axis");
    CHECK(figure->panels == 2);
    CHECK(figure->plot.find("set xlabel \"array.r / Ohm\"") != std::string::npos);
    // Panels by wire: three curves each, of one or two points.
    CHECK(count(figure->data, "\n\n\n") == 5);
    CHECK(figure->data.find("\"b\"\n1 11.1 11.1 11.1\n2 21.1 ") != std::string::npos);
    CHECK(figure->data.ends_with("\"d\"\n1 13.2 13.2 13.2\n"));
    CHECK(figure->plot.find("set title \"wide\"") != std::string::npos);
}

TEST_CASE("figure, axes and panels can be chosen") {
    const auto figure = figure_over_axis(cube(), {"power_w", "device.model", "none", "array.r"});
    REQUIRE(figure);
    CHECK(figure->name == "power_w-axis");
    CHECK(figure->plot.find("set ylabel \"power / W\"") != std::string::npos);
    CHECK(figure->plot.find("set title \"2 Ohm\"") != std::string::npos);
    CHECK(figure->data.ends_with(
        "0 0.5 0.5 0.5\n1 0.5 0.5 0.5\n2 0.5 0.5 0.5\n")); // the wire is at its first level
}

TEST_CASE("axes beyond three stand at their first levels, and the title says so") {
    const auto figure = figure_over_axis(cube(), {"accuracy", "array.r", "none", "none"});
    REQUIRE(figure);
    CHECK(figure->panels == 1);
    CHECK(figure->plot.find("set title \"device.model = b, array.wire = thin\"") != std::string::npos);
    CHECK(figure->data.ends_with("\"\"\n1 11.1 11.1 11.1\n2 21.1 21.1 21.1\n"));
}

TEST_CASE("over another figure rows lie along its values, whatever their other axes are") {
    const auto figure = figure_over_axis(flaw_result(), {"accuracy", "product_error", "corner", "none"});
    REQUIRE(figure);
    CHECK(figure->data.find("\"bits\"\n10 90 90 90\n40 50 50 50\n") != std::string::npos);
    CHECK(figure->data.find("\"wires\"\n10 80 80 80\n40 20 20 20\n") != std::string::npos);
}

TEST_CASE("heat maps have a panel per level of a third axis, and leave free what is missing") {
    const auto figure = figure_over_two_axes(cube(), {});
    REQUIRE(figure);
    CHECK(figure->panels == 2);
    CHECK(count(figure->data, "nan") == 1); // the missing point; numbers stand without it
    CHECK(figure->data.ends_with("0 0 11.2\n1 0 21.2\n0 1 12.2\n1 1 22.2\n0 2 13.2\n"));
}

TEST_CASE("what a result does not have is refused with what it has") {
    const ResultData result = cube();
    CHECK_THROWS_WITH_AS((void)figure_over_axis(result, {"acuracy", "", "", ""}),
                         doctest::Contains("there is no figure 'acuracy': expected one of accuracy, power_w"),
                         InputError);
    CHECK_THROWS_WITH_AS((void)figure_over_axis(result, {"accuracy", "array.s", "", ""}),
                         doctest::Contains("--over is 'array.s', which is no axis with several levels of its "
                                           "own: expected one of device.model, array.r, array.wire"),
                         InputError);
    ResultData layers = cube();
    layers.figures.push_back({"gain", "1", Matrix<double>(layers.rows, 3)});
    CHECK_THROWS_WITH_AS((void)figure_over_axis(layers, {"accuracy", "gain", "", ""}),
                         doctest::Contains("--over is 'gain', which is no axis"), InputError);
    CHECK_THROWS_WITH_AS((void)figure_over_axis(result, {"accuracy", "array.r", "array.r", ""}),
                         doctest::Contains("--curves is 'array.r', which the figure shows already"),
                         InputError);
}

TEST_CASE("gnuplot draws panels, heat maps with gaps and curves over errors") {
    const TemporaryFolder folder;
    std::vector<PaperFigure> figures{*figure_over_axis(cube(), {}), *figure_over_two_axes(cube(), {}),
                                     *figure_over_error(flaw_result())};
    REQUIRE_NOTHROW(write_paper_figures(figures, folder / "figures"));
    for (const PaperFigure& figure : figures)
        CHECK(std::filesystem::file_size(folder / ("figures/" + figure.name + ".png")) > 1000);
}
