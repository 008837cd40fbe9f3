#pragma once

#include <string_view>

namespace ohmloom {

/// The parts of the page that are the same for every result, as they lay in the source tree when the program was built.
struct PageAssets {
    std::string_view html;     ///< the frame, with {{marks}} where the others go
    std::string_view css;      ///< how it looks
    std::string_view script;   ///< what draws
    std::string_view library;  ///< the charting library
    std::string_view licences; ///< of the library and what is in it
};

/// Whether the program was built with the page.
bool has_page();

/// @throws BackendError if it was not, saying how to mend that.
PageAssets page_assets();

} // namespace ohmloom
