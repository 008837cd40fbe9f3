#include "base/errors.hpp"
#include "circuit/spice_reader.hpp"
#include "solver/circuit_solver.hpp"
#include "solver/deck_solver.hpp"
#include "solver/device_equations.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace ohmloom;

namespace {

SpiceDeck deck_of(const std::string& cards) {
    return parse_spice("title\n" + cards, "deck.cir");
}

/// mna against ngspice on every analysis of a deck.
void check_against_ngspice(const std::string& cards) {
    const SpiceDeck deck = deck_of(cards);
    const DeckSolution native = solve_deck_mna(deck), golden = solve_deck_ngspice(deck);
    for (const WaveformDifference& difference : compare(native, golden)) {
        CAPTURE(difference.analysis);
        CAPTURE(difference.signal);
        CAPTURE(difference.axis);
        CAPTURE(difference.absolute);
        CHECK(difference.comparable);
        CHECK(difference.relative < 1e-6);
    }
}

double value_of(const Waveforms& waveforms, const std::string& signal) {
    const auto place = std::find(waveforms.signals.begin(), waveforms.signals.end(), signal);
    REQUIRE(place != waveforms.signals.end());
    return waveforms.values(0, place - waveforms.signals.begin());
}

const std::string transistors =
    R"(.model n nmos vto=0.5 kp=120u lambda=0.03 gamma=0.45 phi=0.65 tox=9n cgso=0.3n cgdo=0.2n cgbo=0.4n
+ cj=0.4m mj=0.4 cjsw=0.3n mjsw=0.3 pb=0.9 rd=30 rs=20 ld=0.05u
.model p pmos vto=-0.6 kp=40u lambda=0.04 gamma=0.5 phi=0.7 tox=9n cgso=0.3n cgdo=0.2n rsh=15
.model w nmos tox=20n nsub=5e15 uo=550 nss=1e10
.model wp pmos tox=20n nsub=2e15 uo=250 tpg=-1 js=1e-6
)";

} // namespace

TEST_CASE("a diode follows ngspice from breakdown to strong forward bias") {
    check_against_ngspice(R"(v1 in 0 0
r1 in a 10
d1 a 0 dd 2
.model dd d is=3f n=1.3 rs=4 bv=6 ibv=2m
.dc v1 -8 3 0.05
)");
}

TEST_CASE("the capacitances of a diode follow ngspice over its bias and over frequency") {
    for (const double bias : {-3.0, 0.2, 0.5, 0.7, 0.9}) {
        CAPTURE(bias);
        check_against_ngspice(fmt::format(R"(v1 in 0 {} ac 1 30
r1 in a 50
d1 a 0 dd
.model dd d is=3f cjo=2p vj=0.7 m=0.4 fc=0.5 tt=3n rs=2
.op
.ac dec 5 1k 10g
)",
                                          bias));
    }
}

TEST_CASE("transistors follow ngspice in all regions, either way round, with and without body effect") {
    check_against_ngspice(transistors + R"(vd d 0 0
vg g 0 0
vb b 0 -0.4
m1 d g 0 b n l=1u w=10u ad=20p as=20p pd=24u ps=24u
m2 d g 0 b w l=2u w=8u m=3
.dc vd -2 3 0.1 vg -1 3 0.5
)");
    check_against_ngspice(transistors + R"(vd d 0 0
vg g 0 0
vb b 0 0.2
m1 d g 0 b p l=1u w=10u nrd=2 nrs=1
m2 d g 0 b wp l=2u w=8u ad=10p as=10p
.dc vd -3 1 0.1 vg -3 1 0.5
)");
}

TEST_CASE("the capacitances of transistors follow ngspice in all regions and over frequency") {
    for (const double v_gate : {-1.5, -0.2, 0.3, 0.45, 0.9, 2.5}) {
        for (const double v_drain : {-1.0, 0.05, 0.4, 2.0}) {
            CAPTURE(v_gate);
            CAPTURE(v_drain);
            check_against_ngspice(transistors + fmt::format(R"(vg gs 0 {} ac 1
vd ds 0 {}
vb b 0 -0.1
rg gs g 10k
rd ds d 1k
m1 d g 0 b n l=1u w=10u ad=20p as=20p pd=24u ps=24u
m2 d g 0 b w l=2u w=8u
m3 0 g d b p l=1u w=4u
.op
.ac dec 3 1meg 10g
)",
                                                            v_gate, v_drain));
        }
    }
}

