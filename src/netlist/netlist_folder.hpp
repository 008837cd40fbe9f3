#pragma once

#include "circuit/spice_writer.hpp"
#include "netlist/deck.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom {

/// One file of a netlist.
struct NetlistFile {
    std::string name; ///< beside the deck
    std::string what; ///< one line
    std::size_t elements = 0;
    std::size_t bytes = 0;
};

/// Where a netlist comes from, for its header and manifest: "study" and "examples/mnist.toml", ….
using Provenance = std::vector<std::pair<std::string, std::string>>;

/// A folder that receives the files of one netlist: subcircuits, the deck, the expected values, the manifest last.
/// It is made with the first file. Files that the manifest of an earlier netlist lists go; others are left alone. Every file is
/// complete or not there.
class NetlistFolder {
public:
    NetlistFolder(std::filesystem::path folder, SpiceDialect dialect, Provenance provenance);

    /// Writes a file of subcircuits: its header, then what `write` writes.
    /// @throws FileError if the folder cannot be made or written.
    void add(const std::string& name, const std::string& what,
             const std::function<void(SpiceWriter&)>& write);

    /// Writes the deck, which includes all files added before, `expected.csv` if `vectors`, and `manifest.json`.
    void finish(const std::string& name, Deck deck, bool vectors);

    [[nodiscard]] const std::vector<NetlistFile>& files() const { return files_; }

private:
    void begin();
    void write_file(const std::string& name, const std::string& what,
                    const std::function<void(SpiceWriter&)>& write);
    void write_expected(const std::vector<DeckMeasure>& measures);
    void write_manifest(const std::string& deck_name, const Deck& deck, bool vectors);

    std::filesystem::path folder_;
    SpiceDialect dialect_;
    Provenance provenance_;
    std::vector<NetlistFile> files_;
};

} // namespace ohmloom
