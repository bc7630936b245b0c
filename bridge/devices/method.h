// The table of what gateways may ask for. Subscriptions, dispatch and the documentation come from the rows.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/devices/codes.h"
#include "bridge/devices/notices.h"
#include "bridge/devices/sessions.h"
#include "bridge/registry/registry.h"

namespace fleet::bridge {

// Numbers of the messages that the platform sends of its own accord. Owned by the device API.
class NoticeIds {
 public:
  explicit NoticeIds(std::uint64_t first) : next_(first) {}
  std::uint64_t operator()() { return next_++; }

 private:
  std::uint64_t next_;
};

// One request. Lives while it is answered.
struct DeviceCall {
  Registry& registry;
  Sessions& sessions;
  LoginLimit& login_limit;
  NoticeIds& next_id;
  SubRegistration registration;
  const Device& gateway;
  NamedDevice gateway_name;
  const nlohmann::json& params;  // null where the request has none
  Moment moment;
  std::vector<Notice>& notices;  // what gateways are told beside the answer; appended
};

// Why a request was refused: nothing has changed then. `device` is the first one that does not fit, where it is one.
struct DeviceRefusal {
  DeviceRefusal(DeviceCode why) : code(why) {}  // NOLINT(google-explicit-constructor)
  DeviceRefusal(DeviceCode why, NamedDevice which) : code(why), device(std::move(which)) {}

  DeviceCode code;
  std::optional<NamedDevice> device{};
};

// The `data` of the answer.
using DeviceResult = tl::expected<nlohmann::ordered_json, DeviceRefusal>;
using Refused = tl::unexpected<DeviceRefusal>;

struct DeviceMethod {
  std::string_view filter;  // what is subscribed to; the names of the gateway are the two +
  std::string_view params;  // for the documentation
  std::string_view data;    // of the answer, likewise
  std::span<const DeviceCode> codes;
  // Null: it is itself the answer to something that the platform has sent, and is only counted.
  DeviceResult (*run)(DeviceCall& call);
};

// All rows. A request's answer goes to its own topic with "_reply" behind it.
[[nodiscard]] std::span<const DeviceMethod> device_methods();

// A topic taken apart: whose it is and which row it belongs to. The names are as they stand there, of any form.
struct DeviceTopic {
  const DeviceMethod* method = nullptr;
  std::string_view product_key{};
  std::string_view device_name{};
};
// Null `method`: the topic is of no row.
[[nodiscard]] DeviceTopic parse_device_topic(std::string_view topic);

// Topology.
[[nodiscard]] DeviceResult run_topo_add(DeviceCall& call);
[[nodiscard]] DeviceResult run_topo_delete(DeviceCall& call);
[[nodiscard]] DeviceResult run_topo_get(DeviceCall& call);
// Registration.
[[nodiscard]] DeviceResult run_list_found(DeviceCall& call);
[[nodiscard]] DeviceResult run_sub_register(DeviceCall& call);
// Sessions.
[[nodiscard]] DeviceResult run_login(DeviceCall& call);
[[nodiscard]] DeviceResult run_batch_login(DeviceCall& call);
[[nodiscard]] DeviceResult run_logout(DeviceCall& call);
[[nodiscard]] DeviceResult run_batch_logout(DeviceCall& call);

}  // namespace fleet::bridge
