// Names are functions of the global index: nothing is stored per device, and shards agree without talking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/error.h"

namespace fleet::sim {

// Checks a template such as "lamp-{index:5}" ({index} or {index:WIDTH}, zero-padded): unique for 0 .. count-1 and legal
// as a DeviceName ([A-Za-z0-9_@.:-]{4,32}, protocol of the API) for each of them.
[[nodiscard]] wire::Result<void> check_name_template(std::string_view name_template, std::uint32_t count);

// The name of device `index` (0-based). The template must have been checked.
[[nodiscard]] std::string device_name(std::string_view name_template, std::uint32_t index);

// Consumers are called by the name of their fleet group, "warehouse-7": a template for device_name().
[[nodiscard]] std::string consumer_name_template(std::string_view fleet_group);

// The topic that the devices of a product share: API page of PubBroadcast.
[[nodiscard]] std::string broadcast_topic(std::string_view product_key, std::string_view name);

// What a consumer subscribes to: its share of a group's messages of one topic (MQTT 5.0 §4.8.2; Mosquitto knows shared
// subscriptions in 3.1.1 too).
[[nodiscard]] std::string consumer_filter(std::string_view app_key, std::string_view consumer_group,
                                          std::string_view topic);

// The same for many names, and back: the template is taken apart once.
class NameTemplate {
 public:
  // The template must have been checked; nothing of it is kept by reference.
  explicit NameTemplate(std::string_view name_template);

  // Appends the name of device `index`; allocates only where `out` has to grow.
  void append(std::uint32_t index, std::string& out) const;
  // The device of that name, none where the template does not make it for any index. Allocates nothing.
  [[nodiscard]] std::optional<std::uint32_t> index_of(std::string_view name) const;

 private:
  std::string prefix_, suffix_;
  std::size_t width_ = 0;  // digits at least
};

// Product key of a scenario's product: 11 characters of [a-z0-9], a function of name and seed.
[[nodiscard]] std::string product_key(const std::string& product, std::uint64_t seed);

// Secret of a device: 32 characters of [0-9a-f], a function of its identity and the seed, so that a started bridge can
// be told the same.
[[nodiscard]] std::string device_secret(const std::string& product_key, const std::string& device, std::uint64_t seed);

}  // namespace fleet::sim
