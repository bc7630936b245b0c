// RegisterDevice, QueryDevice, QueryDeviceDetail, DisableThing, EnableThing and DeleteDevice (their API pages).
#include <algorithm>
#include <string>

#include "bridge/actions/checks.h"
#include "bridge/devices/notices.h"
#include "wire/identifiers.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kRegion = "cn-shanghai";  // the one that answers name as their host

// The gateway of a sub-device is told. A disabled device is logged out, and so are the sub-devices of a gateway.
ActionResult set_disabled(ActionContext& context, bool disabled) {
  const auto found = find_named_device(context);
  if (!found) return UnexpectedFailure(found.error());
  const Registry& registry = context.registry;
  const NamedDevice device = named(registry, **found);
  const auto changed = context.registry.set_disabled({device.product_key, device.name}, disabled);
  if (!changed) return UnexpectedFailure(error_of(changed.error()));
  if (!*changed) return ActionOutcome{};
  const auto end_session = [&context](const NamedDevice& gateway, const NamedDevice& sub_device) {
    context.notices.push_back(kick(gateway, sub_device, DeviceCode::device_forbidden, next_message_id(context)));
  };
  if (const Device* const owner = registry.gateway_of(**found)) {
    const NamedDevice gateway = named(registry, *owner);
    const TopologyStatus status = disabled ? TopologyStatus::disabled : TopologyStatus::enabled;
    context.notices.push_back(topology_change(gateway, status, {&device, 1}, next_message_id(context)));
    if (disabled) end_session(gateway, device);
  }
  if (!disabled) return ActionOutcome{};
  for (const Device* sub_device : registry.sub_device_page(**found, 0, Registry::kSubDevicesMax)) {
    end_session(device, named(registry, *sub_device));
  }
  return ActionOutcome{};
}

}  // namespace

ActionResult run_disable_thing(ActionContext& context) { return set_disabled(context, true); }
ActionResult run_enable_thing(ActionContext& context) { return set_disabled(context, false); }

ActionResult run_register_device(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const NewDevice wanted{.name = context.text("DeviceName"), .nickname = context.text("Nickname")};
  if (!wanted.name.empty() && !wire::is_device_name(wanted.name)) {
    return UnexpectedFailure(business::kInvalidFormattedDeviceName);
  }
  // Assumed: no code is published for a single one.
  if (!wanted.nickname.empty() && !is_nickname(wanted.nickname)) {
    return UnexpectedFailure(business::kInvalidFormattedParameter);
  }
  const auto made = context.registry.register_device((*product)->key(), wanted, context.moment.wall);
  if (!made) return UnexpectedFailure(error_of(made.error()));
  const Device& device = **made;
  return ActionOutcome{.fields = {{"Data",
                                   {{"ProductKey", (*product)->key()},
                                    {"DeviceName", std::string(device.name())},
                                    {"DeviceSecret", std::string(device.secret())},
                                    {"IotId", std::string(device.iot_id())},
                                    {"Nickname", std::string(device.nickname())}}}}};
}

ActionResult run_query_device(ActionContext& context) {
  const auto product = find_product(context, context.text("ProductKey"));
  if (!product) return UnexpectedFailure(product.error());
  const auto page = read_page(context, "CurrentPage", "PageSize");
  if (!page) return UnexpectedFailure(page.error());
  // The youngest first (API page). The registry's order is that of registration, but for places used again.
  const std::size_t total = (*product)->device_count();
  const std::size_t end = total - std::min(total, page->first());
  const std::size_t begin = end - std::min<std::size_t>(end, page->size);
  std::vector<const Device*> found = (*product)->device_page(begin, end - begin);
  std::reverse(found.begin(), found.end());
  Json devices = Json::array();
  for (const Device* device : found) {
    devices.push_back({{"DeviceId", std::string(device_id(*device))},
                       {"DeviceName", std::string(device->name())},
                       {"DeviceSecret", std::string(device->secret())},
                       {"DeviceStatus", name_of(context.sessions.state_of(context.registry, *device))},
                       {"GmtCreate", gmt_text(device->created())},
                       {"GmtModified", gmt_text(device->created())},
                       {"IotId", std::string(device->iot_id())},
                       {"Nickname", std::string(device->nickname())},
                       {"ProductKey", (*product)->key()},
                       {"UtcCreate", utc_text(device->created())},
                       {"UtcModified", utc_text(device->created())}});
  }
  return ActionOutcome{.fields = {{"Page", page->number},
                                  {"PageSize", page->size},
                                  {"PageCount", page->count_of(total)},
                                  {"Total", total},
                                  {"Data", {{"DeviceInfo", std::move(devices)}}}}};
}

ActionResult run_query_device_detail(ActionContext& context) {
  const auto found = find_named_device(context);
  if (!found) return UnexpectedFailure(found.error());
  const Device& device = **found;
  const Product& product = context.registry.product_of(device);
  return ActionOutcome{.fields = {{"Data",
                                   {{"ProductKey", product.key()},
                                    {"ProductName", product.name()},
                                    {"DeviceName", std::string(device.name())},
                                    {"Nickname", std::string(device.nickname())},
                                    {"DeviceSecret", std::string(device.secret())},
                                    {"IotId", std::string(device.iot_id())},
                                    {"GmtCreate", gmt_text(device.created())},
                                    {"UtcCreate", utc_text(device.created())},
                                    {"Status", name_of(context.sessions.state_of(context.registry, device))},
                                    {"NodeType", product.kind() == DeviceKind::gateway ? 1 : 0},
                                    {"Owner", true},
                                    {"Region", kRegion}}}}};
}

// A device that is deleted leaves its gateway, and its sub-devices lose theirs: each is told, and sessions end.
ActionResult run_delete_device(ActionContext& context) {
  const auto found = find_named_device(context);
  if (!found) return UnexpectedFailure(found.error());
  const NamedDevice gone = named(context.registry, **found);
  const auto deletion = context.registry.delete_device({gone.product_key, gone.name});
  if (!deletion) return UnexpectedFailure(error_of(deletion.error()));
  if (deletion->gateway != nullptr) {
    const NamedDevice gateway = named(context.registry, *deletion->gateway);
    context.notices.push_back(topology_change(gateway, TopologyStatus::removed, {&gone, 1}, next_message_id(context)));
    context.notices.push_back(kick(gateway, gone, DeviceCode::device_deleted, next_message_id(context)));
  }
  for (const Device* sub_device : deletion->former_sub_devices) {
    context.notices.push_back(
        kick(gone, named(context.registry, *sub_device), DeviceCode::no_topology, next_message_id(context)));
  }
  return ActionOutcome{};
}

}  // namespace fleet::bridge
