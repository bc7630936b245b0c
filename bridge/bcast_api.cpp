#include "bridge/bcast_api.h"

#include <utility>

#include "bridge/bcast/action.h"
#include "bridge/bcast/gate.h"
#include "wire/error.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kPub = "pub";
constexpr std::size_t kQueryParamsMax = 64;

// How publishing went, in the plugin's words.
const BcastError* publish_error(PublishOutcome outcome) {
  switch (outcome) {
    case PublishOutcome::done:
      return nullptr;
    case PublishOutcome::broker_away:
      return &bcast::kBrokerAway;
    case PublishOutcome::backlog_full:
      return &bcast::kBusy;
    case PublishOutcome::refused:
      return &bcast::kBrokerRefused;
    case PublishOutcome::unconfirmed:
      return &bcast::kUnconfirmed;
    case PublishOutcome::stopping:
      return &bcast::kStopping;
  }
  return &bcast::kBrokerAway;
}

// "application/json", with parameters or without, in any case.
bool is_json_type(std::string_view type) {
  constexpr std::string_view kType = "application/json";
  if (type.size() < kType.size()) return false;
  for (std::size_t i = 0; i < kType.size(); ++i) {
    const char c = type[i] >= 'A' && type[i] <= 'Z' ? static_cast<char>(type[i] + ('a' - 'A')) : type[i];
    if (c != kType[i]) return false;
  }
  const std::string_view rest = type.substr(kType.size());
  return rest.empty() || rest[0] == ';' || rest[0] == ' ';
}

}  // namespace

struct BcastApi::State {
  State(const Config& config, const Registry& registry)
      : gate(config.bcast.keys),
        context{.registry = registry,
                .messages = BcastMessages({.count_max = config.bcast.messages_max,
                                           .bytes_max = config.bcast.message_bytes_max,
                                           .keep = config.bcast.message_ttl})} {}

  std::variant<HttpAnswer, PendingCall> publish(const HttpRequest& request, const std::string& request_id,
                                                ApiTimes& times);
  HttpAnswer manage(const HttpRequest& request, const std::string& request_id);

  BcastGate gate;
  BcastContext context;
  std::string query_storage;
};

BcastApi::BcastApi(const Config& config, const Registry& registry)
    : state_(std::make_unique<State>(config, registry)) {}
BcastApi::~BcastApi() = default;

std::variant<HttpAnswer, PendingCall> BcastApi::State::publish(const HttpRequest& request,
                                                               const std::string& request_id, ApiTimes& times) {
  const wire::TimePoint begun = wire::read_clock();
  std::string_view counted_as;
  const auto counted = [&counted_as](HttpAnswer answer) {
    answer.action = counted_as;
    return answer;
  };
  const auto refuse = [&](const BcastError& error) { return counted(bcast_error_answer(request_id, error)); };
  if (!is_json_type(request.content_type)) return refuse(bcast::kMediaType);
  if (!context.body.read(request.body)) return refuse(bcast::kNotJson);
  const wire::TimePoint parsed = wire::read_clock();
  times.parse = parsed - begun;
  const BcastValue& name = context.body[BcastField::action];
  if (!name.is_there()) return refuse(bcast::kMissingAction);
  const BcastAction* const action = name.is_text() ? find_bcast_action(name.text) : nullptr;
  if (action == nullptr) return refuse(bcast::kUnknownAction);
  counted_as = action->counted_as;
  BcastResult result = action->run(context);
  times.plan = wire::read_clock() - parsed;
  if (!result) return refuse(*result.error());
  if (!result->publish) return counted(bcast_message_answer(request_id, result->message_id));
  PendingCall pending;
  pending.action = counted_as;
  pending.batches.push_back(std::move(result->publish));
  pending.finish = [request_id, counted_as, message_id = std::move(result->message_id),
                    ticket = std::move(result->ticket)](std::span<const PublishOutcome> outcomes) {
    const BcastError* const error = publish_error(outcomes.front());
    HttpAnswer answer =
        error == nullptr ? bcast_message_answer(request_id, message_id) : bcast_error_answer(request_id, *error);
    answer.action = counted_as;
    return answer;
  };
  return pending;
}

HttpAnswer BcastApi::State::manage(const HttpRequest& request, const std::string& request_id) {
  const auto refuse = [&request_id](const BcastError& error) { return bcast_error_answer(request_id, error); };
  const BcastManagementCall* const call =
      find_bcast_management_call(request.method, request.path.substr(kBcastPath.size()), context.id);
  if (call == nullptr) return refuse(bcast::kNotFound);
  context.query.clear();
  query_storage.clear();
  query_storage.reserve(request.query.size());
  if (wire::decode_form(request.query, kQueryParamsMax, query_storage, context.query)) {
    return refuse(bcast::kInvalidParams);
  }
  const BcastFields fields = call->run(context);
  HttpAnswer answer = fields ? bcast_fields_answer(request_id, *fields) : refuse(*fields.error());
  answer.action = kBcastManagement;
  return answer;
}

std::variant<HttpAnswer, PendingCall> BcastApi::call(const HttpRequest& request, wire::TimePoint /*now*/,
                                                     wire::WallTime wall, ApiTimes& times) {
  State& state = *state_;
  times = {};
  FLEET_CHECK(request.path.starts_with(kBcastPath));
  const wire::TimePoint begun = wire::read_clock();
  const std::string request_id = state.context.ids.next();
  const auto caller = state.gate.verify(request.authorization);
  times.verify = wire::read_clock() - begun;
  if (!caller) return bcast_error_answer(request_id, *caller.error());
  state.context.api_key = (*caller)->api_key;
  state.context.wall = wall;
  if (request.method == "POST" && request.path.substr(kBcastPath.size()) == kPub) {
    return state.publish(request, request_id, times);
  }
  return state.manage(request, request_id);
}

}  // namespace fleet::bridge
