#include "wire/mqtt/topic.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "wire/mqtt/utf8.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kTopicBytesMax = 65'535;
constexpr std::string_view kSharePrefix = "$share/";

// True when all eight bytes are ASCII and none is NUL, + or #. No carry crosses a byte as long as all are below 0x80.
bool plain(std::uint64_t eight) {
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  constexpr std::uint64_t kLow7 = 0x7F7F7F7F7F7F7F7F;
  constexpr std::uint64_t kPlus = 0x2B2B2B2B2B2B2B2B;
  constexpr std::uint64_t kHash = 0x2323232323232323;
  if ((eight & kHigh) != 0) return false;
  // x + 0x7F has the high bit exactly where x is not zero.
  return ((eight + kLow7) & ((eight ^ kPlus) + kLow7) & ((eight ^ kHash) + kLow7) & kHigh) == kHigh;
}

// The receive path's common case, eight bytes a step: ASCII without NUL and wildcards.
bool plain_ascii(std::string_view text) {
  const auto load = [&text](std::size_t at) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    return eight;
  };
  if (text.size() < sizeof(std::uint64_t)) {
    for (const char c : text) {
      if (static_cast<signed char>(c) <= 0 || c == '+' || c == '#') return false;
    }
    return true;
  }
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    if (!plain(load(at))) return false;
  }
  return at == text.size() || plain(load(text.size() - sizeof(std::uint64_t)));
}

// The first level of `rest`, which is cut off together with its slash. `last` tells whether there was no slash.
std::string_view take_level(std::string_view& rest, bool& last) {
  const std::size_t slash = rest.find('/');
  last = slash == std::string_view::npos;
  const std::string_view level = rest.substr(0, slash);
  rest.remove_prefix(last ? rest.size() : slash + 1);
  return level;
}

// Wildcards stand alone in their level, and # in the last one only.
bool wildcards_in_place(std::string_view filter) {
  for (bool last = false; !last;) {
    const std::string_view level = take_level(filter, last);
    if (level.find_first_of("+#") == std::string_view::npos) continue;
    if (level.size() != 1 || (level == "#" && !last)) return false;
  }
  return true;
}

}  // namespace

bool valid_topic_name(std::string_view topic) {
  if (topic.empty() || topic.size() > kTopicBytesMax) return false;
  if (plain_ascii(topic)) return true;
  return valid_utf8(topic) && topic.find_first_of("+#") == std::string_view::npos;
}

bool valid_topic_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > kTopicBytesMax || !valid_utf8(filter)) return false;
  if (is_shared(filter)) {
    filter.remove_prefix(kSharePrefix.size());
    const std::size_t slash = filter.find('/');
    if (slash == 0 || slash == std::string_view::npos) return false;
    if (filter.substr(0, slash).find_first_of("+#") != std::string_view::npos) return false;
    filter.remove_prefix(slash + 1);
    if (filter.empty()) return false;
  }
  return wildcards_in_place(filter);
}

bool is_shared(std::string_view filter) { return filter.starts_with(kSharePrefix); }

bool matches(std::string_view filter, std::string_view topic) {
  if (is_shared(filter)) {
    const std::size_t slash = filter.find('/', kSharePrefix.size());
    if (slash == std::string_view::npos) return false;
    filter.remove_prefix(slash + 1);
  }
  if (filter.empty() || topic.empty()) return false;
  if (topic.front() == '$' && (filter.front() == '+' || filter.front() == '#')) return false;  // §4.7.2
  for (bool filter_last = false, topic_last = false;;) {
    const std::string_view wanted = take_level(filter, filter_last);
    if (wanted == "#") return true;
    const std::string_view level = take_level(topic, topic_last);
    if (wanted != "+" && wanted != level) return false;
    if (topic_last) return filter_last || filter == "#";  // "a/#" matches "a" too (§4.7.1.2)
    if (filter_last) return false;
  }
}

}  // namespace fleet::wire::mqtt
