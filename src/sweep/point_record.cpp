#include "sweep/point_record.hpp"

#include "base/errors.hpp"
#include "store/sha256.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace ohmloom {

namespace {

using Json = nlohmann::json;
using Bytes = std::vector<std::uint8_t>;

std::string name_of_content(const Bytes& bytes) {
    Sha256 sum;
    sum.add(bytes);
    return sum.finish().substr(0, 16);
}

/// Numbers as the bytes they are, eight each, lowest first: CBOR's own would lose the kind of a "not a number".
Json packed(const std::vector<double>& values) {
    Bytes bytes;
    bytes.reserve(8 * values.size());
    for (const double value : values) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        for (unsigned shift = 0; shift < 64; shift += 8)
            bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
    return Json::binary(std::move(bytes));
}

std::vector<double> unpacked(const Bytes& bytes) {
    std::vector<double> values(bytes.size() / 8);
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint64_t bits = 0;
        for (unsigned b = 0; b < 8; ++b) bits |= static_cast<std::uint64_t>(bytes[8 * i + b]) << (8 * b);
        values[i] = std::bit_cast<double>(bits);
    }
    return values;
}

Json heads_of(const ResultTable& table) {
    Json heads = Json::array();
    for (const ResultColumn& column : table.columns)
        heads.push_back({column.name, column.unit, static_cast<int>(column.kind), column.width});
    return heads;
}

bool same_heads(const ResultTable& a, const ResultTable& b) {
    return std::ranges::equal(a.columns, b.columns, [](const ResultColumn& x, const ResultColumn& y) {
        return x.name == y.name && x.unit == y.unit && x.kind == y.kind && x.width == y.width;
    });
}

ResultTable without_rows(const ResultTable& table) {
    ResultTable heads;
    for (const ResultColumn& column : table.columns)
        heads.columns.push_back({column.name, column.unit, column.kind, column.width});
    return heads;
}

ResultTable table_of(const Json& heads) {
    ResultTable table;
    for (const Json& head : heads) {
        ResultColumn column;
        column.name = head.at(0).get<std::string>();
        column.unit = head.at(1).get<std::string>();
        column.kind = static_cast<ResultKind>(head.at(2).get<int>());
        column.width = head.at(3).get<Index>();
        table.columns.push_back(std::move(column));
    }
    return table;
}

/// All numbers, all texts and all bytes, column after column.
void put_values(const ResultTable& table, Json& record) {
    std::vector<double> numbers;
    Json texts = Json::array();
    Bytes bytes;
    for (const ResultColumn& column : table.columns) {
        numbers.insert(numbers.end(), column.numbers.begin(), column.numbers.end());
        for (const std::string& text : column.texts) texts.push_back(text);
        bytes.insert(bytes.end(), column.bytes.begin(), column.bytes.end());
    }
    record["rows"] = table.rows;
    record["numbers"] = packed(numbers);
    record["texts"] = std::move(texts);
    record["bytes"] = Json::binary(std::move(bytes));
}

void take_values(const Json& record, ResultTable& table) {
    table.rows = record.at("rows").get<Index>();
    const std::vector<double> numbers = unpacked(record.at("numbers").get_binary());
    const Bytes& bytes = record.at("bytes").get_binary();
    const Json& texts = record.at("texts");
    std::size_t number = 0, text = 0, byte = 0;
    for (ResultColumn& column : table.columns) {
        const std::size_t size =
            static_cast<std::size_t>(table.rows) * static_cast<std::size_t>(column.width);
        const auto take = [&](auto& to, const auto& from, std::size_t& at) {
            if (at + size > from.size()) throw InputError("the record has fewer values than columns");
            const auto first = from.begin() + static_cast<std::ptrdiff_t>(at);
            to.assign(first, first + static_cast<std::ptrdiff_t>(size));
            at += size;
        };
        switch (column.kind) {
        case ResultKind::number:
        case ResultKind::list:
            take(column.numbers, numbers, number);
            break;
        case ResultKind::bytes:
            take(column.bytes, bytes, byte);
            break;
        case ResultKind::text:
            for (Index row = 0; row < table.rows; ++row)
                column.texts.push_back(texts.at(text++).get<std::string>());
            break;
        }
    }
}

} // namespace

