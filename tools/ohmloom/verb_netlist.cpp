#include "array_input.hpp"
#include "base/errors.hpp"
#include "base/si.hpp"
#include "devicemodels/spice_face.hpp"
#include "inference/analog_neurons.hpp"
#include "netlist/comparison.hpp"
#include "netlist/netlist_writer.hpp"
#include "network/dataset.hpp"
#include "study/study_file.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ohmloom::cli {

namespace {

struct NetlistArguments {
    std::string input;
    std::string output;
    std::string dialect = "ngspice";
    std::string tile; ///< "L/H/V"
    std::optional<long> layer;
    bool network = false;
    long scheme = 0;
    std::string device;
    long image = 0;
    long images = 1;
    std::string sample;
    bool vectors = false;
    std::string check; ///< a simulator's result
    std::string expected;
    double tolerance = 1e-6;
    bool json = false;
};

TilePlace parse_place(const std::string& text) {
    Index numbers[3]{};
    const char* next = text.data();
    const char* const end = next + text.size();
    for (int k = 0; k < 3; ++k) {
        const auto [behind, error] = std::from_chars(next, end, numbers[k]);
        const bool at_slash = behind != end && *behind == '/';
        if (error != std::errc() || (k < 2 ? !at_slash : behind != end)) {
            throw InputError(fmt::format(
                "--tile is '{}': expected layer/horizontal/vertical partition, such as 0/1/0", text));
        }
        next = behind + 1;
    }
    return {numbers[0], numbers[1], numbers[2]};
}

double sample_time(const NetlistArguments& arguments, double otherwise) {
    if (arguments.sample.empty()) return otherwise;
    const double time = parse_si(arguments.sample, "s");
    if (!(time > 0.0)) throw InputError(fmt::format("--sample is {} s: expected a positive time", time));
    return time;
}

const StudyDevice& device_of(const Study& study, const NetlistArguments& arguments) {
    if (arguments.device.empty()) return study.devices.front();
    std::string names;
    for (const StudyDevice& device : study.devices) {
        if (device.name == arguments.device) return device;
        names += (names.empty() ? "'" : ", '") + device.name + "'";
    }
    throw InputError(fmt::format("{}: there is no device '{}': expected one of {}", arguments.input,
                                 arguments.device, names));
}

std::string partition_text(const std::vector<LayerPartition>& partitions) {
    std::string horizontal, vertical;
    for (const LayerPartition& partition : partitions) {
        horizontal += fmt::format("{}{}", horizontal.empty() ? "" : "/", partition.horizontal);
        vertical += fmt::format("{}{}", vertical.empty() ? "" : "/", partition.vertical);
    }
    return horizontal + " x " + vertical;
}

std::string images_text(const NetlistArguments& arguments, std::string_view what) {
    if (arguments.images == 1) return fmt::format("{}", arguments.image);
    return fmt::format("{} to {} of {}", arguments.image, arguments.image + arguments.images - 1, what);
}

/// Converters have no netlist, so decks of such a study end with the stages of the tiles that inputs drive.
void require_first_layer(const NetlistArguments& arguments) {
    if (arguments.tile.empty() || parse_place(arguments.tile).layer != 0) {
        throw InputError(fmt::format(
            "{}: has converters ([adc]), which no netlist has: expected --tile 0/H/V, a tile of the first "
            "layer, or a study without [adc]",
            arguments.input));
    }
}

/// What a deck's row voltages are, where a study has converters: a deck has one set of them.
std::string rows_text(const MixedReadout& readout) {
    if (readout.input == RowInput::pulse_width)
        return "inputs as voltages: [dac] gives them as pulse widths, which this deck does not show";
    if (readout.input == RowInput::bit_serial)
        return "inputs as voltages: [dac] gives them bit by bit, which this deck does not show";
    return readout.dac ? "levels of [dac], with its errors" : "inputs as voltages";
}

/// A study's network on its arrays, with what its netlist says of where it comes from.
std::vector<NetlistFile> write_study(const NetlistArguments& arguments) {
    Study study = read_study(arguments.input);
    study.tables = nullptr; // decks are circuits, and so are the answers beside them
    if (study.charge) {
        throw InputError(fmt::format(
            "{}: has arrays that compute in charge, which this verb does not write: expected `ohmloom charge "
            "--deck FILE` for a column, or `ohmloom run --cross-check N` to solve drawn ones in ngspice",
            arguments.input));
    }
    if (study.mixed) require_first_layer(arguments);
    if (arguments.scheme >= static_cast<long>(study.schemes.size())) {
        throw InputError(fmt::format("{}: there is no scheme {}: expected 0 to {}", arguments.input,
                                     arguments.scheme, study.schemes.size() - 1));
    }
    const Scheme& scheme = study.schemes[static_cast<std::size_t>(arguments.scheme)];
    const StudyDevice& device = device_of(study, arguments);
    const Network network = with_positive_scales(read_network(scheme.network));
    const std::vector<LayerPartition> partitions = partitions_of(study, scheme, network);
    if (!study.mixed) require_neurons_for(network, study.neuron);
    const Polarity polarity = study.mixed ? Polarity::direct : polarity_for(study.neuron);
    const RowSigns signs = study.mixed ? study.mixed->signs : RowSigns::two_phases;
    const Plan plan = make_plan(network, partitions, device.window, polarity, signs);
    NetworkCircuit circuit = circuit_of(study, network);
    circuit.devices = device.use;

    const std::vector<std::filesystem::path> search{study.file.parent_path()};
    const DataSet data = read_dataset(study.data_set, search);
    const std::vector<LayerArrays> layers = build_network(plan, circuit);
    NetlistSource source{layers,
                         circuit.neuron,
                         encode_inputs(data, network.input, arguments.image, arguments.images),
                         "cell",
                         "OhmLoom network " + network.name,
                         sample_time(arguments, study.timing.samples.front())};
    if (device.use.model != nullptr) source.cell = subcircuit_name(device.use.model->card());
    Provenance provenance{{"program", fmt::format("ohmloom {}", OHMLOOM_VERSION)},
                          {"study", arguments.input},
                          {"network", fmt::format("{} ({})", scheme.network.string(), network.name)},
                          {"partitions", partition_text(partitions)},
                          {"device", device.name},
                          {"seed", fmt::format("{}", study.seed)},
                          {"data", study.data_set},
                          {"image", images_text(arguments, study.data_set)}};
    if (study.mixed) {
        provenance.emplace_back("rows", rows_text(*study.mixed));
        if (study.mixed->input == RowInput::level) source.dac = study.mixed->dac;
        source.seed = study.mixed->seed;
    }
    NetlistFolder folder(arguments.output, dialect_from_name(arguments.dialect), std::move(provenance));
    if (!arguments.tile.empty()) {
        const TilePlace place = parse_place(arguments.tile);
        source.title += fmt::format(", tile {}", arguments.tile);
        write_tile_netlist(source, place, arguments.vectors, folder);
    } else if (arguments.layer) {
        source.title += fmt::format(", layer {}", *arguments.layer);
        write_layer_netlist(source, *arguments.layer, arguments.vectors, folder);
    } else {
        write_network_netlist(source, arguments.vectors, folder);
    }
    return folder.files();
}

/// An array file and some of its input vectors.
std::vector<NetlistFile> write_array(const NetlistArguments& arguments) {
    if (!arguments.tile.empty() || arguments.layer || arguments.network) {
        throw InputError(
            fmt::format("{}: is one array: --tile, --layer and --network are for studies", arguments.input));
    }
    const ArrayFile input = read_array_file(arguments.input);
    const Crossbar crossbar = to_crossbar(input);
    if (arguments.image + arguments.images > input.v_row.rows()) {
        throw InputError(fmt::format("{}: holds {} input vectors, but {} from number {} are asked for",
                                     arguments.input, input.v_row.rows(), arguments.images, arguments.image));
    }
    ArraySource source{crossbar, Matrix<double>(arguments.images, crossbar.rows()), input.v_col,
                       "OhmLoom array", sample_time(arguments, 1e-9)};
    for (Index k = 0; k < arguments.images; ++k)
        std::ranges::copy(input.v_row.row(arguments.image + k), source.v_row.row(k).begin());
    NetlistFolder folder(arguments.output, dialect_from_name(arguments.dialect),
                         {{"program", fmt::format("ohmloom {}", OHMLOOM_VERSION)},
                          {"array", arguments.input},
                          {"vector", images_text(arguments, "the batch")}});
    try {
        write_array_netlist(source, arguments.vectors, folder);
    } catch (const InputError& error) {
        throw InputError(fmt::format("{}: {}", arguments.input, error.what()));
    }
    return folder.files();
}

int write_netlist(const NetlistArguments& arguments) {
    if (arguments.input.empty() || arguments.output.empty())
        throw InputError("netlist: name a study or an array file, and the folder to write with -o");
    const bool is_study = std::filesystem::path(arguments.input).extension() == ".toml";
    const std::vector<NetlistFile> files = is_study ? write_study(arguments) : write_array(arguments);
    std::size_t elements = 0, bytes = 0;
    for (const NetlistFile& file : files) {
        elements += file.elements;
        bytes += file.bytes;
    }
    // The deck is the last file with elements.
    std::string deck;
    for (const NetlistFile& file : files) {
        if (file.name.ends_with(".cir"))
            deck = (std::filesystem::path(arguments.output) / file.name).string();
    }
    if (arguments.json) {
        const nlohmann::ordered_json object{
            {"schema", "ohmloom-netlist-1"}, {"deck", deck},   {"files", files.size() + 1},
            {"elements", elements},          {"bytes", bytes}, {"dialect", arguments.dialect}};
        fmt::print("{}\n", object.dump(2));
    } else {
        fmt::print("{}: {} elements in {} files, {} dialect\n", deck, elements, files.size() + 1,
                   arguments.dialect);
    }
    return exit_good;
}

int check_result(const NetlistArguments& arguments) {
    const std::filesystem::path beside =
        std::filesystem::path(arguments.check).parent_path() / "expected.csv";
    const std::vector<ExpectedValue> expected =
        read_expected(arguments.expected.empty() ? beside : std::filesystem::path(arguments.expected));
    const Comparison comparison = compare(expected, read_simulator_result(arguments.check));
    const bool good = comparison.missing.empty() && comparison.worst <= arguments.tolerance;
    if (arguments.json) {
        const nlohmann::ordered_json object{{"schema", "ohmloom-netlist-check-1"},
                                            {"compared", comparison.compared},
                                            {"missing", comparison.missing},
                                            {"worst", comparison.worst},
                                            {"name", comparison.worst_name},
                                            {"expected", comparison.worst_expected},
                                            {"found", comparison.worst_found},
                                            {"tolerance", arguments.tolerance},
                                            {"good", good}};
        fmt::print("{}\n", object.dump(2));
        return good ? exit_good : exit_not_converged;
    }
    if (comparison.compared > 0) {
        fmt::print("{} values compared, largest difference {:.1e} in {}: {:.9g} {}, expected {:.9g}\n",
                   comparison.compared, comparison.worst, comparison.worst_name, comparison.worst_found,
                   comparison.worst_unit, comparison.worst_expected);
    }
    if (!comparison.missing.empty()) {
        fmt::print("{} expected values are not in the result, the first is {}\n", comparison.missing.size(),
                   comparison.missing.front());
    }
    if (!good) fmt::print("the result differs by more than {:.1e}, or lacks values\n", arguments.tolerance);
    return good ? exit_good : exit_not_converged;
}

int run_netlist(const NetlistArguments& arguments) {
    return arguments.check.empty() ? write_netlist(arguments) : check_result(arguments);
}

} // namespace

