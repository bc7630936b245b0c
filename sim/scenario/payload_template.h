// The payload of telemetry as people write it: text with fields in braces. Read here, filled in where it is sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace fleet::sim {

// One piece of a template. Which members are set depends on the kind.
struct PayloadPart {
  enum class Kind : std::uint8_t {
    literal,    // text
    index,      // {index}: of the device in its group, from 0
    sequence,   // {sequence}: of the message among those of the device, from 0
    name,       // {name}: of the device
    timestamp,  // {timestamp}: Unix time in ms
    random,     // {random:18.0..26.0}: low .. high with so many decimals, both ends included
    choice,     // {choice:on,off}: one of words
  };
  Kind kind = Kind::literal;
  std::string text;
  std::int64_t low = 0, high = 0;  // times 10^decimals
  unsigned decimals = 0;
  std::vector<std::string> words;
};

struct PayloadTemplate {
  std::vector<PayloadPart> parts;
};

// A brace in front of a small letter begins a field, any other is text: JSON needs no care. Error: a sentence that
// names the field and says what would be right.
[[nodiscard]] tl::expected<PayloadTemplate, std::string> parse_payload(std::string_view text);

}  // namespace fleet::sim
