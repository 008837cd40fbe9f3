#pragma once

#include "study/run.hpp"

#include <nlohmann/json_fwd.hpp>

namespace ohmloom::cli {

/// What converters and digital arithmetic do to a mixed-signal network: lines below the table of a run, some per point; nothing for studies
/// without converters.
void print_converters(const RunResult& result);

/// The same for one point, as members of its JSON object.
void add_converters(const RunPoint& point, nlohmann::json& object);

} // namespace ohmloom::cli
