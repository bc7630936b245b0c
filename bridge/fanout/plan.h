// Request -> publishes: one topic for each device, one payload for all of them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// The topic that a device of a product has for a topic class: /{product_key}/{device_name}/user/{short_name}.
struct FanoutTopic {
  std::string_view product_key;
  std::string_view short_name;

  // Bytes of the topic of a device with a name of `name_bytes` bytes.
  [[nodiscard]] std::size_t size_with(std::size_t name_bytes) const;
};

// Plans one publish for each name, in their order. All topics go into one string of exactly the size needed; the
// payload is moved, never copied. `qos` is 0 or 1.
[[nodiscard]] std::shared_ptr<const wire::mqtt::PublishBatch> plan_fanout(
    const FanoutTopic& topic, std::span<const std::string_view> device_names, std::vector<std::byte> payload,
    wire::mqtt::Qos qos);

}  // namespace fleet::bridge
