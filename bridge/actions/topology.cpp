// BatchAddThingTopo (apis: Alibaba Cloud IoT, 2018-01-20), GetThingTopo, RemoveThingTopo and NotifyAddThingTopo (their
// API pages).
#include <algorithm>
#include <utility>

#include "bridge/actions/checks.h"
#include "bridge/devices/notices.h"
#include "wire/device_sign.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kItemsMax = 10;     // API page
constexpr std::size_t kNotifiedMax = 30;  // what a gateway may attach at once

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

// Tells a gateway that it has lost sub-devices, and ends their sessions there.
void tell_lost(ActionContext& context, const NamedDevice& gateway, std::span<const NamedDevice> lost) {
  tell_loss(gateway, lost, context.notices, [&context] { return next_message_id(context); });
}

// The new gateway hears what it has got, each old one what it has lost; what has not moved is told to nobody.
void tell_moves(ActionContext& context, const NamedDevice& gateway, std::span<const TopologyMove> moves) {
  const Moves told = moves_of(context.registry, gateway, moves);
  for (const Loss& loss : told.losses) tell_lost(context, loss.gateway, loss.sub_devices);
  if (told.gained.empty()) return;
  context.notices.push_back(topology_change(gateway, TopologyStatus::added, told.gained, next_message_id(context)));
}

// The members of a JSON object that are texts; "" for anything else.
std::string_view text_of(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  const auto* const text = found == object.end() ? nullptr : found->get_ptr<const std::string*>();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// The sub-devices of DeviceListStr: each {"productKey", "deviceName"} or {"IotId"}.
Checked<std::vector<NamedDevice>> read_device_list(const ActionContext& context) {
  std::vector<NamedDevice> devices;
  const std::string_view text = context.text("DeviceListStr");
  if (text.empty()) return devices;
  const auto list = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!list.is_array() || list.size() > kNotifiedMax) return tl::unexpected(business::kInvalidFormattedParameter);
  for (const auto& entry : list) {
    if (!entry.is_object()) return tl::unexpected(business::kInvalidFormattedParameter);
    if (const std::string_view iot_id = text_of(entry, "IotId"); !iot_id.empty()) {
      const Device* const device = context.registry.device_of_iot_id(iot_id);
      if (device == nullptr) return tl::unexpected(business::kNotExistedDevice);
      if (!context.registry.product_of(*device).is_open_to(context.account))
        return tl::unexpected(business::kNotProductOwner);
      devices.push_back(named(context.registry, *device));
      continue;
    }
    const auto device = find_device(context, text_of(entry, "productKey"), text_of(entry, "deviceName"));
    if (!device) return tl::unexpected(device.error());
    devices.push_back(named(context.registry, **device));
  }
  return devices;
}

}  // namespace

ActionResult run_batch_add_thing_topo(ActionContext& context) {
  const DeviceName gateway{context.text("GwProductKey"), context.text("GwDeviceName")};
  // The caller must own the gateway (API page); the code is assumed.
  if (const Product* const product = context.registry.product(gateway.product_key);
      product != nullptr && !product->is_open_to(context.account)) {
    return UnexpectedFailure(business::kAuthActionPermissionDeny);
  }
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

// Success means that the gateway is asked, not that it does so (API page).
ActionResult run_notify_add_thing_topo(ActionContext& context) {
  const auto found = find_named_device(context, "Gw");
  if (!found) return UnexpectedFailure(found.error());
  if (context.registry.product_of(**found).kind() != DeviceKind::gateway) {
    return UnexpectedFailure(business::kInvalidNodeType);
  }
  const auto devices = read_device_list(context);
  if (!devices) return UnexpectedFailure(devices.error());
  const std::uint64_t id = next_message_id(context);
  context.notices.push_back(topology_request(named(context.registry, **found), *devices, id));
  return ActionOutcome{.fields = {{"Data", {{"MessageId", notice_id(id)}}}}};
}

}  // namespace fleet::bridge
