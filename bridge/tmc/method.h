// The table of TOP methods: each row says what a call must carry and what it does.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/api.h"
#include "bridge/envelope/top_error.h"
#include "bridge/envelope/top_params.h"
#include "bridge/tmc/apps.h"
#include "bridge/tmc/message.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// What a method works with. Owned by the API, reused from call to call.
struct TmcContext {
  const TopParams& params;
  std::shared_ptr<TmcApps> apps;
  TmcApp* caller = nullptr;
  wire::TimePoint now{};
  wire::WallTime wall{};
  // Kept for their capacity.
  std::string storage{};
  std::vector<std::optional<TmcMessageText>> messages{};
  std::vector<TmcQueue::Taken> taken{};
};

// What the answer holds besides request_id: an object in the JSON form of the API's pages.
using TopFields = tl::expected<nlohmann::ordered_json, TopError>;

struct TopOutcome {
  nlohmann::ordered_json fields{};  // of a call that is answered at once
  // Otherwise the answer follows from how these went, one outcome each; `finish` is called once.
  std::vector<std::shared_ptr<const wire::mqtt::PublishBatch>> publishes{};
  std::function<TopFields(std::span<const PublishOutcome>)> finish{};
};
using TopResult = tl::expected<TopOutcome, TopError>;

struct TopParam {
  std::string_view name;
  bool is_required;
  std::string_view rule;  // for the documentation
  // Of a list of objects: their members, for the documentation.
  std::span<const TmcMember> (*members)() = nullptr;
};

struct TopMethod {
  std::string_view name;
  std::string_view purpose;          // a sentence for people
  bool needs_session;                // of apps that have any
  std::span<const TopParam> params;  // in the order in which absent ones are told
  std::string_view answer;           // what it holds besides request_id, for the documentation
  TopResult (*run)(TmcContext& context);
};

// All methods of the bridge.
[[nodiscard]] std::span<const TopMethod> top_methods();

// Null where there is none of that name.
[[nodiscard]] const TopMethod* find_top_method(std::string_view name);

// taobao.tmc.messages.produce: up to 50 messages, each accepted or refused for itself.
[[nodiscard]] TopResult run_messages_produce(TmcContext& context);
// taobao.tmc.message.produce: one message; a refusal is the answer of the call.
[[nodiscard]] TopResult run_message_produce(TmcContext& context);
// taobao.tmc.messages.consume: 10 to 200 messages of a group of the caller's app.
[[nodiscard]] TopResult run_messages_consume(TmcContext& context);
// taobao.tmc.messages.confirm: ends messages that were consumed.
[[nodiscard]] TopResult run_messages_confirm(TmcContext& context);

}  // namespace fleet::bridge
