// What the platform tells gateways when their topology changes (documentation of topological relationships).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/actions/notice.h"

namespace fleet::bridge {

// A device by its names, copied: it may be gone when the notice is sent.
struct NamedDevice {
  std::string product_key;
  std::string name;
  friend bool operator==(const NamedDevice&, const NamedDevice&) = default;
};

// Of thing/topo/change.
enum class TopologyStatus : std::uint8_t { added = 0, removed = 1 };

// "/sys/{gateway}/thing/topo/change" with the sub-devices. `id` is the message's own number.
[[nodiscard]] Notice topology_change(const NamedDevice& gateway, TopologyStatus status,
                                     std::span<const NamedDevice> sub_devices, std::uint64_t id);

// Why a session is ended (documentation of device-side error codes).
enum class KickCode : std::uint16_t { device_deleted = 521, no_topology = 6401 };

// "/ext/error/{gateway}": the gateway's session for `sub_device` is over.
[[nodiscard]] Notice kick(const NamedDevice& gateway, const NamedDevice& sub_device, KickCode code, std::uint64_t id);

}  // namespace fleet::bridge
