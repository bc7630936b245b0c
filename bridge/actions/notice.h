// What the platform tells devices of its own accord. Actions only say so; the service publishes it.
#pragma once

#include <string>
#include <string_view>

#include "wire/mqtt/types.h"

namespace fleet::bridge {

// One message of the platform to a gateway or a device.
struct Notice {
  std::string topic{};
  std::string payload{};  // JSON
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_least_once;
  // A kick: the session of this sub-device at the gateway whose topic it is ends, and the notice is only for a gateway
  // at which it has one. Empty: an ordinary notice, for whoever is subscribed.
  std::string kicked_product_key{};
  std::string kicked_device_name{};

  [[nodiscard]] bool is_kick() const { return !kicked_device_name.empty(); }
};

}  // namespace fleet::bridge
