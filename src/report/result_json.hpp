#pragma once

#include "report/result_data.hpp"

#include <string>

namespace ohmloom {

/// A result as the JSON text that the page reads (schema "ohmloom-report-1"). Numbers keep every digit, those of maps seven; what is no finite number is
/// null. No "<" is left in it, so that no text of a result can end the script element that holds it.
std::string result_json(const ResultData& result);

} // namespace ohmloom
