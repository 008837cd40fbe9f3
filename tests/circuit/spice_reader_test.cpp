#include "circuit/spice_reader.hpp"

#include "base/errors.hpp"
#include "circuit/array_netlist.hpp"
#include "circuit/flat_circuit.hpp"
#include "circuit/spice_cursor.hpp"
#include "circuit/spice_text.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>
#include <string>

using namespace ohmloom;

namespace {

SpiceDeck parse(const std::string& cards) {
    return parse_spice("title\n" + cards, "deck.cir");
}

template <class Kind>
Kind element(const Circuit& circuit, std::string_view name) {
    const Element* found = circuit.find_element(name);
    REQUIRE(found != nullptr);
    return std::get<Kind>(found->kind);
}

/// What the reader says of a deck that it refuses; "" if it takes it.
std::string refusal(const std::string& cards) {
    try {
        static_cast<void>(parse(cards));
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

std::string written(const SpiceDeck& deck) {
    std::ostringstream text;
    write_spice(text, deck);
    return text.str();
}

/// A deck with every kind of card of the subset.
const std::string every_card = R"(.param vdd=1.8 half={vdd/2} w='2*half*1u'
.model nch nmos (level=1 vto=0.5 kp=200u
* a comment between continuations
+ lambda=0.02 gamma=0.4 phi=0.7)
.MODEL pch PMOS vto=-0.5 kp=80u
.model dd d is=1f n=1.2 cj0=1p
.model sx sw vt=0.5 vh=0.1 ron=10 roff=1meg
.subckt divider top bottom out r=1k ratio={half}
R1 top out {r}
R2 out bottom {r*ratio}
D1 out bottom local
.model local d is=2f
.ends divider
Vdd vdd 0 {vdd}
Vin in gnd DC 0.5 AC 1 45 PULSE(0 1 1n 1n 1n 5n
+ 10n) ; a pulse
Vpwl p 0 pwl(0 0, 1n 1, 2n 0.5)
Isin p 0 sin(0 1m 1meg)
Iexp p 0 1u exp(0 1m 1n 1n)
R1 in out 4.7k $ with a unit
C1 out 0 3.3pF ic=0.25
L1 out p 10nH
E1 e 0 (in,out) -100
G1 e 0 in out 1m
F1 e 0 Vin 2
H1 h 0 Vin 50
D1 e 0 dd 2
M1 out in 0 0 nch L=0.18u W={w}
M2 out in vdd vdd pch l=0.18u w=2u ad=1p m=2
S1 h 0 in 0 sx on
B1 h 0 i=1m*tanh(v(in,out)/0.1)+(v(h)>0 ? i(vin) : -v(h)^2)
Bcell in 0 i=0.001*0.5*sinh(2*v(in))
X1 vdd 0 half divider
X2 vdd 0 n+.1 divider params: r=2k
X3 vdd 0 other divider r={2000} ratio=0.9
.ic v(out)=0.1 V(p)={half}
.options reltol=1e-6 noopalter
.op
.dc vin 0 {vdd} 0.1 vdd 1 2 0.5
.ac dec 10 1 1g
.tran 1n 100n 0 0.1n uic
.measure tran t_rise trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=last
.meas dc v_mid find v(out) when v(in)={half} cross=1
.meas ac gain max vdb(out) from=1k to=1meg
.meas tran e_read integ par('v(in)*i(vin)')
.meas tran v_end find v(out) at=90n
.print v(out)
.end
this is not read
)";

} // namespace

TEST_CASE("numbers have the suffixes of SPICE, and are rounded once") {
    CHECK(parse_spice_number("4.7k") == 4700.0);
    CHECK(parse_spice_number("3.3n") == 3.3e-9);
    CHECK(parse_spice_number("10MEG") == 1e7);
    CHECK(parse_spice_number("10megohm") == 1e7);
    CHECK(parse_spice_number("1m") == 1e-3);
    CHECK(parse_spice_number("2mil") == testing::approx(50.8e-6).epsilon(1e-15));
    CHECK(parse_spice_number("-.5uF") == -0.5e-6);
    CHECK(parse_spice_number("1e-3") == 1e-3);
    CHECK(parse_spice_number("1e3k") == 1e6);
    CHECK(parse_spice_number("5f") == 5e-15);
    CHECK(parse_spice_number("5volts") == 5.0);
    for (const char* text : {"", "k", "1k5", "1e999", "--1", "1..2", "0x10", "nan", "inf"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_spice_number(text).has_value());
    }
}

TEST_CASE("a deck with every card of the subset becomes its circuit") {
    const SpiceDeck deck = parse(every_card);
    const Circuit& circuit = deck.circuit;
    CHECK(deck.title == "title");
    CHECK(element<Resistor>(circuit, "r1").resistance == 4700.0);
    CHECK(element<Capacitor>(circuit, "c1").initial == 0.25);
    const auto vin = element<VoltageSource>(circuit, "vin");
    CHECK(vin.minus == ground);
    CHECK(vin.dc == 0.5);
    CHECK(vin.stimulus.ac_phase == 45.0);
    CHECK(vin.stimulus.waveform == Waveform{WaveformKind::pulse, {0, 1, 1e-9, 1e-9, 1e-9, 5e-9, 10e-9}});
    CHECK(element<VoltageSource>(circuit, "vpwl").dc == 0.0);
    CHECK(element<CurrentSource>(circuit, "iexp").dc == 1e-6);
    CHECK(element<Mosfet>(circuit, "m1").width == testing::approx(1.8e-6).epsilon(1e-14));
    CHECK(element<Switch>(circuit, "s1").is_on);
    CHECK(element<SinhConductance>(circuit, "bcell").alpha == 2.0);
    CHECK(circuit.find_model("nch")->parameters.size() == 5);
    CHECK(circuit.find_model("dd")->parameters[2].first == "cjo");
    // A variant for each set of parameters: its own, r = 2k, and r = 2k with ratio = 0.9, which is its own.
    REQUIRE(circuit.subcircuits().size() == 2);
    CHECK(element<SubcircuitCall>(circuit, "x1").subcircuit == "divider");
    CHECK(element<SubcircuitCall>(circuit, "x2").subcircuit == "divider_2");
    CHECK(element<SubcircuitCall>(circuit, "x3").subcircuit == "divider_2");
    CHECK(element<Resistor>(circuit.subcircuits()[1].body, "r2").resistance == 1800.0);
    CHECK(circuit.initial_voltages().size() == 2);
    CHECK(deck.analyses.size() == 4);
    CHECK(std::get<DcAnalysis>(deck.analyses[1]).sweeps[1].step == 0.5);
    CHECK(deck.measures.size() == 5);
}

TEST_CASE("what is written is read back as an equal deck") {
    const SpiceDeck deck = parse(every_card);
    const SpiceDeck again = parse_spice(written(deck), "again.cir");
    CHECK(again.circuit.models().size() == deck.circuit.models().size());
    CHECK(again.measures == deck.measures);
    CHECK(again.circuit == deck.circuit);
    CHECK(again == deck);
    CHECK(written(again).size() == written(deck).size());
}

TEST_CASE("the netlist of an array is read back as an equal circuit") {
    Crossbar crossbar;
    crossbar.g = Matrix<double>(6, 8, 1.0 / 7000.0);
    crossbar.r_row = 1.0 / 3.0;
    crossbar.r_col = 2.5;
    crossbar.r_source.assign(6, 100.0);
    SUBCASE("ohmic cells behind difference stages") {
        crossbar.lines_per_site = 2;
        const Circuit circuit =
            expand_array(crossbar, {.v_row = {}, .v_col = {}, .stage = DifferenceStageCircuit{}}).circuit;
        std::ostringstream text;
        write_spice(text, circuit);
        CHECK(parse_spice(text.str(), "array.cir").circuit == circuit);
    }
    SUBCASE("sinh cells, whose alpha has no exact reciprocal") {
        crossbar.cell = SinhCell{3.7};
        const Circuit circuit = expand_array(crossbar).circuit;
        std::ostringstream text;
        write_spice(text, circuit);
        CHECK(parse_spice(text.str(), "array.cir").circuit == circuit);
    }
    SUBCASE("cells of other laws come back as formulas, which are then read as they are written") {
        crossbar.cell = PcmCell{};
        crossbar.shape = Matrix<double>(6, 8, 2.0);
        std::ostringstream text;
        write_spice(text, expand_array(crossbar).circuit);
        const SpiceDeck deck = parse_spice(text.str(), "array.cir");
        CHECK(parse_spice(written(deck), "again.cir") == deck);
        // 2 V across: I = g sinh(alpha v)/alpha.
        const auto cell = element<BehaviouralSource>(deck.circuit, "bcell_0_0");
        const std::vector<double> signals(signal_count(cell.value), 0.5);
        CHECK(evaluate(cell.value, {signals, 0.0}) ==
              testing::approx(std::sinh(1.0) / 2.0 / 7000.0).epsilon(1e-14));
    }
}

TEST_CASE("formulas follow the usual precedence and have exact slopes") {
    const auto value = [](const std::string& formula, std::vector<double> signals = {}) {
        const SpiceDeck deck = parse("b1 a 0 i=" + formula + "\nr1 a b 1\n");
        std::vector<double> slopes(signals.size());
        const Expression expression = element<BehaviouralSource>(deck.circuit, "b1").value;
        const double result = evaluate(expression, {signals, 0.0}, slopes);
        for (std::size_t i = 0; i < signals.size(); ++i) {
            CAPTURE(formula);
            const double step = 1e-6;
            std::vector<double> up = signals, down = signals;
            up[i] += step;
            down[i] -= step;
            const double difference =
                (evaluate(expression, {up, 0.0}) - evaluate(expression, {down, 0.0})) / (2.0 * step);
            CHECK(slopes[i] == testing::approx(difference).epsilon(1e-8));
        }
        // As text and back: the same steps.
        const SpiceDeck again = parse_spice(written(deck), "again.cir");
        CHECK(element<BehaviouralSource>(again.circuit, "b1").value == expression);
        return result;
    };
    CHECK(value("1+2*3") == 7.0);
    CHECK(value("(1+2)*3") == 9.0);
    CHECK(value("8/4/2") == 1.0);
    CHECK(value("7-4-2") == 1.0);
    CHECK(value("7-(4-2)") == 5.0);
    CHECK(value("-2^2") == -4.0);
    CHECK(value("2**3*2") == 16.0);
    CHECK(value("1<2 && 3>=3 || 0") == 1.0);
    CHECK(value("0 ? 1 : 0 ? 2 : 3") == 3.0);
    CHECK(value("min(3,max(1,2))+atan2(0,1)") == 2.0);
    CHECK(value("{2k*1m}") == 2.0);
    CHECK(value("v(a)*v(a,b)-v(b)", {2.0, 3.0, 4.0}) == 2.0);
    CHECK(value("sinh(v(a))+cosh(v(b))*tanh(v(a))/exp(v(b))", {0.3, 0.4, 0.3, 0.4}) > 0.0);
    CHECK(value("sqrt(v(a))+ln(v(a))+log10(v(a))+abs(-v(a))", {2.0, 2.0, 2.0, 2.0}) > 0.0);
    CHECK(value("v(a)>0 ? v(a)^3 : sqrt(v(a))", {2.0, 2.0, 2.0}) == 8.0);
    CHECK(value("pow(v(a),2.5)+atan(v(b))+asinh(v(a))", {1.5, -0.5, 0.7}) > 0.0);
}

TEST_CASE("a refusal tells file, line, column, what stands there and what was expected") {
    CHECK(refusal("r1 a b 1k\nr2 a\n+ 0 1x9\n") == "deck.cir:4:5: found '1x9', expected a resistance [Ohm]");
    CHECK(refusal("r1 a\n") == "deck.cir:2:5: found the end of the card, expected a node");
    CHECK(refusal("d1 a 0 nothere\n") ==
          "deck.cir:2:8: found 'nothere', expected the name of a model that a .model card describes");
    CHECK(refusal("x1 a 0 nothere\n") ==
          "deck.cir:2:8: found 'nothere', expected the name of a subcircuit that a .subckt card describes");
    CHECK(refusal("v1 a 0 1 2\n") == "deck.cir:2:10: found '2', expected DC, AC, PULSE, SIN, EXP or PWL, "
                                     "each once, or the end of the card");
    CHECK(refusal("b1 a 0 i=1+foo\n") ==
          "deck.cir:2:12: found 'foo', expected the name of a parameter that is defined");
    CHECK(refusal("b1 a 0 i=(1+2\n") == "deck.cir:2:14: found the end of the card, expected ')'");
    CHECK(refusal("b1 a 0 i=v(c,\n") == "deck.cir:2:14: found the end of the card, expected a node");
    CHECK(refusal("q1 a b c npn\n")
              .starts_with("deck.cir:2:1: found 'q1', expected an element that begins with"));
    CHECK(refusal(".foo\n").starts_with("deck.cir:2:1: found '.foo', expected .subckt"));
    CHECK(refusal("r1 a 0 0\n").starts_with("deck.cir:2:8: found '0', expected a resistance other than 0"));
    CHECK(refusal("r1 a 0 1\nR1 a 0 2\n") ==
          "deck.cir:3:1: element name \"r1\" is taken: choose another one");
    CHECK(refusal("f1 a 0 vnone 2\nr1 a 0 1\n").starts_with("deck.cir:2:1: element f1 is controlled by"));
    CHECK(refusal(".model m nmos level=3\n").starts_with("deck.cir:2:21: found '3', expected 1"));
    CHECK(refusal(".model m d isat=3\n")
              .starts_with("deck.cir:2:12: found 'isat', expected a parameter of a model"));
    CHECK(refusal(".tran 1n 0\n").starts_with("deck.cir:2:"));
    CHECK(refusal(".dc v1 0 1 -0.1\n").starts_with("deck.cir:2:"));
    CHECK(
        refusal("v1 a 0 pwl(0 0 0 1)\n").starts_with("deck.cir:2:1: element v1: its PWL times do not rise"));
    CHECK(refusal("r\xc3\xa4 a 0 1\n")
              .starts_with("deck.cir:2:1: found 'r\?\?', expected the name of an element"));
}

TEST_CASE("what contains itself is refused") {
    CHECK(
        refusal(".subckt a x\nx1 x b\n.ends\n.subckt b x\nx1 x a\n.ends\nx1 n a\n").find("contains itself") !=
        std::string::npos);
    CHECK(refusal(".param a={b} b={a}\n").find("depends on itself") != std::string::npos);
    CHECK(refusal(".subckt a x\n").find(".subckt without .ends") != std::string::npos);
    CHECK(refusal(".ends\n") ==
          "deck.cir:2:1: found '.ends', expected .ends after a .subckt of the same file only");
}

TEST_CASE("deep nesting is refused, and does not exhaust the stack") {
    CHECK(refusal("b1 a 0 i=" + std::string(100'000, '(') + "1\n").find("nested less deeply") !=
          std::string::npos);
    CHECK(refusal("b1 a 0 i=" + std::string(100'000, '-') + "1\n").find("nested less deeply") !=
          std::string::npos);
    std::string chain, nested, parameters;
    for (int k = 0; k < 2000; ++k) {
        chain += fmt::format(".subckt s{} a\nx1 a s{}\n.ends\n", k, k + 1);
        nested += fmt::format(".subckt s{} a\n", k);
        parameters += fmt::format(".param p{}={{p{}+1}}\n", k, k + 1);
    }
    CHECK(refusal(chain).find("call each other more than") != std::string::npos);
    CHECK(refusal(nested).find("nested less deeply") != std::string::npos);
    CHECK(refusal(parameters + ".param p2000=1\n").find("too deeply") != std::string::npos);
    // A long sum is not deep.
    std::string sum = "1";
    for (int k = 0; k < 5000; ++k) sum += "+1";
    const SpiceDeck deck = parse("r1 a 0 {" + sum + "}\n");
    CHECK(element<Resistor>(deck.circuit, "r1").resistance == 5001.0);
}

TEST_CASE("subcircuits of subcircuits keep their names to themselves") {
    const SpiceDeck deck = parse(R"(.param g=1
.subckt inner a b
r1 a b 10
.ends
.subckt outer a b k=2
.param k2={k*g}
.subckt inner a b
r1 a b {k2}
.ends
x1 a m inner
x2 m b second
.ends
.subckt second a b
x1 a b inner
.ends
x1 p 0 outer
x2 p 0 outer k=5
v1 p 0 1
)");
    const Circuit flat = flatten(deck.circuit);
    CHECK(flat.subcircuits().empty());
    CHECK(element<Resistor>(flat, "r.x1.x1.r1").resistance == 2.0);
    CHECK(element<Resistor>(flat, "r.x2.x1.r1").resistance == 5.0);
    CHECK(element<Resistor>(flat, "r.x1.x2.x1.r1").resistance == 10.0);
    CHECK(flat.find_node("x1.m").has_value());
    CHECK(flat_element_name("x1.x2.r1") == "r.x1.x2.r1");
    CHECK(flat_element_name("r.x1.x2.r1") == "r.x1.x2.r1");
    CHECK(parse_spice(written(deck), "again.cir") == deck);
    // Elements that doubling calls would make are counted before they are made.
    std::string doubling = ".subckt s0 a\nr1 a 0 1\n.ends\n";
    for (int k = 1; k < 40; ++k)
        doubling += fmt::format(".subckt s{0} a\nx1 a s{1}\nx2 a s{1}\n.ends\n", k, k - 1);
    const SpiceDeck big = parse(doubling + "x1 n s39\n");
    CHECK_THROWS_AS(static_cast<void>(flatten(big.circuit, 10'000)), InputError);
}

TEST_CASE("braces inside a formula are the number that their parameters give") {
    const Circuit circuit = parse(".param g=2m a=4\nb1 a 0 i={g}*0.25*sinh({a}*v(a))\nb2 a 0 "
                                  "i={g*a}*v(a)*time+1\nb3 a 0 i={v(a)*2}*v(a)\n")
                                .circuit;
    CHECK(std::get<SinhConductance>(circuit.find_element("b1")->kind) ==
          SinhConductance{*circuit.find_node("a"), ground, 2e-3, 4.0});
    CHECK(to_text(std::get<BehaviouralSource>(circuit.find_element("b2")->kind).value) ==
          "0.0080000000000000002*v(a)*time+1");
    CHECK(to_text(std::get<BehaviouralSource>(circuit.find_element("b3")->kind).value) == "v(a)*2*v(a)");
    CHECK_THROWS_AS(parse("b1 a 0 i={v(a)*2*v(a)\n"), InputError);
}

TEST_CASE(
    "functions of the deck's own are their formulas, wherever they stand and whatever they are called with") {
    const SpiceDeck deck = parse(
        "r1 a 0 {twice(k)}\nb1 a 0 i=curve(v(a), {k})*2\n.func twice(x) {2*x}\n.param k=3\n"
        ".func curve(v, s) = 'twice(v)*tanh(s*v)+k'\n.subckt s p r={twice(4)}\nr1 p 0 {r}\n.ends\nx1 a s\n");
    CHECK(std::get<Resistor>(deck.circuit.find_element("r1")->kind).resistance == 6.0);
    CHECK(to_text(std::get<BehaviouralSource>(deck.circuit.find_element("b1")->kind).value) ==
          "(2*v(a)*tanh(3*v(a))+3)*2");
    CHECK(std::get<Resistor>(deck.circuit.find_subcircuit("s")->body.elements().front().kind).resistance ==
          8.0);
    CHECK_THROWS_WITH_AS(parse("r1 a 0 {f(1)}\n"), doctest::Contains("a function such as sqrt(x)"),
                         InputError);
    CHECK_THROWS_WITH_AS(parse(".func f(x) {x}\nr1 a 0 {f(1, 2)}\n"), doctest::Contains("')'"), InputError);
    CHECK_THROWS_WITH_AS(parse(".func f(x) {x}\n.func f(y) {y}\n"), doctest::Contains("not taken"),
                         InputError);
    CHECK_THROWS_WITH_AS(parse(".func f(x) {f(x)}\nr1 a 0 {f(1)}\n"), doctest::Contains("nested less deeply"),
                         InputError);
    CHECK_THROWS_WITH_AS(parse(".func f(x, x) {x}\n"), doctest::Contains("not there already"), InputError);
    // Calls that double at every level, and leave one number each.
    std::string doubling = ".func f0() {1}\n";
    for (int k = 1; k < 30; ++k) doubling += fmt::format(".func f{0}() {{{{f{1}()+f{1}()}}}}\n", k, k - 1);
    CHECK_THROWS_WITH_AS(parse(doubling + "r1 a 0 {f29()}\n"), doctest::Contains("fewer calls"), InputError);
}

TEST_CASE("global nodes are the same in every subcircuit, without being passed") {
    const SpiceDeck deck =
        parse(".global vdd\n.subckt inner a\nr1 vdd a 1k\n.ends\n.subckt outer b\nx1 b inner\n.ends\n"
              ".subckt own vdd\nr1 vdd 0 1k\n.ends\nv1 vdd 0 5\nx1 out outer\nx2 out own\n");
    const Circuit flat = flatten(deck.circuit);
    const auto resistor = [&](std::string_view name) {
        return std::get<Resistor>(flat.find_element(name)->kind);
    };
    CHECK(flat.node_name(resistor("r.x1.x1.r1").a) == "vdd");
    CHECK(flat.node_name(resistor("r.x1.x1.r1").b) == "out");
    CHECK(flat.node_name(resistor("r.x2.r1").a) == "out"); // a port of that name is the subcircuit's own
    CHECK(deck.circuit.find_subcircuit("outer")->ports.size() == 2);
    std::ostringstream text;
    write_spice(text, deck);
    CHECK(parse_spice(text.str(), "again.cir").circuit == deck.circuit);
    CHECK(parse(".title another one\nr1 a 0 1\n").title == "another one");
}

TEST_CASE("files and library sections are included, beside the file that names them") {
    std::map<std::string, std::string> files{
        {"folder/models.lib",
         ".lib slow\n.model n nmos kp=1u\n.endl\n.lib fast\n.include sub/more.inc\n.endl fast\n"},
        {"folder/sub/more.inc", ".model n nmos kp=9u\n.include ../r.inc\n"},
        {"folder/r.inc", "r1 d 0 1k\n"},
        {"folder/loop.inc", ".include loop2.inc\n"},
        {"folder/loop2.inc", ".include loop.inc\n"},
        {"folder/open.inc", ".subckt a b\n"}};
    SpiceReadOptions options;
    options.open = [&](const std::filesystem::path& path) {
        const auto found = files.find(path.string());
        if (found == files.end()) throw FileError(path.string() + ": there is no such file");
        return found->second;
    };
    const auto read = [&](const std::string& cards) {
        return parse_spice("t\n" + cards, "folder/top.cir", options);
    };
    const SpiceDeck deck = read(".lib 'models.lib' fast\nm1 d d 0 0 n\n");
    CHECK(deck.circuit.find_model("n")->parameters.front().second == 9e-6);
    CHECK(deck.circuit.find_element("r1") != nullptr);
    const auto says = [&](const std::string& cards) -> std::string {
        try {
            static_cast<void>(read(cards));
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    CHECK(says(".include loop.inc\n") == "folder/loop2.inc:1:10: folder/loop.inc includes itself");
    CHECK(says(".include none.inc\n") == "folder/top.cir:2:10: folder/none.inc: there is no such file");
    CHECK(says(".lib models.lib typical\n").find("no section") != std::string::npos);
    CHECK(says(".include open.inc\n.ends\n").find(".subckt without .ends") != std::string::npos);
}

TEST_CASE("a deck is read from the disk, and a missing one is told by name") {
    const TemporaryFolder folder;
    folder.write("a.inc", "r2 b 0 1k\n");
    const SpiceDeck deck =
        read_spice(folder.write("a.cir", "a title\r\nr1 a b 1k\r\n.include \"a.inc\"\r\n.op\r\n"));
    CHECK(deck.title == "a title");
    CHECK(deck.circuit.elements().size() == 2);
    CHECK_THROWS_AS(static_cast<void>(read_spice(folder / "none.cir")), FileError);
    CHECK_THROWS_AS(static_cast<void>(read_spice(folder.path())), FileError);
}

TEST_CASE("a large deck is read whole") {
    std::string text = "large\n";
    constexpr int elements = 100'000;
    for (int k = 0; k < elements; ++k)
        text += fmt::format("r{0} w_{0} w_{1} 1.0000000000000001e-05\n", k, k + 1);
    const SpiceDeck deck = parse_spice(std::move(text), "large.cir");
    CHECK(deck.circuit.elements().size() == elements);
}
