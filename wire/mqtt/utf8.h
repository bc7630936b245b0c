// UTF-8 as MQTT wants it.
#pragma once

#include <string_view>

namespace fleet::wire::mqtt {

// Well-formed UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF) without U+0000: MQTT 5.0 §1.5.4.
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace fleet::wire::mqtt
