// What products, devices and topics may be called, and who uses a topic.
#pragma once

#include <cstddef>
#include <string_view>

namespace fleet::wire {

// Bytes of a device name: API page of BatchCheckDeviceNames.
inline constexpr std::size_t kDeviceNameBytesMin = 4;
inline constexpr std::size_t kDeviceNameBytesMax = 32;
// Bytes of a product key: an assumption that covers the examples of the API pages.
inline constexpr std::size_t kProductKeyBytesMax = 32;
// Limits of a whole topic, /{ProductKey}/{DeviceName}/user/{TopicShortName}: documentation of limits.
inline constexpr std::size_t kTopicBytesMax = 128;
inline constexpr std::size_t kTopicSlashesMax = 7;
// Slashes in front of the short name.
inline constexpr std::size_t kSlashesBeforeShortName = 4;

// [A-Za-z0-9]{1,32}
[[nodiscard]] bool is_product_key(std::string_view text);

// [A-Za-z0-9_@.:-]{4,32}
[[nodiscard]] bool is_device_name(std::string_view text);

// [A-Za-z0-9_@.:-]*: a piece of a device name.
[[nodiscard]] bool is_device_name_piece(std::string_view text);

// seg(/seg)* with seg = [A-Za-z0-9_]+: documentation of custom topics. Without wildcards, of any length.
[[nodiscard]] bool is_topic_short_name(std::string_view text);

// Bytes of a topic of the Taobao message service: API page of taobao.tmc.message.produce; of app keys and groups:
// assumed.
inline constexpr std::size_t kTmcNameBytesMax = 256;

// An app key, a group or a topic of the Taobao message service: what can be a level of an MQTT topic, without control
// characters.
[[nodiscard]] bool is_tmc_name(std::string_view text);

// From the device's side.
enum class TopicOperation { publish, subscribe, both };

// "publish", "subscribe", "both".
[[nodiscard]] std::string_view name_of(TopicOperation operation);

}  // namespace fleet::wire
