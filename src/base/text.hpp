#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ohmloom {

/// The candidate with the smallest edit distance to `word`, or "" when none is closer than half the word:
/// what a message offers after "unknown key".
std::string nearest_word(std::string_view word, std::span<const std::string> candidates);

/// "a, b, c" for messages that list what is allowed.
std::string join_words(std::span<const std::string> words);

} // namespace ohmloom
