// thing/list/found and thing/sub/register (documentation of topological relationships and of device identities).
#include <map>
#include <unordered_set>
#include <utility>

#include "bridge/devices/items.h"
#include "wire/identifiers.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// Why no device can have these names; success where one can.
DeviceCode check_names(const DeviceCall& call, const DeviceItem& item) {
  if (find_product(call, item) == nullptr) return DeviceCode::product_not_found;
  return wire::is_device_name(item.name.name) ? DeviceCode::success : DeviceCode::bad_device_name;
}

// Why the gateway may not register the device; success where it may.
DeviceCode check_registration(const DeviceCall& call, const DeviceItem& item) {
  if (const DeviceCode names = check_names(call, item); names != DeviceCode::success) return names;
  const Device* const device = find_item(call, item);
  if (device == nullptr) {
    return call.registration == SubRegistration::known ? DeviceCode::device_not_found : DeviceCode::success;
  }
  if (device == &call.gateway) return DeviceCode::topology_with_itself;
  if (device->disabled()) return DeviceCode::device_disabled;
  const bool elsewhere = device->gateway_index() != kNoDevice && device->gateway_index() != call.gateway.index();
  return elsewhere ? DeviceCode::bound_elsewhere : DeviceCode::success;
}

}  // namespace

DeviceResult run_list_found(DeviceCall& call) {
  const auto items = read_items(call.params, kTopologyItemsMax, Signed::no);
  if (!items) return Refused(items.error());
  for (const DeviceItem& item : *items) {
    const DeviceCode code = check_names(call, item);
    if (code != DeviceCode::success) return Refused(DeviceRefusal(code, item.name));
  }
  return Json::object();
}

// All of them or none. Devices that are known are answered with what they have.
DeviceResult run_sub_register(DeviceCall& call) {
  const auto items = read_items(call.params, kTopologyItemsMax, Signed::no);
  if (!items) return Refused(items.error());
  if (call.registration == SubRegistration::off) return Refused(DeviceCode::registration_off);
  std::map<std::string_view, std::vector<NewDevice>> lacking;  // by product key
  std::unordered_set<std::string> given;
  for (const DeviceItem& item : *items) {
    const DeviceCode code = check_registration(call, item);
    if (code != DeviceCode::success) return Refused(DeviceRefusal(code, item.name));
    if (!given.insert(item.name.path()).second) return Refused(DeviceRefusal(DeviceCode::bad_request, item.name));
    if (find_item(call, item) == nullptr) lacking[item.name.product_key].push_back({.name = item.name.name});
  }
  std::vector<NewDevices> groups;
  for (const auto& [product_key, devices] : lacking) groups.push_back({product_key, devices});
  if (!groups.empty()) {
    const auto made = call.registry.register_devices(groups, call.moment.wall);
    // The registry is full, or its store fails.
    if (!made) {
      return Refused(made.error() == RegistryFault::full ? DeviceCode::processing_error
                                                         : DeviceCode::unknown_exception);
    }
  }
  Json list = Json::array();
  for (const DeviceItem& item : *items) {
    const Device* const device = find_item(call, item);
    list.push_back({{"iotId", std::string(device->iot_id())},
                    {"productKey", item.name.product_key},
                    {"deviceName", item.name.name},
                    {"deviceSecret", std::string(device->secret())}});
  }
  return list;
}

}  // namespace fleet::bridge
