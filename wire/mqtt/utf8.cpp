#include "wire/mqtt/utf8.h"

#include <cstdint>

namespace fleet::wire::mqtt {

// Unicode 15, table 3-7.
std::size_t utf8_character_size(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0) == 0x80; };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2) return 0;  // a continuation, or an overlong pair
  if (lead < 0xE0) return text.size() >= 2 && continues(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (text.size() < 3 || !continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
    return 3;
  }
  if (lead > 0xF4) return 0;
  if (text.size() < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

bool harmless_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
    if (byte(0) >= 0x20 && byte(0) < 0x7F) {
      text.remove_prefix(1);
      continue;
    }
    const std::size_t size = utf8_character_size(text);
    if (size < 2) return false;                                        // none, or one of the controls of ASCII
    if (size == 2 && byte(0) == 0xC2 && byte(1) < 0xA0) return false;  // U+0080 to U+009F
    if (size == 3 && byte(0) == 0xEF && byte(1) == 0xB7 && byte(2) >= 0x90 && byte(2) < 0xB0) return false;
    const bool ends_high = byte(size - 1) >= 0xBE && byte(size - 2) == 0xBF;
    if (size == 3 && ends_high && byte(0) == 0xEF) return false;
    if (size == 4 && ends_high && (byte(1) & 0x0F) == 0x0F) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace fleet::wire::mqtt
