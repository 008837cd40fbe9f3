#include "report/report_page.hpp"

#include "base/errors.hpp"
#include "report/page_assets.hpp"
#include "report/result_json.hpp"
#include "tests/report/sample_results.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <limits>

using namespace ohmloom;
using namespace ohmloom::testing;

namespace {

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

/// What lies between two marks.
std::string between(const std::string& text, std::string_view from, std::string_view to) {
    const std::size_t begin = text.find(from) + from.size();
    return text.substr(begin, text.find(to, begin) - begin);
}

const nlohmann::json& figure_of(const nlohmann::json& page, const std::string& name) {
    for (const nlohmann::json& figure : page["figures"]) {
        if (figure["name"] == name) return figure;
    }
    throw std::runtime_error("no figure " + name);
}

} // namespace

TEST_CASE("the page's JSON has every number of the file with every digit, and null for what is none") {
    const TemporaryFolder folder;
    const double odd = 0.1 + 0.2, none = std::numeric_limits<double>::quiet_NaN();
    const ResultData result = read_result(write_sample_run(folder, [&](Hdf5Writer& writer) {
        writer.write("/points/energy_j", std::vector<double>{odd, none}, "J");
        write_sample_map(writer);
    }));
    const auto page = nlohmann::json::parse(result_json(result));
    CHECK(page["schema"] == "ohmloom-report-1");
    CHECK(page["source"] == "ohmloom-run-1");
    CHECK(figure_of(page, "energy_j")["values"][0] == odd);
    CHECK(figure_of(page, "energy_j")["values"][1].is_null());
    CHECK(figure_of(page, "energy_j")["unit"] == "J");
    CHECK(figure_of(page, "horizontal")["values"] == nlohmann::json::parse("[[4.0,1.0],[16.0,8.0]]"));
    CHECK(page["axes"][0]["values"][1] == "16/8 x 8/1");
    CHECK(page["confusion"][0][2] == nlohmann::json::parse("[1,0,1]"));
    CHECK(page["maps"][0]["i_cell"][0][1] == 3e-6);
    CHECK(page["maps"][0]["row"] == 1);
    CHECK(page["maps"][0]["error"]["counts"].size() == 40);
}

TEST_CASE("no text of a result can end the script that holds it, nor is any lost") {
    ResultData result;
    result.study = "a </script><script>alert(1)</script> <!-- b & c \xff";
    const std::string json = result_json(result);
    CHECK(json.find('<') == std::string::npos);
    // Bytes that are no UTF-8 become U+FFFD, everything else comes back.
    CHECK(nlohmann::json::parse(json)["study"] ==
          "a </script><script>alert(1)</script> <!-- b & c \xEF\xBF\xBD");
}

TEST_CASE("the page is one file that asks for no other, with its data, its library and the library's "
          "licences in it") {
    if (!has_page()) {
        CHECK_THROWS_WITH_AS((void)report_page({}), doctest::Contains("apt install npm"), BackendError);
        return;
    }
    const TemporaryFolder folder;
    ResultData result = read_result(write_sample_run(folder));
    result.file = "a<b>{{css}}.h5";
    result.study = "</script>{{library}}";
    const std::string page = report_page(result);
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(page.find("<title>a&lt;b&gt;{{css}} \u2013 OhmLoom</title>") != std::string::npos);
    // The data, the library, the page's own: nothing else ends a script, and what is filled in is not filled again.
    CHECK(count(page, "</script>") == 3);
    CHECK(count(page, page_assets().library) == 1);
    const auto data = nlohmann::json::parse(between(page, "id=\"data\">", "</script>"));
    CHECK(data["study"] == result.study);
    for (const char* address : {"src=\"http", "href=\"http", "@import", "url(http"}) {
        CAPTURE(address);
        CHECK(page.find(address) == std::string::npos);
    }
    CHECK(page.find("default-src 'none'") != std::string::npos);
    for (const char* licence :
         {"Apache License", "Apache ECharts", "BSD 3-Clause", "zrender", "Mike Bostock"}) {
        CAPTURE(licence);
        CHECK(page_assets().licences.find(licence) != std::string_view::npos);
    }
    CHECK(count(page, "Licences of what draws this page") == 1);
}
