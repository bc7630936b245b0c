// Topics of the bcast API: from the caller's words to one topic a device.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// Bounds of our own: the plugin has none, and a long template times 10,000 names is memory. 10,000 topics of this size
// fit the backlog.
inline constexpr std::size_t kBcastTopicBytesMax = 1'024;
inline constexpr std::size_t kBcastNameBytesMax = 255;

// What can be a product key or a device name: 1 to 255 bytes without / + # $ and control characters.
[[nodiscard]] bool is_bcast_name(std::string_view text);

// A topic with the device's name in it, once or more.
class BcastTopic {
 public:
  // "/{product_key}/${deviceName}/user/{short_name}".
  static BcastTopic of_short_name(std::string_view product_key, std::string_view short_name);
  // ${productKey} and ${deviceName} stand for themselves; none where there is another placeholder, a wildcard, no
  // ${deviceName} (the broker would give every device a copy of each), a $ in front, or more than kBcastTopicBytesMax
  // even without names.
  static std::optional<BcastTopic> of_template(std::string_view text, std::string_view product_key);

  // Bytes of the topic of a device with a name of `name_bytes` bytes.
  [[nodiscard]] std::size_t size_with(std::size_t name_bytes) const;
  // What the topics of all devices begin with.
  [[nodiscard]] const std::string& front() const { return around_.front(); }
  // Appends the topic of a device.
  void append_to(std::string& out, std::string_view device_name) const;
  // One publish for each name, in their order.
  [[nodiscard]] std::shared_ptr<const wire::mqtt::PublishBatch> plan(std::span<const std::string_view> device_names,
                                                                     wire::mqtt::SharedPayload payload,
                                                                     wire::mqtt::Qos qos) const;
  // The name in a topic that plan() made.
  [[nodiscard]] std::string_view name_in(std::string_view topic) const;

 private:
  std::vector<std::string> around_;  // the texts around the names: one more than there are names
};

// A suffix of the default topic: 1 to 255 bytes without / + # $ { } and control characters.
[[nodiscard]] bool is_bcast_short_name(std::string_view text);

// A whole topic of a broadcast: no wildcards, no $ { }.
[[nodiscard]] bool is_bcast_full_topic(std::string_view text);

}  // namespace fleet::bridge
