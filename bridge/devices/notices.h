// What the platform tells gateways of its own accord: changes of their topology, sub-devices to be attached, the end of
// sessions (documentation of topological relationships and of device-side error codes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/devices/codes.h"
#include "bridge/devices/notice.h"
#include "bridge/registry/registry.h"

namespace fleet::bridge {

// A device by its names, copied: it may be gone when it is told of.
struct NamedDevice {
  std::string product_key;
  std::string name;

  // "{product key}/{device name}", as in topics.
  [[nodiscard]] std::string path() const { return product_key + "/" + name; }
  friend bool operator==(const NamedDevice&, const NamedDevice&) = default;
};

[[nodiscard]] NamedDevice named(const Registry& registry, const Device& device);

// How a message's own number is written: Alink has decimal texts from 0 to 4,294,967,295.
[[nodiscard]] std::string notice_id(std::uint64_t id);

// Of thing/topo/change.
enum class TopologyStatus : std::uint8_t { added = 0, removed = 1, enabled = 2, disabled = 8 };

// "/sys/{gateway}/thing/topo/change" with the sub-devices. `id` is the message's own number.
[[nodiscard]] Notice topology_change(const NamedDevice& gateway, TopologyStatus status,
                                     std::span<const NamedDevice> sub_devices, std::uint64_t id);

// "/sys/{gateway}/thing/topo/add/notify": the gateway is asked to attach the sub-devices.
[[nodiscard]] Notice topology_request(const NamedDevice& gateway, std::span<const NamedDevice> sub_devices,
                                      std::uint64_t id);

// "/ext/error/{gateway}": the gateway's session for `sub_device` is over. `code` says why: device_deleted,
// device_forbidden, no_topology.
[[nodiscard]] Notice kick(const NamedDevice& gateway, const NamedDevice& sub_device, DeviceCode code, std::uint64_t id);

// The gateway that a kick is for: what stands behind /ext/error/ in its topic.
[[nodiscard]] std::string_view kicked_at(const Notice& kick);

// What moves have taken from one gateway.
struct Loss {
  NamedDevice gateway;
  std::vector<NamedDevice> sub_devices;
};

// What moves to one gateway have changed, in their order; a sub-device that was there before is in neither.
struct Moves {
  std::vector<Loss> losses;         // each old gateway once
  std::vector<NamedDevice> gained;  // by the new one, from others or from none
};
[[nodiscard]] Moves moves_of(const Registry& registry, const NamedDevice& gateway, std::span<const TopologyMove> moves);

// Tells a gateway that it has lost sub-devices, and ends their sessions there. `next_id` gives a fresh number.
template <class NextId>
void tell_loss(const NamedDevice& gateway, std::span<const NamedDevice> lost, std::vector<Notice>& notices,
               NextId&& next_id) {
  notices.push_back(topology_change(gateway, TopologyStatus::removed, lost, next_id()));
  for (const NamedDevice& device : lost) notices.push_back(kick(gateway, device, DeviceCode::no_topology, next_id()));
}

}  // namespace fleet::bridge
