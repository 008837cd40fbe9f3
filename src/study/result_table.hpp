#pragma once

#include "base/matrix.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ohmloom {

class Hdf5Reader;
class Hdf5Writer;

/// What a column of a result table holds.
enum class ResultKind {
    number, ///< one number a row; not a number where a row has none
    list,   ///< numbers, `width` a row, padded with 0
    text,   ///< one text a row; empty where a row has none
    bytes,  ///< `width` small numbers a row, as the classes of images; padded with 255
};

/// One figure of every row of a result table.
struct ResultColumn {
    std::string name;
    std::string unit = "1";
    ResultKind kind = ResultKind::number;
    Index width = 1;                   ///< entries a row
    std::vector<double> numbers{};     ///< [rows x width] of a number or list
    std::vector<std::string> texts{};  ///< [rows]
    std::vector<std::uint8_t> bytes{}; ///< [rows x width]
};

/// Results as a table: a row per network, device and circumstance that was tried, a column per figure.
struct ResultTable {
    Index rows = 0;
    std::vector<ResultColumn> columns;

    /// Null if there is none of that name.
    [[nodiscard]] const ResultColumn* find(const std::string& name) const;
};

/// Puts the rows of `more` behind those of `table`. Columns that only one of them has, and narrower lists, are padded.
/// @throws InputError if a column of the same name is of another kind or unit.
void append(ResultTable& table, const ResultTable& more);

/// The rows named, in that order.
ResultTable select_rows(const ResultTable& table, const std::vector<Index>& rows);

/// Writes each column as a data set below a group; reads them all back.
void write_table(const ResultTable& table, const std::string& group, Hdf5Writer& writer);
ResultTable read_table(const std::string& group, const Hdf5Reader& reader);

} // namespace ohmloom
