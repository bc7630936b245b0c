// The table of API actions: each row says what a call must carry, who may make it, how often, and what it does.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/envelope/business_error.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// What an action works with. Owned by the API, reused from call to call.
struct ActionContext {
  const Registry& registry;
  RpcParams& params;
  std::vector<std::string_view> list;  // elements of the action's list parameter, in order; views into params
  std::vector<std::uint32_t> seen_in;  // device index -> number of the call that named it last
  std::uint32_t call_number = 0;       // of seen_in, never 0 in a call
};

// A mandatory parameter of an action. Optional ones are the affair of its function.
struct ActionParam {
  std::string_view name;
  const BusinessError* when_empty;    // the answer where it is there but empty (a list: any of its elements)
  bool is_list = false;               // name.N; at most one in an action
  std::string_view replaced_by = {};  // not mandatory where this parameter is there and not empty
};

// What an action has done. `fields`: what the answer holds besides RequestId and Success, an object in the JSON form of
// the API's pages, or null; lists are {"XList": {"Item": [...]}}, which XML shows as repeated elements.
struct ActionOutcome {
  nlohmann::ordered_json fields{};
  std::shared_ptr<const wire::mqtt::PublishBatch> publishes{};  // null: the call is answered at once
};

// A business failure. `fields` stand behind Code and ErrorMessage (the lists of BatchCheckDeviceNames), or null.
struct ActionFailure {
  ActionFailure(const BusinessError& failure) : error(failure) {}  // NOLINT(google-explicit-constructor)
  ActionFailure(const BusinessError& failure, nlohmann::ordered_json with) : error(failure), fields(std::move(with)) {}

  BusinessError error;
  nlohmann::ordered_json fields{};
};

using ActionResult = tl::expected<ActionOutcome, ActionFailure>;

struct Action {
  std::string_view name;                // compared as it is: names are case-sensitive
  double per_second;                    // quota of an account by the API's own page, calls a second
  bool AccountConfig::*allow_list;      // the account must be on it; null: open to all
  std::span<const ActionParam> params;  // in the order in which absent ones are told
  ActionResult (*run)(ActionContext& context);
};

// All actions of the bridge.
[[nodiscard]] std::span<const Action> actions();

// Null where there is none of that name.
[[nodiscard]] const Action* find_action(std::string_view name);

// BatchPub: one message to up to 100 devices of one product.
[[nodiscard]] ActionResult run_batch_pub(ActionContext& context);

}  // namespace fleet::bridge
