// The grammar of product keys, device names and topic short names.
#pragma once

#include <cstddef>
#include <string_view>

namespace fleet::bridge {

// [A-Za-z0-9]{1,32}: an assumption that covers the examples of the API pages.
[[nodiscard]] bool is_product_key(std::string_view text);

// [A-Za-z0-9_@.:-]{4,32}: API page of BatchCheckDeviceNames.
[[nodiscard]] bool is_device_name(std::string_view text);

// seg(/seg)* with seg = [A-Za-z0-9_]+: documentation of custom topics. Without wildcards.
[[nodiscard]] bool is_topic_short_name(std::string_view text);

// Limits of a whole topic, /{ProductKey}/{DeviceName}/user/{TopicShortName}: documentation of limits.
inline constexpr std::size_t kTopicBytesMax = 128;
inline constexpr std::size_t kTopicSlashesMax = 7;

}  // namespace fleet::bridge
