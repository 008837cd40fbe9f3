#include "netlist/netlist_folder.hpp"

#include "base/errors.hpp"
#include "netlist/comparison.hpp"
#include "store/unfinished_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

constexpr std::string_view schema = "ohmloom-netlist-1";

/// Writes a file under its name, complete or not at all, and gives its size.
std::size_t write_whole(const std::filesystem::path& file, const std::function<void(std::ostream&)>& write) {
    UnfinishedFile unfinished(file);
    std::ofstream stream(unfinished.path(), std::ios::binary);
    write(stream);
    const auto bytes = static_cast<std::size_t>(stream.tellp());
    stream.close();
    if (!stream) throw FileError(fmt::format("{}: writing failed: is the disk full?", file.string()));
    unfinished.commit();
    return bytes;
}

/// Removes the files of an earlier netlist: its expected values must not be taken for those of the next one.
void remove_earlier(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "manifest.json";
    std::ifstream stream(file);
    if (!stream) return;
    const nlohmann::json manifest = nlohmann::json::parse(stream, nullptr, false);
    if (!manifest.is_object() || manifest.value("schema", "") != schema || !manifest.contains("files"))
        return;
    std::error_code ignored;
    for (const nlohmann::json& entry : manifest["files"]) {
        const std::filesystem::path name = entry.is_object() ? entry.value("name", "") : "";
        if (!name.empty() && name == name.filename()) std::filesystem::remove(folder / name, ignored);
    }
    std::filesystem::remove(file, ignored);
}

} // namespace

NetlistFolder::NetlistFolder(std::filesystem::path folder, SpiceDialect dialect, Provenance provenance)
    : folder_(std::move(folder)), dialect_(dialect), provenance_(std::move(provenance)) {}

void NetlistFolder::begin() {
    std::error_code error;
    std::filesystem::create_directory(folder_, error);
    if (error || !std::filesystem::is_directory(folder_)) {
        throw FileError(fmt::format("{}: cannot make this folder: {}", folder_.string(),
                                    error ? error.message() : "a file is in its place"));
    }
    remove_earlier(folder_);
}

void NetlistFolder::write_file(const std::string& name, const std::string& what,
                               const std::function<void(SpiceWriter&)>& write) {
    if (files_.empty()) begin();
    NetlistFile file{name, what};
    file.bytes = write_whole(folder_ / name, [&](std::ostream& stream) {
        SpiceWriter writer(stream, dialect_);
        write(writer);
        writer.flush();
        file.elements = writer.elements();
    });
    files_.push_back(std::move(file));
}

void NetlistFolder::add(const std::string& name, const std::string& what,
                        const std::function<void(SpiceWriter&)>& write) {
    write_file(name, what, [&](SpiceWriter& writer) {
        writer.comment(what);
        for (const auto& [key, value] : provenance_) writer.comment(fmt::format("{}: {}", key, value));
        write(writer);
    });
}

void NetlistFolder::write_expected(const std::vector<DeckMeasure>& measures) {
    NetlistFile file{"expected.csv", "what the native engines find"};
    file.bytes =
        write_whole(folder_ / file.name, [&](std::ostream& stream) { stream << expected_text(measures); });
    files_.push_back(std::move(file));
}

void NetlistFolder::write_manifest(const std::string& deck_name, const Deck& deck, bool vectors) {
    nlohmann::ordered_json manifest{{"schema", schema}, {"dialect", to_string(dialect_)}};
    for (const auto& [key, value] : provenance_) manifest["provenance"][key] = value;
    manifest["deck"] = deck_name;
    if (vectors) manifest["expected"] = "expected.csv";
    manifest["hierarchy_separator"] = std::string(1, hierarchy_separator(dialect_));
    manifest["inputs"] = deck.v.cols();
    manifest["images"] = deck.v.rows();
    if (deck.is_stream()) manifest["sample_time_s"] = deck.sample_time;
    for (const DeckMeasure& measure : measures_of(deck)) {
        manifest["measures"].push_back(
            {{"name", measure.name}, {"signal", measure.signal}, {"unit", measure.unit}});
    }
    for (const NetlistFile& file : files_) {
        manifest["files"].push_back(
            {{"name", file.name}, {"what", file.what}, {"elements", file.elements}, {"bytes", file.bytes}});
    }
    write_whole(folder_ / "manifest.json", [&](std::ostream& stream) { stream << manifest.dump(2) << '\n'; });
}

void NetlistFolder::finish(const std::string& name, Deck deck, bool vectors) {
    deck.provenance.insert(deck.provenance.begin(),
                           fmt::format("written by OhmLoom: {} dialect, SI units", to_string(dialect_)));
    for (const auto& [key, value] : provenance_) deck.provenance.push_back(fmt::format("{}: {}", key, value));
    for (const NetlistFile& file : files_) deck.includes.push_back(file.name);
    write_file(name, "the deck to run", [&](SpiceWriter& writer) { write_deck(writer, deck); });
    if (vectors) write_expected(measures_of(deck));
    write_manifest(name, deck, vectors);
}

} // namespace ohmloom
