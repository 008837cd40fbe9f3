#pragma once

#include "report/result_data.hpp"

#include <string>

namespace ohmloom {

/// A result as one HTML page that needs no network and no other file: tables, charts and what they are drawn from.
/// @throws BackendError if the program was built without the page.
std::string report_page(const ResultData& result);

} // namespace ohmloom
