#include "sim/scenario/text_check.h"

#include <fmt/format.h>

namespace fleet::sim {

namespace {

// Length of the well-formed UTF-8 character at `at`, 0 when it is none.
std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0u) != 0x80u) return 0;
  }
  const unsigned char second = byte(at + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

std::optional<TextFault> find_text_fault(std::string_view text) {
  TextFault fault;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F;
    const std::size_t length = control ? 0 : character_length(text, at);
    if (length == 0) {
      fault.sentence = fmt::format("the byte 0x{:02X} is not text; a scenario is YAML in UTF-8", byte);
      return fault;
    }
    if (byte == '\n') {
      ++fault.line;
      fault.column = 1;
    } else {
      fault.column += static_cast<std::uint32_t>(length);
    }
    at += length;
  }
  return std::nullopt;
}

}  // namespace fleet::sim
