// BatchAddThingTopo (apis: Alibaba Cloud IoT, 2018-01-20), GetThingTopo and RemoveThingTopo (their API pages).
#include <algorithm>
#include <utility>

#include "bridge/actions/checks.h"
#include "bridge/actions/topology_notices.h"
#include "wire/device_sign.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kItemsMax = 10;  // API page

// Members of TopoAddItem.N in the order of the table.
enum Member : std::size_t { kProductKey, kDeviceName, kSign, kSignMethod, kTimestamp, kClientId };

// The caller must know the sub-device's secret. What was sent is signed, also if it is empty.
std::optional<BusinessError> refuse_sign(const StructItem& item, const Device& device) {
  const auto method = wire::parse_sign_method(item.members[kSignMethod]);
  if (!method) return business::kInvalidFormattedParameter;  // assumed: no code is published
  std::vector<wire::Param> params = {{"ProductKey", item.members[kProductKey]},
                                     {"DeviceName", item.members[kDeviceName]}};
  if (item.has(kTimestamp)) params.push_back({"Timestamp", item.members[kTimestamp]});
  if (item.has(kClientId)) params.push_back({"ClientId", item.members[kClientId]});
  const std::string content = wire::device_sign_content(params);
  if (!wire::device_sign_matches(*method, device.secret(), content, item.members[kSign])) {
    return business::kVerifyDeviceFailed;
  }
  return {};
}

NamedDevice named(const Registry& registry, const Device& device) {
  return {registry.product_of(device).key(), std::string(device.name())};
}

// Tells a gateway that it has lost sub-devices, and ends their sessions there.
void tell_lost(ActionContext& context, const NamedDevice& gateway, std::span<const NamedDevice> lost) {
  context.notices.push_back(topology_change(gateway, TopologyStatus::removed, lost, next_message_id(context)));
  for (const NamedDevice& device : lost) {
    context.notices.push_back(kick(gateway, device, KickCode::no_topology, next_message_id(context)));
  }
}

// The new gateway hears what it has got, each old one what it has lost; what has not moved is told to nobody.
void tell_moves(ActionContext& context, const NamedDevice& gateway, std::span<const TopologyMove> moves) {
  std::vector<NamedDevice> gained;
  std::vector<std::pair<NamedDevice, std::vector<NamedDevice>>> lost;
  for (const TopologyMove& move : moves) {
    NamedDevice device = named(context.registry, *move.device);
    if (move.left != nullptr) {
      NamedDevice left = named(context.registry, *move.left);
      if (left == gateway) continue;
      auto place = std::find_if(lost.begin(), lost.end(), [&](const auto& row) { return row.first == left; });
      if (place == lost.end()) place = lost.insert(lost.end(), {std::move(left), {}});
      place->second.push_back(device);
    }
    gained.push_back(std::move(device));
  }
  for (const auto& [left, devices] : lost) tell_lost(context, left, devices);
  if (!gained.empty()) {
    context.notices.push_back(topology_change(gateway, TopologyStatus::added, gained, next_message_id(context)));
  }
}

}  // namespace

ActionResult run_batch_add_thing_topo(ActionContext& context) {
  const DeviceName gateway{context.text("GwProductKey"), context.text("GwDeviceName")};
  if (const auto found = find_device(context, gateway.product_key, gateway.name); !found) {
    return UnexpectedFailure(found.error());
  }
  // Assumed: no code is published.
  if (context.items.size() > kItemsMax) return UnexpectedFailure(business::kInvalidFormattedParameter);
  std::vector<DeviceName> items;
  for (const StructItem& item : context.items) {
    const auto device = find_device(context, item.members[kProductKey], item.members[kDeviceName]);
    if (!device) return UnexpectedFailure(device.error());
    if (const auto error = refuse_sign(item, **device)) return UnexpectedFailure(*error);
    items.push_back({item.members[kProductKey], item.members[kDeviceName]});
  }
  const auto moves = context.registry.add_sub_devices(gateway, items);
  if (!moves) return UnexpectedFailure(error_of(moves.error()));
  tell_moves(context, {std::string(gateway.product_key), std::string(gateway.name)}, *moves);
  return ActionOutcome{};
}

ActionResult run_get_thing_topo(ActionContext& context) {
  const auto page = read_page(context, "PageNo", "PageSize");
  if (!page) return UnexpectedFailure(page.error());
  const auto gateway = find_named_device(context);
  if (!gateway) return UnexpectedFailure(gateway.error());
  const std::size_t total = context.registry.sub_device_count(**gateway);
  Json devices = Json::array();
  for (const Device* device : context.registry.sub_device_page(**gateway, page->first(), page->size)) {
    devices.push_back({{"DeviceName", std::string(device->name())},
                       {"ProductKey", context.registry.product_of(*device).key()},
                       {"DeviceSecret", std::string(device->secret())},
                       {"IotId", std::string(device->iot_id())}});
  }
  return ActionOutcome{.fields = {{"Data",
                                   {{"PageCount", page->count_of(total)},
                                    {"PageSize", page->size},
                                    {"CurrentPage", page->number},
                                    {"Total", total},
                                    {"List", {{"deviceInfo", std::move(devices)}}}}}}};
}

// Of a gateway all sub-devices, of a sub-device the one relation that it has (API page). Where there is none, nothing
// is left to remove: success is assumed.
ActionResult run_remove_thing_topo(ActionContext& context) {
  const auto found = find_named_device(context);
  if (!found) return UnexpectedFailure(found.error());
  const Registry& registry = context.registry;
  const Device* gateway = *found;
  std::vector<NamedDevice> lost;
  for (const Device* device : registry.sub_device_page(*gateway, 0, Registry::kSubDevicesMax)) {
    lost.push_back(named(registry, *device));
  }
  if (lost.empty() && registry.gateway_of(**found) != nullptr) {
    gateway = registry.gateway_of(**found);
    lost.push_back(named(registry, **found));
  }
  if (!lost.empty()) {
    const NamedDevice owner = named(registry, *gateway);
    std::vector<DeviceName> names;
    for (const NamedDevice& device : lost) names.push_back({device.product_key, device.name});
    const auto removed = context.registry.remove_sub_devices({owner.product_key, owner.name}, names);
    if (!removed) return UnexpectedFailure(error_of(removed.error()));
    tell_lost(context, owner, lost);
  }
  return ActionOutcome{.fields = {{"Data", true}}};
}

}  // namespace fleet::bridge