const std::string& RecordEncoder::name_of_columns(const ResultTable& table) {
    if (columns_.name.empty() || !same_heads(table, last_columns_)) {
        last_columns_ = without_rows(table);
        columns_.content = Json::to_cbor(heads_of(table));
        columns_.name = "columns " + name_of_content(columns_.content);
    }
    return columns_.name;
}

const std::string& RecordEncoder::name_of_labels(const Bytes& labels) {
    if (labels_.name.empty() || labels != labels_.content) {
        labels_.content = labels;
        labels_.name = "labels " + name_of_content(labels);
    }
    return labels_.name;
}

bool RecordEncoder::is_due(const std::string& name) {
    // A common record is repeated after so many points: what is lost with it is bounded.
    constexpr long repeat_after = 64;
    const auto [known, is_new] = written_.try_emplace(name, 0);
    if (!is_new && ++known->second < repeat_after) return false;
    known->second = 0;
    return true;
}

std::vector<Bytes> RecordEncoder::encode(const PointRecord& point) {
    std::vector<Bytes> records;
    Json record{
        {"kind", "point"},          {"key", point.key},     {"status", static_cast<int>(point.status)},
        {"message", point.message}, {"seed", point.seed},   {"images", point.images},
        {"wall", point.wall},       {"ended", point.ended}, {"host", point.host}};
    const std::string& columns = name_of_columns(point.table);
    record["columns"] = columns;
    if (is_due(columns))
        records.push_back(
            Json::to_cbor({{"kind", "columns"}, {"name", columns}, {"heads", heads_of(point.table)}}));
    if (point.labels) {
        const std::string& labels = name_of_labels(*point.labels);
        record["labels"] = labels;
        if (is_due(labels))
            records.push_back(Json::to_cbor(
                {{"kind", "labels"}, {"name", labels}, {"bytes", Json::binary(*point.labels)}}));
    }
    put_values(point.table, record);
    records.push_back(Json::to_cbor(record));
    return records;
}

std::optional<PointRecord> RecordDecoder::decode(std::span<const std::uint8_t> bytes) {
    try {
        const Json record = Json::from_cbor(bytes.begin(), bytes.end());
        const std::string kind = record.at("kind").get<std::string>();
        if (kind == "columns") {
            columns_[record.at("name").get<std::string>()] = table_of(record.at("heads"));
            return std::nullopt;
        }
        if (kind == "labels") {
            const Bytes& labels = record.at("bytes").get_binary();
            labels_[record.at("name").get<std::string>()] = std::make_shared<const Bytes>(labels);
            return std::nullopt;
        }
        if (kind != "point") throw InputError(fmt::format("the record is of an unknown kind '{}'", kind));
        PointRecord point;
        point.key = record.at("key").get<std::string>();
        point.status = static_cast<PointStatus>(record.at("status").get<int>());
        point.message = record.at("message").get<std::string>();
        point.seed = record.at("seed").get<std::uint64_t>();
        point.images = record.at("images").get<Index>();
        point.wall = record.at("wall").get<double>();
        point.ended = record.at("ended").get<std::int64_t>();
        point.host = record.at("host").get<std::string>();
        const auto columns = columns_.find(record.at("columns").get<std::string>());
        if (columns == columns_.end()) throw InputError("the record with the names of its columns is lost");
        point.table = columns->second;
        take_values(record, point.table);
        if (record.contains("labels")) {
            const auto labels = labels_.find(record.at("labels").get<std::string>());
            if (labels == labels_.end()) throw InputError("the record with its labels is lost");
            point.labels = labels->second;
        }
        return point;
    } catch (const Json::exception& error) {
        throw InputError(fmt::format("the record cannot be read: {}", error.what()));
    }
}

} // namespace ohmloom
