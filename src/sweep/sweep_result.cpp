#include "sweep/sweep_result.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"
#include "study/stored_points.hpp"
#include "study/study_file.hpp"
#include "sweep/sweep_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace ohmloom {

namespace {

/// What is known of every point, in the order of their numbers.
struct PointList {
    std::vector<std::uint8_t> status;
    std::vector<std::string> keys, messages, hosts;
    std::vector<std::int64_t> seeds, images, ended;
    std::vector<double> wall;

    explicit PointList(Index points) {
        const auto size = static_cast<std::size_t>(points);
        status.assign(size, point_not_computed);
        keys.resize(size);
        messages.resize(size);
        hosts.resize(size);
        seeds.resize(size);
        images.resize(size);
        ended.resize(size);
        wall.resize(size);
    }

    void set(Index number, const PointRecord& point) {
        const auto at = static_cast<std::size_t>(number);
        status[at] = static_cast<std::uint8_t>(point.status);
        keys[at] = point.key;
        messages[at] = point.message;
        hosts[at] = point.host;
        seeds[at] = static_cast<std::int64_t>(point.seed);
        images[at] = point.images;
        ended[at] = point.ended;
        wall[at] = point.wall;
    }
};

/// Points as they come, to be put in order.
class Collected {
public:
    Collected(const SweepPlan& plan, const PointKeys& keys) : list_(plan.points()) {
        for (Index n = 0; n < plan.points(); ++n) numbers_[keys.key(point_at(plan, n))].push_back(n);
    }

    void take(const PointRecord& point) {
        const auto known = numbers_.find(point.key);
        if (known == numbers_.end()) return; // of a study that was changed since
        const Index first = table_.rows;
        bool wanted = false;
        for (const Index number : known->second) {
            if (list_.status[static_cast<std::size_t>(number)] != point_not_computed)
                continue; // computed twice
            wanted = true;
            list_.set(number, point);
            for (Index r = 0; r < point.table.rows; ++r) order_.push_back({number, first + r});
        }
        if (!wanted) return;
        append(table_, point.table);
        if (point.labels) add_labels(point, known->second);
    }

    [[nodiscard]] const PointList& list() const { return list_; }

    /// Rows by their points' numbers, columns by name.
    [[nodiscard]] ResultTable table(std::vector<Index>& number_of_row) {
        std::ranges::stable_sort(order_, {}, &std::pair<Index, Index>::first);
        std::vector<Index> rows;
        number_of_row.clear();
        for (const auto& [number, row] : order_) {
            number_of_row.push_back(number);
            rows.push_back(row);
        }
        ResultTable table = select_rows(table_, rows);
        table_ = {};
        std::ranges::sort(table.columns, {}, &ResultColumn::name);
        return table;
    }

    /// Labels of all points' images, if all have the same; else one list per set of labels, and which a point has.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>>
    labels(std::vector<std::int64_t>& set_of_point) const {
        std::vector<std::vector<std::uint8_t>> sets; // in the order of the points, not of their coming
        std::map<std::string, std::int64_t> numbers;
        set_of_point.assign(list_.status.size(), -1);
        for (const auto& [number, labels] : labels_of_point_) {
            const auto [known, is_new] = numbers.try_emplace(std::string(labels->begin(), labels->end()),
                                                             static_cast<std::int64_t>(sets.size()));
            if (is_new) sets.push_back(*labels);
            set_of_point[static_cast<std::size_t>(number)] = known->second;
        }
        return sets;
    }

private:
    void add_labels(const PointRecord& point, const std::vector<Index>& numbers) {
        for (const Index number : numbers) labels_of_point_.try_emplace(number, point.labels);
    }

