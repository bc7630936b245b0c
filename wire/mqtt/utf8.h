// UTF-8 as MQTT wants it.
#pragma once

#include <cstddef>
#include <string_view>

namespace fleet::wire::mqtt {

// Well-formed UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF) without U+0000: MQTT 5.0 §1.5.4.
[[nodiscard]] bool valid_utf8(std::string_view text);

// Valid UTF-8 without what a receiver may end the connection over: control characters (U+0000 to U+001F, U+007F to
// U+009F) and code points that are no characters (U+FDD0 to U+FDEF, those that end in FFFE or FFFF). MQTT 5.0 §1.5.4.
[[nodiscard]] bool harmless_utf8(std::string_view text);

// Bytes of the well-formed character that `text` (not empty) begins with; 0 when it is none, or U+0000.
[[nodiscard]] std::size_t utf8_character_size(std::string_view text);

}  // namespace fleet::wire::mqtt
