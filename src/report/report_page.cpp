#include "report/report_page.hpp"

#include "base/errors.hpp"
#include "report/page_assets.hpp"
#include "report/result_json.hpp"

#include <map>
#include <string_view>

namespace ohmloom {

namespace {

std::string html_text(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

/// The frame with its {{marks}} replaced; what replaces one is not looked through again.
std::string filled(std::string_view frame, const std::map<std::string_view, std::string_view>& parts) {
    std::string page;
    while (true) {
        const std::size_t mark = frame.find("{{");
        if (mark == std::string_view::npos) break;
        const std::size_t end = frame.find("}}", mark);
        OHMLOOM_ASSERT(end != std::string_view::npos);
        const auto part = parts.find(frame.substr(mark + 2, end - mark - 2));
        OHMLOOM_ASSERT(part != parts.end());
        page += frame.substr(0, mark);
        page += part->second;
        frame.remove_prefix(end + 2);
    }
    page += frame;
    return page;
}

} // namespace

std::string report_page(const ResultData& result) {
    const PageAssets assets = page_assets();
    const std::string title = html_text(result.file.stem().string() + " \u2013 OhmLoom"),
                      data = result_json(result), licences = html_text(assets.licences);
    return filled(assets.html, {{"title", title},
                                {"css", assets.css},
                                {"data", data},
                                {"library", assets.library},
                                {"script", assets.script},
                                {"licences", licences}});
}

} // namespace ohmloom
