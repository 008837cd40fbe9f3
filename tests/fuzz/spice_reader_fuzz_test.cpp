#include "tests/fuzz/spice_reader_fuzz.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace ohmloom;

namespace {

std::vector<std::string> read_folder(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(OHMLOOM_SOURCE_DIR) + folder)) {
        if (entry.path().extension() == ".cir") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> texts;
    for (const std::filesystem::path& file : files) {
        std::ifstream stream(file, std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    }
    return texts;
}

void read_text(const std::string& text) {
    testing::read_any_bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

/// Damages texts: the same seed, the same damage.
class Mutator {
public:
    explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {}

    std::string next() {
        std::string text = pick(corpus_);
        for (std::size_t k = 1 + below(6); k > 0; --k) damage(text);
        return text;
    }

private:
    void damage(std::string& text) {
        constexpr std::array<std::string_view, 24> words{"\n+ ",
                                                         ".subckt a b\n",
                                                         ".ends\n",
                                                         "\nx1 a b c\n",
                                                         ".include x\n",
                                                         ".lib x y\n",
                                                         "{",
                                                         "}",
                                                         "'",
                                                         "(",
                                                         ")",
                                                         "=",
                                                         "1e308",
                                                         "meg",
                                                         "-",
                                                         "?",
                                                         ":",
                                                         "\0",
                                                         "\xff",
                                                         ".param a={b} b={a}\n",
                                                         "v(",
                                                         "i(",
                                                         ".endl\n",
                                                         "**"};
        const std::size_t at = text.empty() ? 0 : below(text.size());
        switch (below(6)) {
        case 0:
            text.insert(at, words[below(words.size())]);
            break;
        case 1:
            text.erase(at, 1 + below(20));
            break;
        case 2:
            if (!text.empty()) text[at] = static_cast<char>(below(256));
            break;
        case 3: // repeat a piece of it
            text.insert(at, text.substr(below(text.size() + 1), below(60)));
            break;
        case 4: { // a piece of another one
            const std::string& other = pick(corpus_);
            text.insert(at, other.substr(below(other.size() + 1), below(200)));
            break;
        }
        default:
            text.resize(at);
        }
    }

    const std::string& pick(const std::vector<std::string>& texts) { return texts[below(texts.size())]; }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

    std::vector<std::string> corpus_;
    std::mt19937_64 random_{20240501};
};

} // namespace

TEST_CASE("every file of the fuzz corpus is read or refused") {
    const std::vector<std::string> corpus = read_folder("/tests/fuzz/spice");
    CHECK(corpus.size() >= 8);
    for (const std::string& text : corpus) CHECK_NOTHROW(read_text(text));
}

TEST_CASE("damaged decks by the thousand are read or refused, each in less than a second") {
    std::vector<std::string> corpus = read_folder("/tests/fuzz/spice");
    for (const char* folder : {"/netlists", "/tests/validation"}) {
        for (std::string& text : read_folder(folder)) corpus.push_back(std::move(text));
    }
    Mutator mutator(std::move(corpus));
    for (int k = 0; k < 100'000; ++k) {
        const std::string text = mutator.next();
        const auto start = std::chrono::steady_clock::now();
        CAPTURE(text);
        REQUIRE_NOTHROW(read_text(text));
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        // Ten times more than a sanitizer on a busy machine takes.
        REQUIRE(seconds < 10.0);
    }
}
