// "did you mean": the nearest of the words that would have been right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet::settings {

// Of `candidates` the one with the smallest edit distance (insert, delete, replace, swap of neighbours: 1 each), when
// that is at most a third of the longer word, at least 1, and less than all of it; otherwise empty.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// "; did you mean 'count'?" or, where nothing is near, "; allowed: count, name, product".
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string_view>& candidates);

// At most 60 characters of a text from outside, for a sentence that quotes it; cut between UTF-8 characters,
// with control characters as question marks.
[[nodiscard]] std::string shortened(std::string_view text);

}  // namespace fleet::settings
