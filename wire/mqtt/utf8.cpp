#include "wire/mqtt/utf8.h"

#include <cstddef>
#include <cstdint>

namespace fleet::wire::mqtt {
namespace {

// Bytes of the well-formed sequence at the start of `rest`; 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_size(std::string_view rest) {
  const auto byte = [&](std::size_t index) { return static_cast<std::uint8_t>(rest[index]); };
  const auto continues = [&](std::size_t index) { return (byte(index) & 0xC0) == 0x80; };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2) return 0;  // a continuation, or an overlong pair
  if (lead < 0xE0) return rest.size() >= 2 && continues(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (rest.size() < 3 || !continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (lead == 0xED && byte(1) >= 0xA0) return 0;  // surrogates
    return 3;
  }
  if (lead > 0xF4) return 0;
  if (rest.size() < 4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // overlong
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace fleet::wire::mqtt
