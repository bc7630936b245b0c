// The table of API actions: each row says what a call must carry, who may make it, how often, and what it does.
// Reading the parameters, refusing absent ones, quotas and docs/api.md come from the rows.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "bridge/actions/device_rate.h"
#include "bridge/config/config.h"
#include "bridge/devices/notice.h"
#include "bridge/devices/sessions.h"
#include "bridge/envelope/business_error.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// What an action works with. Owned by the API, reused from call to call.
struct ActionContext {
  Registry& registry;
  const Sessions& sessions;
  RpcParams& params;
  DeviceRate device_rate;
  std::string_view account{};            // of the caller
  Moment moment{};                       // of the call
  std::vector<std::string_view> list{};  // elements of the action's list parameter, in order; views into params
  std::vector<StructItem> items{};       // elements of its list of structs, members in the order of the table
  std::vector<const Device*> devices{};  // scratch: what the names of `list` have found
  std::uint64_t message_number = 0;      // of the MessageIds given out
  std::vector<Notice> notices{};         // what the platform now tells devices; appended

  // The parameter, or "" where it is absent.
  [[nodiscard]] std::string_view text(std::string_view name) const {
    return params.get_business(name).value_or(std::string_view());
  }
};

enum class Need : std::uint8_t {
  optional,
  in_each,    // of a struct's member: each element of the list has it, if there are any
  mandatory,  // a list has at least one element; a struct's member: and each has it
};

// A parameter of an action. `name` is as the API pages write it: "ProductKey", a list "DeviceName.N", the members of a
// list of structs "TopoAddItem.N.Sign". An action has at most one list and at most one list of structs.
struct ActionParam {
  std::string_view name;
  Need need;
  std::string_view rule;                      // for the documentation
  const BusinessError* when_empty = nullptr;  // the answer where it is there but empty (lists: any); null: as absent
  std::string_view replaced_by = {};          // not mandatory where this parameter is there and not empty

  [[nodiscard]] constexpr bool is_list() const { return name.ends_with(".N"); }
  [[nodiscard]] constexpr bool is_member() const { return name.find(".N.") != std::string_view::npos; }
  // "DeviceName" of "DeviceName.N", "TopoAddItem" of "TopoAddItem.N.Sign".
  [[nodiscard]] constexpr std::string_view base() const { return name.substr(0, name.find('.')); }
  // "Sign" of "TopoAddItem.N.Sign".
  [[nodiscard]] constexpr std::string_view member() const { return name.substr(name.rfind('.') + 1); }
};

// What an action has done. `fields`: what the answer holds besides RequestId and Success, an object in the JSON form of
// the API's pages, or null; lists are {"XList": {"Item": [...]}}, which XML shows as repeated elements.
struct ActionOutcome {
  nlohmann::ordered_json fields{};
  // Answered when the outcome of each is known; none: at once.
  std::vector<std::shared_ptr<const wire::mqtt::PublishBatch>> publishes{};
};

// A business failure. `fields` stand behind Code and ErrorMessage (the lists of BatchCheckDeviceNames), or null.
struct ActionFailure {
  ActionFailure(const BusinessError& failure) : error(failure) {}  // NOLINT(google-explicit-constructor)
  ActionFailure(const BusinessError& failure, nlohmann::ordered_json with) : error(failure), fields(std::move(with)) {}

  BusinessError error;
  nlohmann::ordered_json fields{};
};

using ActionResult = tl::expected<ActionOutcome, ActionFailure>;
using UnexpectedFailure = tl::unexpected<ActionFailure>;

struct Action {
  std::string_view name;                         // compared as it is: names are case-sensitive
  std::string_view purpose;                      // one sentence for the documentation
  double per_second;                             // quota of an account by the API's own page, calls a second
  bool AccountConfig::*allow_list = nullptr;     // the account must be on it; null: open to all
  bool data_on_failure = false;                  // a failure holds an empty Data where it has no other fields
  std::span<const ActionParam> params;           // in the order in which absent ones are told
  std::string_view answer = {};                  // the fields of the answer, for the documentation
  std::span<const BusinessError* const> errors;  // what run() may answer, and what `params` do; SystemException too
  ActionResult (*run)(ActionContext& context);
};

// All actions of the bridge.
[[nodiscard]] std::span<const Action> actions();

// Null where there is none of that name.
[[nodiscard]] const Action* find_action(std::string_view name);

// Messages.
[[nodiscard]] ActionResult run_batch_pub(ActionContext& context);
[[nodiscard]] ActionResult run_pub(ActionContext& context);
[[nodiscard]] ActionResult run_pub_broadcast(ActionContext& context);
// Registration in batches.
[[nodiscard]] ActionResult run_batch_check_device_names(ActionContext& context);
[[nodiscard]] ActionResult run_query_batch_register_device_status(ActionContext& context);
[[nodiscard]] ActionResult run_batch_register_device_with_apply_id(ActionContext& context);
[[nodiscard]] ActionResult run_batch_register_device(ActionContext& context);
[[nodiscard]] ActionResult run_query_page_by_apply_id(ActionContext& context);
// Topology.
[[nodiscard]] ActionResult run_batch_add_thing_topo(ActionContext& context);
[[nodiscard]] ActionResult run_get_thing_topo(ActionContext& context);
[[nodiscard]] ActionResult run_remove_thing_topo(ActionContext& context);
[[nodiscard]] ActionResult run_notify_add_thing_topo(ActionContext& context);
// Products and single devices.
[[nodiscard]] ActionResult run_create_product(ActionContext& context);
[[nodiscard]] ActionResult run_query_product_topic(ActionContext& context);
[[nodiscard]] ActionResult run_register_device(ActionContext& context);
[[nodiscard]] ActionResult run_query_device(ActionContext& context);
[[nodiscard]] ActionResult run_query_device_detail(ActionContext& context);
[[nodiscard]] ActionResult run_disable_thing(ActionContext& context);
[[nodiscard]] ActionResult run_enable_thing(ActionContext& context);
[[nodiscard]] ActionResult run_delete_device(ActionContext& context);

}  // namespace fleet::bridge
