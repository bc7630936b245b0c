#include "settings/text_check.h"

#include "wire/mqtt/utf8.h"

namespace fleet::settings {

std::optional<TextFault> find_text_fault(std::string_view text) {
  TextFault fault;
  while (!text.empty()) {
    fault.byte = static_cast<std::uint8_t>(text.front());
    const bool control =
        (fault.byte < 0x20 && fault.byte != '\t' && fault.byte != '\r' && fault.byte != '\n') || fault.byte == 0x7F;
    const std::size_t size = control ? 0 : wire::mqtt::utf8_character_size(text);
    if (size == 0) return fault;
    if (fault.byte == '\n') {
      ++fault.line;
      fault.column = 1;
    } else {
      fault.column += static_cast<std::uint32_t>(size);
    }
    text.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace fleet::settings
