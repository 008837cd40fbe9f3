#include "study/result_table.hpp"

#include "base/errors.hpp"
#include "store/hdf5.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace ohmloom {

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint8_t no_byte = 255;

std::size_t size_of(Index rows, Index width) {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(width);
}

/// Rows of `width` entries as rows of `wider` ones.
template <class T>
void widen(std::vector<T>& values, Index rows, Index width, Index wider, T padding) {
    if (width == wider) return;
    std::vector<T> widened(size_of(rows, wider), padding);
    for (Index r = 0; r < rows; ++r) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(size_of(r, width));
        std::copy_n(first, width, widened.begin() + static_cast<std::ptrdiff_t>(size_of(r, wider)));
    }
    values = std::move(widened);
}

void widen(ResultColumn& column, Index rows, Index wider) {
    if (column.kind == ResultKind::list) widen(column.numbers, rows, column.width, wider, 0.0);
    if (column.kind == ResultKind::bytes) widen(column.bytes, rows, column.width, wider, no_byte);
    column.width = wider;
}

/// Adds rows without an entry.
void pad(ResultColumn& column, Index rows) {
    const std::size_t size = size_of(rows, column.width);
    switch (column.kind) {
    case ResultKind::number:
        column.numbers.insert(column.numbers.end(), size, no_number);
        break;
    case ResultKind::list:
        column.numbers.insert(column.numbers.end(), size, 0.0);
        break;
    case ResultKind::text:
        column.texts.insert(column.texts.end(), size, std::string());
        break;
    case ResultKind::bytes:
        column.bytes.insert(column.bytes.end(), size, no_byte);
        break;
    }
}

/// A column of the same name, unit and kind without rows.
ResultColumn empty_like(const ResultColumn& column) {
    return {column.name, column.unit, column.kind, column.width, {}, {}, {}};
}

/// Place of a column of that name, most likely `guess`; the number of columns if there is none.
std::size_t column_place(const ResultTable& table, const std::string& name, std::size_t guess) {
    if (guess < table.columns.size() && table.columns[guess].name == name) return guess;
    const auto found = std::ranges::find(table.columns, name, &ResultColumn::name);
    return static_cast<std::size_t>(found - table.columns.begin());
}

void append_rows(ResultColumn& to, Index rows, const ResultColumn& added, Index more_rows) {
    const Index width = std::max(to.width, added.width);
    widen(to, rows, width);
    ResultColumn more = added;
    widen(more, more_rows, width);
    to.numbers.insert(to.numbers.end(), more.numbers.begin(), more.numbers.end());
    std::ranges::move(more.texts, std::back_inserter(to.texts));
    to.bytes.insert(to.bytes.end(), more.bytes.begin(), more.bytes.end());
}

template <class T>
std::vector<T> picked(const std::vector<T>& values, Index width, const std::vector<Index>& rows) {
    std::vector<T> chosen;
    if (values.empty()) return chosen;
    chosen.reserve(rows.size() * static_cast<std::size_t>(width));
    for (const Index row : rows) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(size_of(row, width));
        chosen.insert(chosen.end(), first, first + width);
    }
    return chosen;
}

ResultColumn read_column(const std::string& path, const Hdf5Reader& reader) {
    ResultColumn column;
    if (reader.is_text(path)) {
        column.kind = ResultKind::text;
        column.texts = reader.read_texts(path);
        return column;
    }
    if (reader.has_attribute(path, "unit")) column.unit = reader.attribute_text(path, "unit");
    Hdf5Array array = reader.read_array(path, column.unit);
    if (array.shape.size() > 2)
        throw FileError(fmt::format("{}: {} is {}: expected one or two dimensions", reader.file().string(),
                                    path, to_string(array.shape)));
    if (array.shape.size() == 2) {
        column.width = array.shape[1];
        column.kind = reader.has_attribute(path, "kind") ? ResultKind::bytes : ResultKind::list;
    }
    if (column.kind == ResultKind::bytes) {
        column.bytes.reserve(array.values.size());
        for (const double value : array.values) column.bytes.push_back(static_cast<std::uint8_t>(value));
    } else {
        column.numbers = std::move(array.values);
    }
    return column;
}

} // namespace

const ResultColumn* ResultTable::find(const std::string& name) const {
    const auto found = std::ranges::find(columns, name, &ResultColumn::name);
    return found == columns.end() ? nullptr : &*found;
}

void append(ResultTable& table, const ResultTable& more) {
    std::vector<bool> appended(table.columns.size(), false);
    for (std::size_t c = 0; c < more.columns.size(); ++c) {
        const ResultColumn& column = more.columns[c];
        const std::size_t place = column_place(table, column.name, c);
        if (place == table.columns.size()) {
            table.columns.push_back(empty_like(column));
            pad(table.columns.back(), table.rows);
            appended.push_back(false);
        }
        ResultColumn& own = table.columns[place];
        if (own.kind != column.kind || own.unit != column.unit)
            throw InputError(
                fmt::format("results cannot be joined: '{}' is in {} in one and in {} in another",
                            column.name, own.unit, column.unit));
        append_rows(own, table.rows, column, more.rows);
        appended[place] = true;
    }
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        if (!appended[c]) pad(table.columns[c], more.rows);
    }
    table.rows += more.rows;
}

ResultTable select_rows(const ResultTable& table, const std::vector<Index>& rows) {
    ResultTable selected{static_cast<Index>(rows.size()), {}};
    for (const ResultColumn& column : table.columns) {
        ResultColumn chosen = empty_like(column);
        chosen.numbers = picked(column.numbers, column.width, rows);
        chosen.texts = picked(column.texts, 1, rows);
        chosen.bytes = picked(column.bytes, column.width, rows);
        selected.columns.push_back(std::move(chosen));
    }
    return selected;
}

void write_table(const ResultTable& table, const std::string& group, Hdf5Writer& writer) {
    for (const ResultColumn& column : table.columns) {
        const std::string path = fmt::format("{}/{}", group, column.name);
        const Shape shape{table.rows, column.width};
        switch (column.kind) {
        case ResultKind::number:
            writer.write(path, column.numbers, column.unit);
            break;
        case ResultKind::list:
            writer.write_array<double>(path, column.numbers, shape, column.unit);
            break;
        case ResultKind::text:
            writer.write_texts(path, column.texts);
            break;
        case ResultKind::bytes:
            writer.write_array<std::uint8_t>(path, column.bytes, shape, column.unit, Hdf5Storage::compressed);
            writer.set_attribute(path, "kind", "bytes");
            break;
        }
    }
}

ResultTable read_table(const std::string& group, const Hdf5Reader& reader) {
    ResultTable table;
    for (const std::string& name : reader.children(group)) {
        const std::string path = fmt::format("{}/{}", group, name);
        const Shape shape = reader.shape(path);
        const Index rows = shape.empty() ? 1 : shape.front();
        if (!table.columns.empty() && rows != table.rows)
            throw FileError(fmt::format("{}: {} has {} rows, others of {} have {}", reader.file().string(),
                                        path, rows, group, table.rows));
        table.rows = rows;
        table.columns.push_back(read_column(path, reader));
        table.columns.back().name = name;
    }
    return table;
}

} // namespace ohmloom
