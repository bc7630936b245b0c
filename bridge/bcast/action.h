// The tables of the bcast API: actions of POST pub, and calls for those who manage. Each row says what a call must
// carry and what it does; dispatch and docs/api.md come from the rows.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/api.h"
#include "bridge/bcast/answer.h"
#include "bridge/bcast/body.h"
#include "bridge/bcast/deliveries.h"
#include "bridge/bcast/error.h"
#include "bridge/bcast/messages.h"
#include "bridge/registry/registry.h"
#include "wire/clock.h"
#include "wire/encoding.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// What a call works with. Owned by the API, reused from call to call.
struct BcastContext {
  const Registry& registry;
  BcastMessages messages;
  std::shared_ptr<BcastDeliveries> deliveries = std::make_shared<BcastDeliveries>();
  BcastIds ids{};
  std::string_view api_key{};        // of the caller
  BcastBody body{};                  // of an action
  std::string_view id{};             // in the path of a management call
  std::vector<wire::Param> query{};  // likewise
  wire::WallTime wall{};
  std::vector<std::string_view> sorted{};  // scratch

  // The parameter of the query; "" where it is absent.
  [[nodiscard]] std::string_view param(std::string_view name) const;
};

// What an action has done. Without a publish the call is answered at once.
struct BcastOutcome {
  std::string message_id;
  std::shared_ptr<const wire::mqtt::PublishBatch> publish{};
  std::shared_ptr<BcastDeliveries::Ticket> ticket{};  // of a delivery of QoS 1: held until the call is answered
};
using BcastResult = tl::expected<BcastOutcome, const BcastError*>;

struct BcastParam {
  BcastField field;
  std::string_view needed;  // for the documentation
  std::string_view rule;    // likewise
};

struct BcastAction {
  std::string_view name;        // compared as it is
  std::string_view counted_as;  // in the books of calls: other APIs have actions of that name too
  std::string_view purpose;
  std::span<const BcastParam> params;
  std::span<const BcastError* const> errors;  // what run() may answer
  BcastResult (*run)(BcastContext& context);
};

// A call of the management: METHOD kBcastPath + path, with "/{id}" behind it where it has one.
using BcastFields = tl::expected<nlohmann::ordered_json, const BcastError*>;
struct BcastManagementCall {
  std::string_view method;
  std::string_view path;
  bool has_id;
  std::string_view purpose;
  std::string_view query;   // for the documentation
  std::string_view answer;  // likewise
  std::span<const BcastError* const> errors;
  BcastFields (*run)(BcastContext& context);
};

// All management calls in the books of calls.
inline constexpr std::string_view kBcastManagement = "bcast.management";

// All of them.
[[nodiscard]] std::span<const BcastAction> bcast_actions();
[[nodiscard]] std::span<const BcastManagementCall> bcast_management_calls();

// Null where there is none of that name.
[[nodiscard]] const BcastAction* find_bcast_action(std::string_view name);

// `rest` is the path behind kBcastPath; `id` becomes a view of it. Null where there is no such call.
[[nodiscard]] const BcastManagementCall* find_bcast_management_call(std::string_view method, std::string_view rest,
                                                                    std::string_view& id);

// BatchPub: one message to up to 10,000 devices, or to none of them.
[[nodiscard]] BcastResult run_bcast_batch_pub(BcastContext& context);
// PubBroadcast: one message to a topic of a whole product.
[[nodiscard]] BcastResult run_bcast_pub_broadcast(BcastContext& context);
// RegisterMessage: keeps a content for later calls, or keeps it for longer.
[[nodiscard]] BcastResult run_bcast_register_message(BcastContext& context);

[[nodiscard]] BcastFields run_bcast_list_messages(BcastContext& context);
[[nodiscard]] BcastFields run_bcast_get_message(BcastContext& context);
[[nodiscard]] BcastFields run_bcast_delete_message(BcastContext& context);
[[nodiscard]] BcastFields run_bcast_get_delivery(BcastContext& context);
[[nodiscard]] BcastFields run_bcast_query_deliveries(BcastContext& context);
[[nodiscard]] BcastFields run_bcast_delete_delivery(BcastContext& context);

}  // namespace fleet::bridge
