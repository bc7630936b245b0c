// combine/login, batch_login, logout and batch_logout (documentation of sub-devices coming online and going offline).
#include <unordered_set>
#include <utility>

#include "bridge/devices/items.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::json;
using Items = std::vector<DeviceItem>;

// The list of a batch: in deviceList, as documented for batch_login, or alone, as for batch_logout; both take both.
const Json& list_in(const Json& params) {
  if (!params.is_object()) return params;
  const auto found = params.find("deviceList");
  return found == params.end() ? params : *found;
}

// All of them or none.
tl::expected<void, DeviceRefusal> log_in(DeviceCall& call, const Items& items) {
  std::vector<const Device*> devices;
  std::unordered_set<const Device*> given;
  for (const DeviceItem& item : items) {
    const auto refuse = [&item](DeviceCode code) { return Refused(DeviceRefusal(code, item.name)); };
    const Device* const device = find_item(call, item);
    if (device == nullptr) return refuse(DeviceCode::device_not_found);
    if (device->disabled()) return refuse(DeviceCode::device_forbidden);
    if (device->gateway_index() != call.gateway.index()) return refuse(DeviceCode::no_topology);
    // Before the signature, so that nobody tries out signatures at leisure.
    if (!call.login_limit.take(item.name.path(), call.moment.now)) return refuse(DeviceCode::rate_limit);
    if (!wire::device_sign_matches(item.method, device->secret(), item.content, item.sign)) {
      return refuse(DeviceCode::invalid_sign);
    }
    if (!given.insert(device).second) return refuse(DeviceCode::repeated_login);
    devices.push_back(device);
  }
  // As if each opened a new session: near the bound one that is open already may be refused.
  if (call.sessions.room() < items.size()) return Refused(DeviceCode::too_many_online);
  if (!call.registry.activate(devices)) return Refused(DeviceCode::unknown_exception);
  for (const DeviceItem& item : items) FLEET_CHECK(call.sessions.open(item.name, call.gateway_name));
  return {};
}

// All of them or none.
tl::expected<void, DeviceRefusal> log_out(DeviceCall& call, const Items& items) {
  const std::string gateway = call.gateway_name.path();
  std::unordered_set<std::string> given;
  for (const DeviceItem& item : items) {
    if (!call.sessions.is_open(item.name, gateway)) {
      return Refused(DeviceRefusal(DeviceCode::no_session, item.name));
    }
    if (!given.insert(item.name.path()).second) return Refused(DeviceRefusal(DeviceCode::bad_request, item.name));
  }
  for (const DeviceItem& item : items) call.sessions.close(item.name, gateway);
  return {};
}

using Change = tl::expected<void, DeviceRefusal> (*)(DeviceCall&, const Items&);

DeviceResult change_one(DeviceCall& call, Signed with_sign, Change change) {
  auto item = read_item(call.params, with_sign);
  if (!item) return Refused(std::move(item.error()));
  const Items items = {std::move(*item)};
  if (auto done = change(call, items); !done) return Refused(std::move(done.error()));
  return json_of(items.front().name);
}

DeviceResult change_all(DeviceCall& call, Signed with_sign, Change change) {
  const auto items = read_items(list_in(call.params), kSessionItemsMax, with_sign);
  if (!items) return Refused(items.error());
  if (auto done = change(call, *items); !done) return Refused(std::move(done.error()));
  return json_of(*items);
}

}  // namespace

DeviceResult run_login(DeviceCall& call) { return change_one(call, Signed::yes, log_in); }
DeviceResult run_batch_login(DeviceCall& call) { return change_all(call, Signed::yes, log_in); }
DeviceResult run_logout(DeviceCall& call) { return change_one(call, Signed::no, log_out); }
DeviceResult run_batch_logout(DeviceCall& call) { return change_all(call, Signed::no, log_out); }

}  // namespace fleet::bridge
