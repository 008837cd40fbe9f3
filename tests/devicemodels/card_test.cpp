#include "base/errors.hpp"
#include "devicemodels/device_library.hpp"
#include "tests/temporary_folder.hpp"

#include "tests/approx.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

namespace ohmloom::testing {

namespace {

std::string error_of(const auto& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// What is said of a sinh card whose fifth line is `line`.
std::string error_of_card(const std::string& line) {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "own.toml").string();
    std::ofstream(file) << "model = \"sinh\"\ntitle = \"mine\"\n[values]\n"
                           "g_min = { value = \"1 uS\", range = [\"0 S\", \"1 S\"], source = \"me\" }\n"
                        << line << "\n"
                        << "g_max = { value = \"0.1 mS\", range = [\"1 uS\", \"1 S\"], source = \"me\" }\n";
    return error_of([&] { static_cast<void>(find_card(file)); });
}

} // namespace

TEST_CASE("every built-in card is read, has sources and makes a device") {
    std::set<std::string> folders, defaults;
    for (const std::string& name : card_names()) {
        CAPTURE(name);
        const Card card = find_card(name);
        CHECK(card.name == name);
        CHECK(!card.title.empty());
        for (const CardValue& value : card.values) CHECK(!value.source.empty());
        const auto device = make_device(card);
        CHECK(device->g_min() < device->g_max());
        const std::string folder = name.substr(0, name.find('/'));
        folders.insert(folder);
        if (card.is_default) CHECK(defaults.insert(folder).second);
    }
    CHECK(defaults == folders);
}

TEST_CASE("a good card of one's own is read, with its shared sources") {
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "own.toml").string();
    std::ofstream(file)
        << "model = \"linear\"\ntitle = \"mine\"\n[sources]\npaper = \"A. Author, 2020\"\n[values]\n"
           "g_min = { value = \"1 uS\", range = [\"0 S\", \"1 S\"], source = \"paper\" }\n"
           "g_max = { value = \"0.1 mS\", range = [\"0 S\", \"1 S\"], source = \"me\", placeholder = true "
           "}\n";
    const Card card = find_card(file);
    CHECK(card.number("g_max") == testing::approx(1e-4));
    CHECK(card.values.front().source == "A. Author, 2020");
    CHECK(!card.values.front().placeholder);
    CHECK(card.has_placeholders());
    CHECK(card.name == file);
}

TEST_CASE("a bad card is refused by file, line and key") {
    const auto good = R"(alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"], source = "me" })";
    CHECK(error_of_card(good) == "");
    const auto check = [](const std::string& line, const std::string& part) {
        const std::string error = error_of_card(line);
        CAPTURE(error);
        CHECK(contains(error, "own.toml:5: "));
        CHECK(contains(error, part));
    };
    check(R"(alpha = { value = "2 V", range = ["1 1/V", "9 1/V"], source = "me" })",
          "values.alpha.value is wrong: '2 V'");
    check(R"(alpha = { value = "2", range = ["1 1/V", "9 1/V"], source = "me" })", "has no unit");
    check(R"(alpha = { value = 2, range = ["1 1/V", "9 1/V"], source = "me" })", "expected text");
    check(R"(alpha = { value = "20 1/V", range = ["1 1/V", "9 1/V"], source = "me" })",
          "out of its range, 1 to 9 1/V");
    check(R"(alpha = { value = "0 1/V", range = ["0 1/V", "9 1/V"], source = "me" })",
          "the model works from");
    check(R"(alpha = { value = "2 1/V", range = ["9 1/V", "1 1/V"], source = "me" })", "is no range");
    check(R"(alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"] })", "values.alpha.source is missing");
    check(R"(alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"], source = "" })",
          "values.alpha.source is missing");
    check(R"(alpha = { value = "2 1/V", source = "me" })", "values.alpha.range is missing");
    check(R"(alpha = { value = "2 1/V", range = ["1 1/V", "9 1/V"], source = "me", unit = "x" })",
          "unknown key values.alpha.unit");
    CHECK(contains(error_of_card("alhpa = 1\n" + std::string(good)), "own.toml:5: unknown key values.alhpa"));
    CHECK(contains(error_of_card(""), "values.alpha is missing"));
}

TEST_CASE("an unknown device, model or value is refused with the nearest known one") {
    CHECK(contains(error_of([] { static_cast<void>(find_card("pmc")); }), "unknown device 'pmc'"));
    CHECK(contains(error_of([] { static_cast<void>(find_card("pcm/hermes_3")); }),
                   "did you mean 'pcm/hermes_1'"));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"gmax", "1u"}}));
                   }),
                   "did you mean 'g_max'"));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"g_max", "1 V"}}));
                   }),
                   "g_max is wrong"));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"g_max", "1 S"}}));
                   }),
                   "out of its range"));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"programming", "1"}}));
                   }),
                   "programming is wrong: "));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"programming", "[]"}}));
                   }),
                   "has 0 numbers, expected one at least"));
    CHECK(contains(error_of([] {
                       static_cast<void>(find_card("pcm", {{"read_power", "[0.01, 0.65]"}}));
                   }),
                   "has 2 numbers, expected 3"));
    CHECK(find_card("pcm", {{"programming", "[1e-7, \"2u\"]"}}).numbers("programming") ==
          std::vector<double>{1e-7, 2e-6});
    CHECK(contains(error_of([] { static_cast<void>(find_card("nowhere/mine.toml")); }), "nowhere/mine.toml"));
    CHECK(find_card("pcm", {{"g_max", "30u"}}).number("g_max") == testing::approx(30e-6));
}

TEST_CASE("a table is read from CSV beside its card, and its mistakes are named by line") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "iv.csv")
        << "# measured\nv,low,high\n-0.1,-1u,-3u\n0,0,0\n\n0.1, 1e-6, 3e-6\n";
    const auto write_card = [&](const std::string& name) {
        std::ofstream(folder.path() / "own.toml")
            << "model = \"table\"\ntitle = \"mine\"\n[values]\nfile = { value = \"" << name
            << "\", source = \"me\" }\n";
        return (folder.path() / "own.toml").string();
    };
    const auto device = make_device(find_card(write_card("iv.csv")));
    CHECK(device->g_min() == testing::approx(1e-5));
    CHECK(device->g_max() == testing::approx(3e-5));
    CHECK(evaluate_cell(device->law(300), 2e-5, 0, 0.1).current == testing::approx(2e-6));

    std::ofstream(folder.path() / "bad.csv") << "v,low\n0,0\n0.1,x\n";
    CHECK(contains(error_of([&] { static_cast<void>(make_device(find_card(write_card("bad.csv")))); }),
                   "bad.csv:3: 'x'"));
    std::ofstream(folder.path() / "short.csv") << "v,low\n0,0\n0.1\n";
    CHECK(contains(error_of([&] { static_cast<void>(make_device(find_card(write_card("short.csv")))); }),
                   "short.csv:3: 1 numbers"));
    CHECK(contains(error_of([&] { static_cast<void>(make_device(find_card(write_card("no.csv")))); }),
                   "no.csv"));
}

} // namespace ohmloom::testing
