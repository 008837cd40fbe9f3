#include "solver/device_equations.hpp"
#include "tests/solver/transient_runs.hpp"

#include <fmt/format.h>

namespace ohmloom::testing {

namespace {

const std::string models =
    R"(.model n nmos vto=0.5 kp=120u lambda=0.03 gamma=0.45 phi=0.65 tox=9n cgso=0.3n cgdo=0.2n cgbo=0.4n
+ cj=0.4m mj=0.4 cjsw=0.3n mjsw=0.3 pb=0.9
.model p pmos vto=-0.6 kp=40u lambda=0.04 gamma=0.5 phi=0.7 tox=9n cgso=0.3n cgdo=0.2n
.options reltol=1e-5
)";

} // namespace

TEST_CASE("a diode rectifier with a smoothing capacitor follows ngspice") {
    check_transient_against_ngspice(R"(v1 in 0 sin(0 5 1k)
rs in a 10
d1 a out dd
c1 out 0 10u
rl out 0 1k
.model dd d is=1e-14 n=1.2 rs=1 cjo=10p vj=0.8 m=0.4
.options reltol=1e-5
.tran 5u 5m 0 5u
.measure tran v_mean avg v(out) from=3m to=5m
.measure tran ripple pp v(out) from=3m to=5m
)");
}

TEST_CASE("the stored charge of a diode is swept out as in ngspice") {
    check_transient_against_ngspice(R"(v1 in 0 pulse(5 -5 20n 1n 1n 100n 300n)
r1 in a 1k
d1 a 0 dd
.model dd d is=1e-14 tt=10n cjo=2p vj=0.7 m=0.5
.options reltol=1e-5
.tran 0.1n 100n 0 0.01n
.measure tran t_off trig v(in) val=0 fall=1 targ v(a) val=-1 fall=1
)");
}

TEST_CASE("an inverter with a load switches as in ngspice") {
    check_transient_against_ngspice(models + R"(vdd vdd 0 3
vin in 0 pulse(0 3 1.03n 0.2n 0.2n 4n 10n)
rg in g 500
mn out g 0 0 n l=1u w=4u ad=8p as=8p pd=12u ps=12u
mp out g vdd vdd p l=1u w=10u
cl out 0 50f
.tran 0.1n 20n 0 0.002n
.measure tran t_fall trig v(in) val=1.5 rise=1 targ v(out) val=1.5 fall=1
.measure tran t_rise trig v(in) val=1.5 fall=1 targ v(out) val=1.5 rise=1
)");
}

TEST_CASE("a ring oscillator has the period that it has in ngspice") {
    std::string cards = models + "vdd vdd 0 3\n";
    for (int k = 0; k < 5; ++k) {
        cards += fmt::format(
            "mn{0} n{1} n{0} 0 0 n l=1u w=4u\nmp{0} n{1} n{0} vdd vdd p l=1u w=10u\nc{0} n{1} 0 30f\n", k,
            (k + 1) % 5);
    }
    cards += ".ic v(n0)=0 v(n1)=3 v(n2)=0 v(n3)=3 v(n4)=0\n.tran 0.02n 15n 0 0.01n uic\n"
             ".measure tran period trig v(n0) val=1.5 rise=2 targ v(n0) val=1.5 rise=4\n";
    const SpiceDeck deck = transient_deck(cards);
    const auto period = [&](const DeckSolution& solution) {
        const std::vector<MeasuredValue> measures = take_measures(deck, solution);
        CAPTURE(measures.front().problem);
        REQUIRE(measures.front().value.has_value());
        return *measures.front().value;
    };
    CHECK(period(solve_deck_mna(deck)) == testing::approx(period(solve_deck_ngspice(deck))).epsilon(1e-3));
}

TEST_CASE("formulas of voltages and of time, controlled sources and cells follow ngspice in time") {
    check_transient_against_ngspice(R"(v1 in 0 sin(0.2 0.3 10meg 10n 2meg 30)
v2 step 0 exp(0 1 20n 15n 90n 25n)
b1 0 a i=1m*tanh(3*v(in))+0.2m*v(step)*sin(6.283185307179586e7*time)
r1 a 0 1k
c1 a 0 10p
e1 e 0 a 0 2
r2 e f 500
l1 f g 1u
c2 g 0 20p
r3 g 0 2k
bcell g h i=1e-4*0.5*sinh(2*v(g,h))
ch h 0 5p
f1 0 k v1 0.5
h1 m 0 v1 100
r4 k m 1k
g1 0 k g 0 1m
c4 k 0 3p
.options reltol=1e-6
.tran 1n 200n 0 0.02n
.measure tran peak max v(g)
.measure tran effective rms v(k) from=50n to=200n
)");
}

TEST_CASE("sources move as in ngspice, also where their cards leave numbers out") {
    check_transient_against_ngspice(R"(v1 a 0 pulse(0.2 1 3n 2n 1n 4n 11n)
v2 b 0 pulse(1 -1)
v3 c 0 pulse(0 1 2n 0 0 5n)
v4 d 0 sin(0.5 1 100meg 3n 50meg 45)
v5 e 0 sin(0 1)
v6 f 0 exp(0 1 2n 3n 20n 5n)
v7 g 0 exp(1 0)
v8 h 0 pwl(1n 0.5 4n 1 4.001n -1 30n 0.25)
i1 0 k pulse(0 1m 1n 1n 1n 6n 9n)
v9 m 0 dc 0.7 ac 1
r1 k 0 1k
.options reltol=1e-6
.tran 0.5n 40n 0 0.05n
)");
}

TEST_CASE("the capacitance of a junction is the slope of its charge, in all its ranges") {
    const SpiceDeck deck =
        transient_deck(".model d d is=2f n=1.1 tt=3n cjo=2p vj=0.7 m=0.4 fc=0.5\nd1 a 0 d\n");
    const DiodeLaw law =
        diode_law(*deck.circuit.find_model("d"), std::get<Diode>(deck.circuit.find_element("d1")->kind));
    CHECK(law.junction.at(0.0, 0.0).charge == 0.0);
    for (const double v : {-5.0, -0.3, 0.0, 0.2, 0.349, 0.351, 0.6, 0.8}) {
        CAPTURE(v);
        const double step = 1e-6;
        const double slope =
            (law.junction.at(v + step, 0.0).charge - law.junction.at(v - step, 0.0).charge) / (2.0 * step);
        CHECK(law.junction.at(v, 0.0).capacitance == testing::approx(slope).epsilon(1e-6));
    }
}

TEST_CASE("a switch with hysteresis samples and holds as in ngspice") {
    check_transient_against_ngspice(R"(vin in 0 sin(0 1 1meg)
vclk clk 0 pulse(0 1 0.1u 19n 19n 0.2u 0.5u)
s1 in hold clk 0 sample
.model sample sw vt=0.5 vh=0.2 ron=10k roff=1e10
c1 hold 0 10p
.options reltol=1e-5
.tran 2n 2u 0 0.02n
.measure tran held find v(hold) at=0.45u
)",
                                    2e-3);
}

} // namespace ohmloom::testing
