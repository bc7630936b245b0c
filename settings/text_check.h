// Tells text from other bytes, before a parser guesses encodings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fleet::settings {

// The first byte that is not part of UTF-8 text; line and column (in bytes) from 1.
struct TextFault {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint8_t byte = 0;
};

// Accepts well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) without control characters other than tab,
// carriage return and line feed.
[[nodiscard]] std::optional<TextFault> find_text_fault(std::string_view text);

}  // namespace fleet::settings