    std::unordered_map<std::string, std::vector<Index>> numbers_; ///< of the points with a key
    PointList list_;
    ResultTable table_;                          ///< in the order in which points came
    std::vector<std::pair<Index, Index>> order_; ///< point and row of the table
    std::map<Index, std::shared_ptr<const std::vector<std::uint8_t>>> labels_of_point_;
};

/// A number if all of an axis' values are, else as TOML writes it; texts without their quotes.
void write_coordinate(Hdf5Writer& writer, const AxisLabel& axis, const std::string& unit,
                      const std::vector<std::string>& values) {
    const std::string path = "/coordinates/" + axis.key;
    std::vector<double> numbers;
    numbers.reserve(values.size());
    for (const std::string& value : values) numbers.push_back(number_of_literal(value));
    if (std::ranges::none_of(numbers, [](double number) { return std::isnan(number); })) {
        writer.write(path, numbers, unit);
    } else {
        std::vector<std::string> texts = values;
        for (std::string& text : texts) {
            if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
                text = text.substr(1, text.size() - 2);
        }
        writer.write_texts(path, texts);
    }
    writer.set_attribute(path, "kind", name_of(axis.kind));
}

void write_coordinates(Hdf5Writer& writer, const SweepPlan& plan, const std::vector<Index>& number_of_row) {
    const std::vector<AxisLabel> axes = axes_of(plan);
    std::vector<std::string> names;
    names.reserve(axes.size());
    for (const AxisLabel& axis : axes) names.push_back(axis.key);
    writer.write_texts("/axes/names", names);
    if (axes.empty()) return;
    std::map<std::string, std::string> units;
    try {
        units = units_of_keys(study_at(plan, point_at(plan, 0)), plan.file);
    } catch (const Error&) { // a file that the study needs is not here: results are joined nevertheless
    }
    std::vector<std::vector<std::string>> values(axes.size());
    std::optional<SweepPoint> point;
    for (const Index number : number_of_row) {
        if (!point || point->number != number) point = point_at(plan, number);
        for (std::size_t a = 0; a < axes.size(); ++a) {
            values[a].push_back(coordinate_at(plan, axes, *point, a));
        }
    }
    for (std::size_t a = 0; a < axes.size(); ++a) {
        const auto unit = units.find(axes[a].key);
        write_coordinate(writer, axes[a], unit == units.end() || unit->second.empty() ? "1" : unit->second,
                         values[a]);
    }
}

void write_labels(Hdf5Writer& writer, const Collected& collected) {
    std::vector<std::int64_t> set_of_point;
    const std::vector<std::vector<std::uint8_t>> sets = collected.labels(set_of_point);
    if (sets.empty()) return;
    if (sets.size() == 1) {
        writer.write("/labels", sets.front(), "1");
        return;
    }
    for (std::size_t s = 0; s < sets.size(); ++s)
        writer.write(fmt::format("/label_sets/{}", s), sets[s], "1");
    writer.write("/sweep/label_set", set_of_point, "1");
}

void write_points(Hdf5Writer& writer, const PointList& list) {
    writer.write("/sweep/status", list.status, "1");
    writer.write_texts("/sweep/message", list.messages);
    writer.write_texts("/sweep/key", list.keys);
    writer.write("/sweep/seed", list.seeds, "1");
    writer.write("/sweep/images", list.images, "1");
    std::set<std::int64_t> counts;
    for (std::size_t i = 0; i < list.status.size(); ++i) {
        if (list.status[i] != point_not_computed && list.images[i] > 0) counts.insert(list.images[i]);
    }
    if (counts.size() == 1) writer.write("/images", *counts.begin(), "1");
    writer.write("/timing/wall_s", list.wall, "s");
    writer.write("/timing/ended_s", list.ended, "s");
    writer.write_texts("/timing/host", list.hosts);
}

MergeOutcome outcome_of(const PointList& list) {
    MergeOutcome outcome;
    outcome.points = static_cast<Index>(list.status.size());
    for (std::size_t i = 0; i < list.status.size(); ++i) {
        if (list.status[i] == point_not_computed) ++outcome.missing;
        if (list.status[i] == static_cast<std::uint8_t>(PointStatus::not_converged)) ++outcome.not_converged;
        if (list.status[i] == static_cast<std::uint8_t>(PointStatus::failed) && outcome.failed++ == 0)
            outcome.first_failure = list.messages[i];
    }
    return outcome;
}

void write_result(const SweepPlan& plan, Collected& collected, const std::filesystem::path& result,
                  const SweepProvenance& provenance) {
    Hdf5Writer writer(result);
    writer.set_attribute("/", "schema", "ohmloom-sweep-1");
    writer.set_attribute("/", "version", provenance.version);
    writer.write_text("/study", plan.text);
    writer.write("/seed", static_cast<std::int64_t>(plan.seed), "1");
    std::vector<Index> number_of_row;
    const ResultTable table = collected.table(number_of_row);
    write_table(table, "/points", writer);
    writer.write("/points/point", std::vector<std::int64_t>(number_of_row.begin(), number_of_row.end()), "1");
    write_coordinates(writer, plan, number_of_row);
    write_points(writer, collected.list());
    write_labels(writer, collected);
    writer.write_text("/provenance/command", provenance.command);
    writer.write_text("/provenance/version", provenance.version);
    writer.write_text("/provenance/host", provenance.host);
    writer.commit();
}

std::vector<double> numbers_of(const Hdf5Reader& reader, const std::string& path) {
    return reader.read_array(path, reader.attribute_text(path, "unit")).values;
}

} // namespace

MergeOutcome merge_sweep(const SweepPlan& plan, const PointKeys& keys, const std::filesystem::path& parts,
                         const std::filesystem::path& result, const SweepProvenance& provenance,
                         bool partial) {
    Collected collected(plan, keys);
    std::vector<RecordDamage> damages =
        read_parts(parts, [&](const PointRecord& point) { collected.take(point); });
    MergeOutcome outcome = outcome_of(collected.list());
    outcome.damages = std::move(damages);
    if (outcome.missing == 0 || partial) write_result(plan, collected, result, provenance);
    return outcome;
}