void add_netlist_verb(CommandLine& line) {
    auto arguments = std::make_shared<NetlistArguments>();
    NetlistArguments& a = *arguments;
    CLI::App* verb = line.app.add_subcommand(
        "netlist", "Write a tile, a layer or a network as SPICE decks, and check a simulator's results");
    verb->add_option("input", a.input, "study (.toml), or array file with schema ohmloom-array-1");
    CLI::Option* tile = verb->add_option("--tile", a.tile, "one tile: layer/horizontal/vertical partition");
    CLI::Option* layer = verb->add_option("--layer", a.layer, "one layer, up to its neurons")
                             ->check(at_least(0))
                             ->excludes(tile);
    verb->add_flag("--network", a.network, "the whole network (default)")->excludes(tile)->excludes(layer);
    verb->add_option("--dialect", a.dialect, "ngspice, xyce or hspice")->capture_default_str();
    verb->add_option("-o,--output", a.output, "folder to write");
    verb->add_option("--scheme", a.scheme, "of a study with several: 0 for the first")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--device", a.device, "of a study with several: its name; the first if not given");
    verb->add_option("--image", a.image, "image, or input vector, that drives the deck: 0 for the first")
        ->check(at_least(0))
        ->capture_default_str();
    verb->add_option("--images", a.images, "more than 1: a stream of so many images, as a transient")
        ->check(at_least(1))
        ->capture_default_str();
    verb->add_option("--sample", a.sample, "time per image of a stream; the study's if not given, else 1n");
    verb->add_flag("--vectors", a.vectors, "also write the expected outputs, to expected.csv");
    verb->add_option("--check", a.check,
                     "compare a simulator's result (raw, CSV, log of measures) with the expected outputs");
    verb->add_option("--expected", a.expected,
                     "expected outputs; expected.csv beside the result if not given");
    verb->add_option("--tol", a.tolerance, "largest relative difference that --check accepts")
        ->check(fraction())
        ->capture_default_str();
    verb->add_flag("--json", a.json, "print the summary as JSON");
    verb->footer("Example:\n  ohmloom netlist examples/mnist-partitions.toml --scheme 4 --tile 0/6/1 "
                 "--vectors -o tile\n"
                 "  ngspice -b -r tile/result.raw tile/tile.cir\n"
                 "  ohmloom netlist --check tile/result.raw\n\n"
                 "Exit status: 0 good, 1 the result differs, 2 bad input.");
    verb->callback([arguments, &line] { line.chosen = [arguments] { return run_netlist(*arguments); }; });
}

} // namespace ohmloom::cli
