// Which sub-device is logged in at which gateway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bridge/devices/notices.h"
#include "bridge/registry/registry.h"
#include "wire/clock.h"

namespace fleet::bridge {

// How a device stands with the platform, in the words of the API.
enum class DeviceState : std::uint8_t { unactive, offline, online, disabled };

// "UNACTIVE", "OFFLINE", "ONLINE", "DISABLE" (API page of QueryDevice).
[[nodiscard]] std::string_view name_of(DeviceState state);

// Owned by the API; lives on its loop. A session exists only while its sub-device belongs to that gateway in the
// registry: whoever ends the relation, or a device, ends the session. Gone when the bridge ends, as are the gateways'
// connections for all that it can know.
class Sessions {
 public:
  // Of all gateways together; about 200 bytes each.
  static constexpr std::size_t kSessionsMax = 200'000;

  // Opens a session, or opens it anew at the same gateway. False: kSessionsMax are open.
  [[nodiscard]] bool open(const NamedDevice& sub_device, const NamedDevice& gateway);
  // False: the sub-device had none at this gateway.
  bool close(const NamedDevice& sub_device, std::string_view gateway_path);
  [[nodiscard]] bool is_open(const NamedDevice& sub_device, std::string_view gateway_path) const;
  // Sessions that can still be opened.
  [[nodiscard]] std::size_t room() const { return kSessionsMax - gateways_.size(); }
  [[nodiscard]] std::size_t size() const { return gateways_.size(); }

  // A sub-device is online while it has a session, a gateway while it has one for any of its sub-devices: the bridge
  // sees no more of connections. Otherwise a device that was online before, in this life of the bridge or in an earlier
  // one, is offline.
  [[nodiscard]] DeviceState state_of(const Registry& registry, const Device& device) const;

 private:
  std::unordered_map<std::string, std::string> gateways_;          // path of a sub-device -> path of its gateway
  std::unordered_map<std::string, std::size_t> count_by_gateway_;  // above 0
};

// Logins of a sub-device in each minute of the clock. Owned by the device API; lives on its loop.
class LoginLimit {
 public:
  // Connections of a device a minute: documentation of limits; that logins of sub-devices count alike is assumed.
  static constexpr std::uint32_t kPerMinute = 5;

  // Nothing is limited where `enforced` is false.
  explicit LoginLimit(bool enforced) : enforced_(enforced) {}

  // Takes one login of the sub-device; false where it has had kPerMinute, or where more sub-devices than
  // Sessions::kSessionsMax have tried within the minute.
  [[nodiscard]] bool take(const std::string& sub_device_path, wire::TimePoint now);

 private:
  bool enforced_;
  std::int64_t minute_ = -1;
  std::unordered_map<std::string, std::uint32_t> logins_;  // within the minute
};

}  // namespace fleet::bridge
