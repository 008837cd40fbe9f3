#include "store/toml_document.hpp"

#include "base/errors.hpp"
#include "tests/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ohmloom;

namespace {

TomlDocument sample() {
    return TomlDocument::parse(
        "seed = 7 # a comment\n[array]\nwire = { r_row = \"1k\", r_col = 2.5 }\nends = [\"a\", 'b']\n"
        "[[device]]\nr_on = 5\n[[device]]\nr_on = 6\n",
        "study.toml");
}

} // namespace

TEST_CASE("Values are found by their path and written as TOML writes them on one line") {
    const TomlDocument document = sample();
    CHECK(document.value("seed") == "7");
    CHECK(document.value("array.wire.r_row") == "\"1k\"");
    CHECK(document.value("array.wire.r_col") == "2.5");
    CHECK(document.value("array.ends") == "[\"a\", \"b\"]");
    CHECK(document.value("device[1].r_on") == "6");
    CHECK(document.value("array.wire") == "{ r_col = 2.5, r_row = \"1k\" }");
    for (const char* nothing : {"array.wires", "device[2].r_on", "seed.x", "device.r_on", "seed[0]"})
        CHECK_FALSE(document.value(nothing).has_value());
}

TEST_CASE("A value that is set is all that changes, and only in that document") {
    TomlDocument document = sample();
    const TomlDocument before = document;
    document.set("array.wire.r_row", "\"2k\"");
    document.set("device[0].model", "\"pcm\"");
    document.set("new.table.key", "[1, [2, 3]]");
    CHECK(document.value("array.wire.r_row") == "\"2k\"");
    CHECK(document.value("array.wire.r_col") == "2.5");
    CHECK(document.value("device[0].model") == "\"pcm\"");
    CHECK(document.value("new.table.key") == "[1, [2, 3]]");
    CHECK(before.value("array.wire.r_row") == "\"1k\"");
    document.remove("new");
    document.remove("nothing of that name");
    CHECK_FALSE(document.value("new.table.key").has_value());
}

TEST_CASE("Numbers, texts with quotes and tables keep their values through set and value") {
    TomlDocument document = sample();
    for (const std::string literal :
         {"1e-07", "0.1", "-3", "2.154434690031884", "true", "\"say \\\"x\\\" [1]\"", "[]",
          "[\"a, b\", \"]\"]", "{ a = 1, \"b c\" = [2] }"}) {
        CAPTURE(literal);
        document.set("value", literal);
        const std::string written = document.value("value").value();
        document.set("value", written);
        CHECK(document.value("value") == written);
        if (literal.front() != '1') CHECK(written == literal);
    }
}

TEST_CASE("Equal content gives equal text, whatever the order and the comments") {
    CHECK(TomlDocument::parse("b = 1\na = 2 # two\n", "x").text() ==
          TomlDocument::parse("a = 2\nb = 1\n", "y").text());
    const TomlDocument document = sample();
    CHECK(TomlDocument::parse(document.text(), "again").text() == document.text());
    std::vector<std::string> paths;
    for (const auto& entry : document.entries()) paths.push_back(entry.path + "=" + entry.value);
    CHECK(paths == std::vector<std::string>{"array.ends=[\"a\", \"b\"]", "array.wire.r_col=2.5",
                                            "array.wire.r_row=\"1k\"", "device[0].r_on=5", "device[1].r_on=6",
                                            "seed=7"});
}

TEST_CASE("Paths and values that make no sense are refused by name") {
    TomlDocument document = sample();
    const auto refused = [&](const char* path, const char* value, const char* part) {
        CHECK(mentions(message_of<InputError>([&] { document.set(path, value); }), part));
    };
    refused("seed.x", "1", "'seed' is no table");
    refused("device.r_on", "1", "name its element, as device[0]");
    refused("device[2].r_on", "1", "device");
    refused("array..x", "1", "'array..x' is no key");
    refused("device[x].r_on", "1", "expected a number in brackets");
    refused("array.ends[0]", "1", "give the whole list");
    refused("array.rows", "nonsense", "'nonsense' is no TOML value for array.rows");
    CHECK(document.text() == sample().text());
}

TEST_CASE(
    "A strict table of the document knows lines of what stood in the file, and units that were asked for") {
    TomlDocument document = sample();
    document.set("array.wire.r_row", "\"x\"");
    const TomlTable root = document.table();
    CHECK(root.keys().size() == 3);
    const TomlTable wire = root.table("array").table("wire");
    CHECK(wire.number("r_col", "Ohm") == 2.5);
    CHECK(root.units().at("array.wire.r_col") == "Ohm");
    CHECK(mentions(message_of<InputError>([&] { static_cast<void>(wire.number("r_row", "Ohm")); }),
                   "study.toml: array.wire.r_row"));
    const TomlTable untouched = sample().table().table("array").table("wire");
    CHECK(mentions(message_of<InputError>([&] { static_cast<void>(untouched.integer("r_row")); }),
                   "study.toml:3: array.wire.r_row"));
}
