#include "report/page_assets.hpp"

#include "base/errors.hpp"

#include <cstdint>

#if defined(OHMLOOM_HAS_REPORT)

// In the object file that the build makes of the page's files (page_assets.S.in).
extern "C" {
extern const char ohmloom_page_html[], ohmloom_page_css[], ohmloom_page_script[], ohmloom_page_library[],
    ohmloom_page_licences[];
extern const std::uint64_t ohmloom_page_html_size, ohmloom_page_css_size, ohmloom_page_script_size,
    ohmloom_page_library_size, ohmloom_page_licences_size;
}

namespace ohmloom {

bool has_page() {
    return true;
}

PageAssets page_assets() {
    return {{ohmloom_page_html, ohmloom_page_html_size},
            {ohmloom_page_css, ohmloom_page_css_size},
            {ohmloom_page_script, ohmloom_page_script_size},
            {ohmloom_page_library, ohmloom_page_library_size},
            {ohmloom_page_licences, ohmloom_page_licences_size}};
}

} // namespace ohmloom

#else

namespace ohmloom {

bool has_page() {
    return false;
}

PageAssets page_assets() {
    throw BackendError(
        "this ohmloom was built without the report's page, whose charts come from npm: install npm "
        "(apt install npm), configure and build again; --figures works without");
}

} // namespace ohmloom

#endif
