// thing/topo/add, delete and get (documentation of topological relationships).
#include <utility>

#include "bridge/devices/items.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// A change of the topology that the registry refused.
DeviceCode code_of(RegistryFault fault) {
  switch (fault) {
    case RegistryFault::unknown_product:
    case RegistryFault::unknown_device:
      return DeviceCode::device_not_found;
    case RegistryFault::given_twice:
      return DeviceCode::bad_request;
    case RegistryFault::itself:
    case RegistryFault::loop:  // assumed: at the end of it a gateway is its own sub-device
      return DeviceCode::topology_with_itself;
    case RegistryFault::gateway_full:
      return DeviceCode::too_many_sub_devices;
    case RegistryFault::not_in_topology:
      return DeviceCode::no_topology;
    case RegistryFault::store:
      return DeviceCode::unknown_exception;
    default:
      return DeviceCode::processing_error;  // the product of the gateway is of another kind, and what is not asked here
  }
}

std::vector<DeviceName> views_of(const std::vector<DeviceItem>& items) {
  std::vector<DeviceName> names;
  names.reserve(items.size());
  for (const DeviceItem& item : items) names.push_back({item.name.product_key, item.name.name});
  return names;
}

}  // namespace

// The gateway that asks has its answer; of others, those are told that lose a sub-device.
DeviceResult run_topo_add(DeviceCall& call) {
  const auto items = read_items(call.params, kTopologyItemsMax, Signed::yes);
  if (!items) return Refused(items.error());
  for (const DeviceItem& item : *items) {
    const auto refuse = [&item](DeviceCode code) { return Refused(DeviceRefusal(code, item.name)); };
    const Device* const device = find_item(call, item);
    if (device == nullptr) return refuse(DeviceCode::device_not_found);
    if (device == &call.gateway) return refuse(DeviceCode::topology_with_itself);
    if (device->disabled()) return refuse(DeviceCode::device_disabled);
    if (!wire::device_sign_matches(item.method, device->secret(), item.content, item.sign)) {
      return refuse(DeviceCode::auth_error);
    }
  }
  const DeviceName gateway{call.gateway_name.product_key, call.gateway_name.name};
  const auto moves = call.registry.add_sub_devices(gateway, views_of(*items));
  if (!moves) return Refused(code_of(moves.error()));
  for (const Loss& loss : moves_of(call.registry, call.gateway_name, *moves).losses) {
    tell_loss(loss.gateway, loss.sub_devices, call.notices, call.next_id);
  }
  return json_of(*items);
}

// The gateway itself has asked for it: sessions end without a kick.
DeviceResult run_topo_delete(DeviceCall& call) {
  const auto items = read_items(call.params, kTopologyItemsMax, Signed::no);
  if (!items) return Refused(items.error());
  for (const DeviceItem& item : *items) {
    const Device* const device = find_item(call, item);
    if (device == nullptr) return Refused(DeviceRefusal(DeviceCode::device_not_found, item.name));
    if (device->gateway_index() != call.gateway.index()) {
      return Refused(DeviceRefusal(DeviceCode::no_topology, item.name));
    }
  }
  const DeviceName gateway{call.gateway_name.product_key, call.gateway_name.name};
  const auto removed = call.registry.remove_sub_devices(gateway, views_of(*items));
  if (!removed) return Refused(code_of(removed.error()));
  for (const DeviceItem& item : *items) call.sessions.close(item.name, call.gateway_name.path());
  return json_of(*items);
}

DeviceResult run_topo_get(DeviceCall& call) {
  Json list = Json::array();
  for (const Device* device : call.registry.sub_device_page(call.gateway, 0, Registry::kSubDevicesMax)) {
    list.push_back(json_of(named(call.registry, *device)));
  }
  return list;
}

}  // namespace fleet::bridge
