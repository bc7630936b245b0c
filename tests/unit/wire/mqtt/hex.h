// Bytes as people write them: "30 05 0001 61 6869".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::wire::mqtt {

// Spaces are passed over; everything else must be pairs of hexadecimal digits.
inline std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10); };
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits.push_back(c);
  }
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<std::byte>(digit(digits[at]) << 4 | digit(digits[at + 1])));
  }
  return bytes;
}

inline std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text.push_back(kDigits[std::to_integer<std::size_t>(byte) >> 4]);
    text.push_back(kDigits[std::to_integer<std::size_t>(byte) & 0x0F]);
  }
  return text;
}

// "3005…" without the spaces of `text`, to compare with to_hex().
inline std::string hex(std::string_view text) { return to_hex(from_hex(text)); }

inline std::span<const std::byte> bytes_of_text(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string text_of_bytes(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace fleet::wire::mqtt