SweepLabels read_sweep_labels(const Hdf5Reader& reader, Index points) {
    SweepLabels labels;
    if (reader.has("/labels")) labels.sets.push_back(read_labels(reader, "/labels"));
    if (!reader.has("/label_sets")) {
        labels.set_of_point.assign(static_cast<std::size_t>(points), labels.sets.empty() ? -1 : 0);
        return labels;
    }
    for (std::size_t s = 0; s < reader.children("/label_sets").size(); ++s)
        labels.sets.push_back(read_labels(reader, fmt::format("/label_sets/{}", s)));
    for (const double set : reader.read_vector("/sweep/label_set", "1", points)) {
        if (!(set >= -1.0 && set < static_cast<double>(labels.sets.size())))
            throw FileError(fmt::format("{}: /sweep/label_set holds {}: expected at most {}",
                                        reader.file().string(), set, labels.sets.size() - 1));
        labels.set_of_point.push_back(static_cast<Index>(set));
    }
    return labels;
}

SweepFile read_sweep_file(const std::filesystem::path& result) {
    const Hdf5Reader reader(result);
    reader.require_schema("ohmloom-sweep-1");
    SweepFile file{reader.read_text("/study"), reader.attribute_text("/", "version")};
    for (const double status : numbers_of(reader, "/sweep/status")) {
        ++file.points;
        if (status == point_not_computed) ++file.missing;
        if (status == static_cast<double>(PointStatus::not_converged)) ++file.not_converged;
        if (status == static_cast<double>(PointStatus::failed)) ++file.failed;
    }
    return file;
}

Index count_outdated(const std::filesystem::path& result, const SweepPlan& plan, const PointKeys& keys) {
    const Hdf5Reader reader(result);
    const std::vector<double> status = numbers_of(reader, "/sweep/status");
    const std::vector<std::string> computed = reader.read_texts("/sweep/key");
    Index outdated = 0;
    for (Index n = 0; n < std::min(plan.points(), static_cast<Index>(computed.size())); ++n) {
        const auto at = static_cast<std::size_t>(n);
        if (status[at] != point_not_computed && computed[at] != keys.key(point_at(plan, n))) ++outdated;
    }
    return outdated;
}

void read_sweep_points(const std::filesystem::path& result, const std::function<void(PointRecord)>& take) {
    const Hdf5Reader reader(result);
    reader.require_schema("ohmloom-sweep-1");
    ResultTable table = read_table("/points", reader);
    std::vector<std::vector<Index>> rows_of_point;
    const std::vector<double> status = numbers_of(reader, "/sweep/status"),
                              seeds = numbers_of(reader, "/sweep/seed"),
                              images = numbers_of(reader, "/sweep/images"),
                              wall = numbers_of(reader, "/timing/wall_s"),
                              ended = numbers_of(reader, "/timing/ended_s");
    const std::vector<std::string> keys = reader.read_texts("/sweep/key"),
                                   messages = reader.read_texts("/sweep/message"),
                                   hosts = reader.read_texts("/timing/host");
    rows_of_point.resize(status.size());
    const std::vector<double> numbers = numbers_of(reader, "/points/point");
    for (std::size_t row = 0; row < numbers.size(); ++row)
        rows_of_point.at(static_cast<std::size_t>(numbers[row])).push_back(static_cast<Index>(row));
    std::erase_if(table.columns, [](const ResultColumn& column) { return column.name == "point"; });
    const SweepLabels labels = read_sweep_labels(reader, static_cast<Index>(status.size()));
    std::vector<std::shared_ptr<const std::vector<std::uint8_t>>> sets;
    for (const std::vector<std::uint8_t>& set : labels.sets)
        sets.push_back(std::make_shared<const std::vector<std::uint8_t>>(set));
    for (std::size_t i = 0; i < status.size(); ++i) {
        if (status[i] == point_not_computed) continue;
        PointRecord point;
        point.key = keys[i];
        point.status = static_cast<PointStatus>(status[i]);
        point.message = messages[i];
        point.seed = static_cast<std::uint64_t>(seeds[i]);
        point.images = static_cast<Index>(images[i]);
        point.wall = wall[i];
        point.ended = static_cast<std::int64_t>(ended[i]);
        point.host = hosts[i];
        point.table = select_rows(table, rows_of_point[i]);
        const Index set = labels.set_of_point[i];
        if (point.status != PointStatus::failed && set >= 0)
            point.labels = sets[static_cast<std::size_t>(set)];
        take(std::move(point));
    }
}

} // namespace ohmloom
