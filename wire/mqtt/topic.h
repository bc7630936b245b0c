// Topic names and topic filters: MQTT 5.0 §4.7 and §4.8.2 (shared subscriptions), which 3.1.1 §4.7 agrees with.
#pragma once

#include <string_view>

namespace fleet::wire::mqtt {

// 1 to 65,535 bytes of UTF-8 without U+0000 and without the wildcards + and #.
[[nodiscard]] bool valid_topic_name(std::string_view topic);

// 1 to 65,535 bytes of UTF-8 without U+0000; + fills a whole level; # fills the whole last level. "$share/GROUP/FILTER"
// needs a group of at least one character without wildcards and a valid FILTER.
[[nodiscard]] bool valid_topic_filter(std::string_view filter);

// Whether `filter` begins a shared subscription ("$share/…"), valid or not.
[[nodiscard]] bool is_shared(std::string_view filter);

// Whether a message to `topic` reaches a subscription of `filter`; both must be valid. Of a shared subscription the
// part behind the group is matched. A wildcard in the first level does not match a topic that begins with $.
[[nodiscard]] bool matches(std::string_view filter, std::string_view topic);

}  // namespace fleet::wire::mqtt
