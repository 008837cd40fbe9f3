#include "sweep/point_key.hpp"

#include "store/sha256.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

namespace ohmloom {

namespace {

void add_text(Sha256& sum, const std::string& text) {
    // The length in front, so that no two lists of texts are the same bytes.
    const std::string framed = std::to_string(text.size()) + ":" + text;
    sum.add(std::vector<std::uint8_t>(framed.begin(), framed.end()));
}

std::string content_sum(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    Sha256 sum;
    std::vector<char> block(1U << 16U);
    while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0) {
        sum.add(std::vector<std::uint8_t>(block.begin(), block.begin() + stream.gcount()));
    }
    return sum.finish();
}

} // namespace

PointKeys::PointKeys(const SweepPlan& plan, const std::string& version)
    : folder_(plan.file.parent_path()), axes_(axes_of(plan)), sources_(plan.sources) {
    Sha256 sum;
    add_text(sum, "ohmloom-point-1");
    add_text(sum, version);
    add_text(sum, plan.comparisons ? "comparisons" : "");
    add_text(sum, plan.keep_classes ? "classes" : "");
    for (const TomlDocument::Entry& entry : plan.study.entries()) {
        add_text(sum, entry.path);
        add_text(sum, entry.value);
        add_text(sum, file_sum(entry.value));
    }
    common_ = sum.finish();
}

std::string PointKeys::key(const SweepPoint& point) const {
    std::vector<std::pair<std::string, std::string>> settings;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
        // A corner's name decides nothing, and the same corner may get another name.
        if (point.values[a].empty() || axes_[a].key == "corner") continue;
        std::string key = axes_[a].key;
        if (axes_[a].kind == AxisKind::draw) {
            for (const std::string& source : sources_) key += " " + source;
        }
        settings.emplace_back(std::move(key), point.values[a]);
    }
    std::ranges::sort(settings);
    Sha256 sum;
    add_text(sum, common_);
    for (const auto& [key, value] : settings) {
        add_text(sum, key);
        add_text(sum, value);
        add_text(sum, file_sum(value));
    }
    return sum.finish();
}

std::string PointKeys::file_sum(const std::string& literal) const {
    // Lists of texts may name files as well; the few that do are read whole.
    if (literal.find('"') == std::string::npos) return {};
    const std::lock_guard lock(mutex_);
    const auto known = file_sums_.find(literal);
    if (known != file_sums_.end()) return known->second;
    std::string sums;
    for (std::size_t begin = literal.find('"'); begin != std::string::npos;) {
        const std::size_t end = literal.find('"', begin + 1);
        if (end == std::string::npos) break;
        const std::filesystem::path file = folder_ / literal.substr(begin + 1, end - begin - 1);
        std::error_code failed;
        if (std::filesystem::is_regular_file(file, failed)) sums += content_sum(file);
        begin = literal.find('"', end + 1);
    }
    return file_sums_.emplace(literal, std::move(sums)).first->second;
}

} // namespace ohmloom
