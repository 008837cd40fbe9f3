#include "netlist/result_file.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

using namespace ohmloom;

namespace {

SimulatorResult read(const std::string& text) {
    const TemporaryFolder folder;
    return read_simulator_result(folder.write("result", text));
}

std::string binary_raw(const std::vector<double>& values, std::size_t points) {
    std::string text =
        "Title: * t\nDate: today\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\nNo. Points: " +
        std::to_string(points) + "       \nVariables:\n\t0\ttime\ttime\n\t1\tV(O_0)\tvoltage\nBinary:\n";
    std::string bytes(values.size() * sizeof(double), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return text + bytes;
}

} // namespace

TEST_CASE("a log's measures are read, whichever simulator prints them") {
    // ngspice -b; Xyce's .mt0; HSPICE's with measform=2
    const SimulatorResult ngspice =
        read("\nCircuit: * t\n\n  Measurements for DC Analysis\n\n"
             "o_0                 =  6.407209e-02 at=  5.000000e-01\np                   =  -3.2e-05\n");
    CHECK(ngspice.measure("o_0") == 6.407209e-02);
    CHECK(ngspice.measure("p") == -3.2e-05);
    CHECK(!ngspice.measure("o_1"));
    CHECK(read("O_0 = 1.25e-01\nO_1 = FAILED\n").measure("o_0") == 0.125);
    CHECK(!read("O_0 = 1.25e-01\nO_1 = FAILED\n").measure("o_1"));
    CHECK(read(".TITLE '* t'\no_0= 1.5000E-01  o_1=+2.5E+00 temper= 25.0\n").measure("o_1") == 2.5);
}

TEST_CASE("raw files are read, binary and ASCII, and the last plot counts") {
    const SimulatorResult binary = read(binary_raw({0.0, 1.0, 2.0, 5.0, 4.0, 5.0}, 3));
    CHECK(binary.signal_at("v(o_0)", 1.0) == 3.0);
    CHECK(binary.signal_at("v(o_0)", 4.0) == 5.0);
    CHECK(!binary.signal_at("v(o_0)", 4.5));
    CHECK(!binary.signal_at("v(o_0)", -0.5));
    CHECK(!binary.signal_at("v(o_0)", std::nullopt));
    CHECK(!binary.signal_at("v(o_1)", 1.0));
    const SimulatorResult two = read(binary_raw({0.0, 1.0}, 1) + binary_raw({0.0, 7.0}, 1));
    CHECK(two.signal_at("v(o_0)", std::nullopt) == 7.0);
    const SimulatorResult ascii = read("Title: t\nFlags: real\nNo. Variables: 2\nNo. Points: "
                                       "2\nVariables:\n\t0\ttime\ttime\n\t1\tv(o_0)\tvoltage\n"
                                       "Values:\n0\t0.0e+00\n\t1.5e+00\n\n1\t1.0e+00\n\t2.5e+00\n");
    CHECK(ascii.signal_at("v(o_0)", 0.5) == 2.0);
}

TEST_CASE("CSV tables are read, with a column per signal or a line per measure") {
    const SimulatorResult waveforms = read("Index,TIME,V(O_0)\n0,0.0,1.0\n1,2.0,3.0\n");
    CHECK(waveforms.signal_at("v(o_0)", 1.0) == 2.0);
    const SimulatorResult point = read("v-sweep, v(o_0), i(vcol_0)\n0.5, 1.0, 2e-6\n");
    CHECK(point.signal_at("i(vcol_0)", std::nullopt) == 2e-6);
    const SimulatorResult measures = read("name,unit,value\r\nO_0,V,0.25\r\np,W,1e-3\r\n");
    CHECK(measures.measure("o_0") == 0.25);
    CHECK(measures.measure("p") == 1e-3);
    CHECK(read("o_0,p\n1.5,2.5\n").measure("p") == 2.5);
}

TEST_CASE("what is no result, or a damaged one, is refused by name") {
    const TemporaryFolder folder;
    const auto says = [&](const std::string& text) -> std::string {
        try {
            static_cast<void>(read_simulator_result(folder.write("r", text)));
        } catch (const FileError& error) {
            return error.what();
        }
        return "";
    };
    CHECK(says("").find("holds no result") != std::string::npos);
    CHECK(says("nothing = here\n").find("holds no result") != std::string::npos);
    CHECK(says("Title: t\nFlags: complex\n").find("complex") != std::string::npos);
    CHECK(says("Title: t\nNo. Variables: 1\n").find("ends within the header") != std::string::npos);
    CHECK(says("Title: t\nNo. Points: many\n").find("'many'") != std::string::npos);
    CHECK(says(binary_raw({0.0, 1.0}, 2)).find("ends before its last point") != std::string::npos);
    CHECK(says(binary_raw({0.0, 1.0}, 99'999'999)).find("ends before its last point") != std::string::npos);
    CHECK(says("time,v(o_0)\n0,x\n").find("no number under 'v(o_0)'") != std::string::npos);
    CHECK_THROWS_AS(static_cast<void>(read_simulator_result(folder / "none")), FileError);
}
