// A reader of JSON texts (RFC 8259) that builds no tree: messages come as JSON inside JSON, and the inner one is only
// to be checked and passed on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::bridge {

// Arrays and objects inside each other; a deeper text is refused.
inline constexpr int kJsonDepthMax = 64;

// True for one JSON value with nothing but white space around it, in well-formed UTF-8. Lone surrogates in \uXXXX are
// let through: they are in the grammar.
[[nodiscard]] bool is_json(std::string_view text);

// Reads a text from front to back. After the first `false` of any call the rest means nothing.
class JsonScan {
 public:
  explicit JsonScan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  // The next character that is no white space; 0 at the end.
  [[nodiscard]] char peek();
  // Takes `c` where it is the next one behind white space.
  [[nodiscard]] bool take(char c);
  // True where only white space is left.
  [[nodiscard]] bool at_end() { return peek() == 0 && at_ == end_; }

  // Takes any value.
  [[nodiscard]] bool skip_value() { return skip_value(0); }
  // Takes any value; `out` is what stands there.
  [[nodiscard]] bool read_raw(std::string_view& out);
  // Takes a string; it may hold anything that JSON lets it.
  [[nodiscard]] bool skip_string();
  // Takes a string and decodes it. `out` views the text where it has no escapes, else `storage`, whose capacity must
  // already hold the text behind what it holds before (decoding never lengthens). False also for a lone surrogate,
  // which UTF-8 cannot say.
  [[nodiscard]] bool read_string(std::string& storage, std::string_view& out);

 private:
  [[nodiscard]] bool skip_value(int depth);
  [[nodiscard]] bool skip_list(int depth, char close, bool with_keys);
  [[nodiscard]] bool skip_number();
  [[nodiscard]] bool skip_word(std::string_view word);
  // Moves to the next character that is not plain inside a string.
  [[nodiscard]] bool skip_plain();
  [[nodiscard]] std::optional<unsigned> read_hex4();

  const char* at_;
  const char* end_;
};

}  // namespace fleet::bridge
