#include "sweep/named_files.hpp"

#include "base/errors.hpp"
#include "store/sha256.hpp"
#include "store/toml_document.hpp"
#include "study/shared_inputs.hpp"

#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace ohmloom {

namespace {

/// Texts of a value, which may be a list of them.
std::vector<std::string> texts_of(const std::string& literal) {
    std::vector<std::string> texts;
    for (std::size_t begin = literal.find('"'); begin != std::string::npos;) {
        const std::size_t end = literal.find('"', begin + 1);
        if (end == std::string::npos) break;
        texts.push_back(literal.substr(begin + 1, end - begin - 1));
        begin = literal.find('"', end + 1);
    }
    return texts;
}

std::string checksum_of_texts(const std::filesystem::path& folder, const std::string& literal,
                              std::set<std::filesystem::path>& seen);

/// Of a file that is TOML: of the files that its values name, which are relative to it.
std::string checksum_of_named(const std::filesystem::path& file, std::set<std::filesystem::path>& seen) {
    std::string sums;
    try {
        for (const TomlDocument::Entry& entry : TomlDocument::read(file).entries())
            sums += checksum_of_texts(file.parent_path(), entry.value, seen);
    } catch (const Error&) {
        return sums; // whoever reads it for what it says is told what is wrong with it
    }
    return sums;
}

std::string checksum_of_texts(const std::filesystem::path& folder, const std::string& literal,
                              std::set<std::filesystem::path>& seen) {
    std::string sums;
    for (const std::string& text : texts_of(literal)) {
        const std::filesystem::path file = folder / text;
        std::error_code failed;
        if (!std::filesystem::is_regular_file(file, failed)) continue;
        if (!seen.insert(std::filesystem::weakly_canonical(file, failed)).second) continue;
        sums += sha256_of_file(file);
        if (file.extension() == ".toml") sums += checksum_of_named(file, seen);
    }
    return sums;
}

} // namespace

NamedFiles::NamedFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::string NamedFiles::checksum(const std::string& literal) const {
    if (literal.find('"') == std::string::npos) return {};
    const std::lock_guard lock(mutex_);
    const auto known = files_.find(literal);
    if (known != files_.end()) return known->second;
    std::set<std::filesystem::path> seen;
    return files_.emplace(literal, checksum_of_texts(folder_, literal, seen)).first->second;
}

std::string NamedFiles::data_set_checksum(const std::string& literal) const {
    const std::lock_guard lock(mutex_);
    const auto known = data_sets_.find(literal);
    if (known != data_sets_.end()) return known->second;
    const std::vector<std::string> names = texts_of(literal);
    std::string sum = names.empty() ? "" : ohmloom::data_set_checksum(folder_, names.front());
    return data_sets_.emplace(literal, std::move(sum)).first->second;
}

} // namespace ohmloom