TEST_CASE("formulas, cells, inductors and controlled sources follow ngspice at AC") {
    check_against_ngspice(R"(v1 in 0 0.3 ac 1
i1 0 b 1u ac 1u 90
r1 in a 1k
b1 a b i=1m*sinh(2*v(a,b))+v(in)*v(b)*1u
b2 c 0 v=tanh(3*v(b))+100*i(v1)
bcell a c i=1e-4*0.25*sinh(4*v(a,c))
l1 c d 1u
c1 d 0 1n ic=0
r2 b 0 3k
r3 d 0 50
f1 0 b v1 0.2
h1 h 0 v1 300
rh h d 1k
g1 a 0 d b 10u
e1 e 0 a d 3
re e b 10k
.op
.ac dec 4 1k 1g
.dc v1 -1 1 0.1
)");
}

TEST_CASE("a latch and a chain of diodes need more than plain Newton, and get it") {
    // Twenty junctions in series from 40 V, and a bistable pair of inverters.
    std::string chain = "v1 n0 0 40\nr1 n0 m0 100\n.model dd d is=1e-16\n";
    for (int k = 0; k < 20; ++k) chain += fmt::format("d{0} m{0} m{1} dd\n", k, k + 1);
    check_against_ngspice(chain + "rend m20 0 1\n.op\n");
    check_against_ngspice(transistors + R"(vdd vdd 0 3
mn1 a b 0 0 n l=1u w=4u
mp1 a b vdd vdd p l=1u w=9u
mn2 b a 0 0 n l=1u w=4u
mp2 b a vdd vdd p l=1u w=9u
rpull a vdd 2k
.op
)");
}

TEST_CASE("the operating-point report tells regions, currents and slopes") {
    const SpiceDeck deck = deck_of(transistors + R"(vd d 0 3
vg g 0 1.5
m1 d g 0 0 n1 l=1u w=10u
.model n1 nmos vto=0.5 kp=100u
.op
)");
    CircuitSolver solver(deck.circuit);
    REQUIRE(solver.operating_point().all_converged());
    const auto devices = solver.report();
    const auto found =
        std::find_if(devices.begin(), devices.end(), [](const DeviceReport& d) { return d.name == "m1"; });
    REQUIRE(found != devices.end());
    CHECK(found->region == "saturated");
    // kp/2 w/l 1 V^2 and kp w/l 1 V
    CHECK(found->values[5].value == testing::approx(500e-6).epsilon(1e-9));
    CHECK(found->values[6].value == testing::approx(1e-3).epsilon(1e-9));
}

TEST_CASE("what has no solution is told as such, and what has none for a reason, with it") {
    CircuitSolver none(deck_of("v1 in 0 0\nr1 in a 1k\nb1 a 0 i=-1m*(v(a)*v(a)+1)\n").circuit);
    CHECK_FALSE(none.operating_point().all_converged());
    CircuitSolver loop(deck_of("v1 a 0 1\nv2 a 0 2\n").circuit);
    const Waveforms failed = loop.operating_point();
    CHECK_FALSE(failed.all_converged());
    CHECK(failed.message.find("singular") != std::string::npos);
    CHECK(std::isnan(value_of(failed, "v(a)")));
    CircuitSolver good(deck_of("v1 a 0 1\n").circuit);
    CHECK_THROWS_AS(static_cast<void>(good.sweep({{{"vnone", 0.0, 1.0, 0.5}}})), InputError);
    CHECK_THROWS_AS(CircuitSolver(deck_of(".model d d n=-1\nd1 a 0 d\n").circuit), InputError);
}

TEST_CASE("the laws of devices have the slopes that their values show") {
    const SpiceDeck deck = deck_of(transistors + "m1 d g 0 0 n l=1u w=10u\n");
    const MosLaw law =
        mos_law(*deck.circuit.find_model("n"), std::get<Mosfet>(deck.circuit.find_element("m1")->kind));
    const double step = 1e-6;
    for (const double vgs : {0.2, 0.8, 2.0}) {
        for (const double vds : {0.1, 0.7, 3.0}) {
            for (const double vbs : {-1.0, -0.2}) {
                const ChannelPoint at = law.at(vgs, vds, vbs);
                const auto slope = [&](double dg, double dd, double db) {
                    return (law.at(vgs + dg, vds + dd, vbs + db).current -
                            law.at(vgs - dg, vds - dd, vbs - db).current) /
                           (2.0 * step);
                };
                CHECK(at.gm == testing::approx(slope(step, 0, 0)).epsilon(1e-6).scale(1e-9));
                CHECK(at.gds == testing::approx(slope(0, step, 0)).epsilon(1e-6).scale(1e-9));
                CHECK(at.gmb == testing::approx(slope(0, 0, step)).epsilon(1e-6).scale(1e-9));
            }
        }
    }
}
