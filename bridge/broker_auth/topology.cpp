#include "bridge/broker_auth/topology.h"

#include <utility>

namespace fleet::bridge {

wire::Result<void> Topology::add(std::string_view username, std::int64_t index) {
  Gateway gateway{.index = index, .sub_devices = {}};
  if (!read(gateway)) return wire::environment_error("the registry cannot be read");
  gateways_.insert_or_assign(std::string(username), std::move(gateway));
  return {};
}

bool Topology::read(Gateway& gateway) {
  TextSet now;
  const auto done = reader_.sub_devices(gateway.index, [&now](const wire::DeviceId& sub_device) {
    std::string path(sub_device.product_key);
    now.insert(path.append("/").append(sub_device.device_name));
  });
  if (!done) return false;
  gateway.sub_devices = std::move(now);
  return true;
}

Topology::Gateway& Topology::known(std::string_view username) {
  const auto found = gateways_.find(username);
  if (found != gateways_.end()) return found->second;
  Gateway& gateway = gateways_.emplace(username, Gateway{}).first->second;
  const auto id = wire::parse_device_username(username);
  if (!id) return gateway;
  const auto device = reader_.device(*id);
  if (!device || !*device || !(*device)->is_gateway) return gateway;
  gateway.index = (*device)->index;
  if (!read(gateway)) gateway.index = kNone;
  return gateway;
}

bool Topology::speaks_for(std::string_view username, std::string_view sub_device) {
  return known(username).sub_devices.contains(sub_device);
}

bool Topology::speaks_for_now(std::string_view username, std::string_view path, const wire::DeviceId& sub_device) {
  Gateway& gateway = known(username);
  if (gateway.index == kNone) return false;
  const auto device = reader_.device(sub_device);
  if (!device) return false;
  const bool its = *device && !(*device)->disabled && (*device)->gateway == gateway.index;
  if (its) {
    gateway.sub_devices.emplace(path);
  } else if (const auto old = gateway.sub_devices.find(path); old != gateway.sub_devices.end()) {
    gateway.sub_devices.erase(old);
  }
  return its;
}

void Topology::expire() {
  stale_.clear();
  stale_.reserve(gateways_.size());
  for (const auto& [username, gateway] : gateways_) stale_.push_back(username);
}

bool Topology::refresh(std::size_t rows) {
  std::size_t seen = 0;
  while (!stale_.empty() && seen < rows) {
    const std::string username = std::move(stale_.back());
    stale_.pop_back();
    refresh_one(username);
    const auto found = gateways_.find(username);
    seen += 1 + (found == gateways_.end() ? 0 : found->second.sub_devices.size());
  }
  return !stale_.empty();
}

// Its index too may be another one by now: deleted and registered again. What is no gateway is forgotten, and asked
// about when it matters again.
void Topology::refresh_one(const std::string& username) {
  const auto found = gateways_.find(username);
  const auto id = wire::parse_device_username(username);
  if (found == gateways_.end() || !id) return;
  const auto device = reader_.device(*id);
  if (!device) return;
  if (!*device || !(*device)->is_gateway) {
    gateways_.erase(found);
    return;
  }
  found->second.index = (*device)->index;
  static_cast<void>(read(found->second));
}

}  // namespace fleet::bridge
