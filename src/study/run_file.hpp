#pragma once

#include "study/result_table.hpp"
#include "study/run.hpp"

#include <filesystem>
#include <string_view>

namespace ohmloom {

/// Every figure of a run's points, named and in the units that result files have them in under /points.
ResultTable point_table(const RunResult& result);

/// Writes a run (schema "ohmloom-run-1"), complete or not at all: one data set per figure with an entry per device and scheme, under
/// /points, the classes of every image, maps of tiles under /maps, the study's text and the program's version. @throws FileError.
void write_run(const RunResult& result, std::string_view version, const std::filesystem::path& file);

} // namespace ohmloom
