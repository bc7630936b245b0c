// What the platform sends to devices. Actions and the device protocol only say so; the device side publishes it.
#pragma once

#include <string>
#include <string_view>

#include "wire/mqtt/types.h"

namespace fleet::bridge {

// One message of the platform to a gateway: the answer to a request, or something it tells of its own accord.
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
