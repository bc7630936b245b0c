#include "bridge/devices/sessions.h"

#include <chrono>
#include <utility>

namespace fleet::bridge {

std::string_view name_of(DeviceState state) {
  switch (state) {
    case DeviceState::unactive:
      return "UNACTIVE";
    case DeviceState::offline:
      return "OFFLINE";
    case DeviceState::online:
      return "ONLINE";
    case DeviceState::disabled:
      break;
  }
  return "DISABLE";
}

bool Sessions::open(const NamedDevice& sub_device, const NamedDevice& gateway) {
  std::string at = gateway.path();
  const auto known = gateways_.find(sub_device.path());
  if (known != gateways_.end() && known->second == at) return true;
  if (known != gateways_.end()) close(sub_device, std::string(known->second));
  if (room() == 0) return false;
  ++count_by_gateway_[at];
  gateways_.emplace(sub_device.path(), std::move(at));
  return true;
}

bool Sessions::close(const NamedDevice& sub_device, std::string_view gateway_path) {
  const auto session = gateways_.find(sub_device.path());
  if (session == gateways_.end() || session->second != gateway_path) return false;
  const auto count = count_by_gateway_.find(session->second);
  if (--count->second == 0) count_by_gateway_.erase(count);
  gateways_.erase(session);
  return true;
}

bool Sessions::is_open(const NamedDevice& sub_device, std::string_view gateway_path) const {
  const auto session = gateways_.find(sub_device.path());
  return session != gateways_.end() && session->second == gateway_path;
}

DeviceState Sessions::state_of(const Registry& registry, const Device& device) const {
  if (device.disabled()) return DeviceState::disabled;
  const std::string path = named(registry, device).path();
  if (gateways_.contains(path) || count_by_gateway_.contains(path)) return DeviceState::online;
  return device.activated() ? DeviceState::offline : DeviceState::unactive;
}

bool LoginLimit::take(const std::string& sub_device_path, wire::TimePoint now) {
  if (!enforced_) return true;
  const auto minute = std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count();
  if (minute != minute_) logins_.clear();
  minute_ = minute;
  const auto known = logins_.find(sub_device_path);
  if (known == logins_.end()) {
    if (logins_.size() >= Sessions::kSessionsMax) return false;
    logins_.emplace(sub_device_path, 1);
    return true;
  }
  return ++known->second <= kPerMinute;
}

}  // namespace fleet::bridge
