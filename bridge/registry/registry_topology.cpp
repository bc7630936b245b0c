// Registry: which gateway owns which sub-device.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"

namespace fleet::bridge {

using Fault = tl::unexpected<RegistryFault>;

const Device* Registry::gateway_of(const Device& device) const {
  return device.gateway_index() == kNoDevice ? nullptr : table_.at(device.gateway_index());
}

std::size_t Registry::sub_device_count(const Device& gateway) const {
  const auto found = sub_devices_.find(gateway.index());
  return found == sub_devices_.end() ? 0 : found->second.size();
}

std::vector<const Device*> Registry::sub_device_page(const Device& gateway, std::size_t first,
                                                     std::size_t count) const {
  std::vector<const Device*> page;
  const auto found = sub_devices_.find(gateway.index());
  if (found == sub_devices_.end()) return page;
  for (std::size_t i = first; i < found->second.size() && page.size() < count; ++i) {
    page.push_back(table_.at(found->second[i]));
  }
  return page;
}

RegistryResult<std::vector<TopologyMove>> Registry::add_sub_devices(const DeviceName& gateway_name,
                                                                    std::span<const DeviceName> items) {
  const Product* const product = find_product(gateway_name.product_key);
  if (product == nullptr) return Fault(RegistryFault::unknown_product);
  const Device* const gateway = product->device(gateway_name.name);
  if (gateway == nullptr) return Fault(RegistryFault::unknown_device);
  if (product->kind() != DeviceKind::gateway) return Fault(RegistryFault::not_a_gateway);
  // Only a gateway above this one can close a loop. The topology has none, so the way up ends.
  std::unordered_set<const Device*> above;
  for (const Device* at = gateway_of(*gateway); at != nullptr; at = gateway_of(*at)) above.insert(at);

  Changes changes;
  std::vector<TopologyMove> moves;
  std::unordered_set<const Device*> given;
  for (const DeviceName& item : items) {
    if (find_product(item.product_key) == nullptr) return Fault(RegistryFault::unknown_product);
    const Device* const sub = device(item);
    if (sub == nullptr) return Fault(RegistryFault::unknown_device);
    if (sub == gateway) return Fault(RegistryFault::itself);
    if (above.contains(sub)) return Fault(RegistryFault::loop);
    if (!given.insert(sub).second) return Fault(RegistryFault::given_twice);
    moves.push_back({.device = sub, .left = gateway_of(*sub)});
    if (moves.back().left != gateway) changes.gateways.emplace_back(sub->index(), gateway->index());
  }
  if (sub_device_count(*gateway) + changes.gateways.size() > kSubDevicesMax) return Fault(RegistryFault::gateway_full);
  if (!changes.empty() && !commit(changes)) return Fault(RegistryFault::store);
  return moves;
}

RegistryResult<std::vector<const Device*>> Registry::remove_sub_devices(const DeviceName& gateway_name,
                                                                        std::span<const DeviceName> items) {
  if (find_product(gateway_name.product_key) == nullptr) return Fault(RegistryFault::unknown_product);
  const Device* const gateway = device(gateway_name);
  if (gateway == nullptr) return Fault(RegistryFault::unknown_device);
  Changes changes;
  std::vector<const Device*> removed;
  for (const DeviceName& item : items) {
    if (find_product(item.product_key) == nullptr) return Fault(RegistryFault::unknown_product);
    const Device* const sub = device(item);
    if (sub == nullptr) return Fault(RegistryFault::unknown_device);
    if (sub->gateway_index() != gateway->index()) return Fault(RegistryFault::not_in_topology);
    if (std::find(removed.begin(), removed.end(), sub) != removed.end()) return Fault(RegistryFault::given_twice);
    removed.push_back(sub);
    changes.gateways.emplace_back(sub->index(), kNoDevice);
  }
  if (!changes.empty() && !commit(changes)) return Fault(RegistryFault::store);
  return removed;
}

wire::Result<void> Registry::merge_topology(const std::vector<ProductConfig>& products) {
  std::map<std::string_view, std::vector<DeviceName>> by_gateway;
  for (const ProductConfig& product : products) {
    for (const DeviceConfig& config : product.devices) {
      const DeviceName name{product.key, config.name};
      if (!config.gateway.empty() && device(name)->gateway_index() == kNoDevice)
        by_gateway[config.gateway].push_back(name);
    }
  }
  for (const auto& [path, sub_devices] : by_gateway) {
    const std::size_t slash = path.find('/');
    const auto added = add_sub_devices({path.substr(0, slash), path.substr(slash + 1)}, sub_devices);
    if (added) continue;
    switch (added.error()) {
      case RegistryFault::store:
        return wire::environment_error("the registry's store cannot write the topology");
      case RegistryFault::not_a_gateway:
        return wire::usage_error(fmt::format("{}, the gateway of {}, is none: its product is of another kind", path,
                                             sub_devices.front().name));
      case RegistryFault::gateway_full:
        return wire::usage_error(
            fmt::format("gateway {} gets {} sub-devices; it may have {}", path, sub_devices.size(), kSubDevicesMax));
      case RegistryFault::itself:
      case RegistryFault::loop:
        return wire::usage_error(fmt::format("{} would be a gateway of itself", path));
      default:
        return wire::usage_error(fmt::format("{}, the gateway of {}, is no device", path, sub_devices.front().name));
    }
  }
  return {};
}

void Registry::link(std::uint32_t device, std::uint32_t gateway) {
  std::vector<std::uint32_t>& subs = sub_devices_[gateway];
  subs.insert(std::lower_bound(subs.begin(), subs.end(), device), device);
  table_.set_gateway(device, gateway);
  ++topology_count_;
}

void Registry::unlink(std::uint32_t device) {
  const std::uint32_t gateway = table_.at(device)->gateway_index();
  if (gateway == kNoDevice) return;
  const auto found = sub_devices_.find(gateway);
  std::vector<std::uint32_t>& subs = found->second;
  subs.erase(std::lower_bound(subs.begin(), subs.end(), device));
  if (subs.empty()) sub_devices_.erase(found);
  table_.set_gateway(device, kNoDevice);
  --topology_count_;
}

}  // namespace fleet::bridge
