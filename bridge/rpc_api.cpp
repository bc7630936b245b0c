#include "bridge/rpc_api.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "bridge/actions/action.h"
#include "bridge/actions/arguments.h"
#include "bridge/actions/quotas.h"
#include "bridge/envelope/aliyun_rpc.h"
#include "bridge/envelope/rpc_answer.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "bridge/request_ids.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// What went wrong with the publishes, in the service's words. Assumed: the service publishes no such table.
const BusinessError* publish_error(PublishOutcome outcome) {
  switch (outcome) {
    case PublishOutcome::done:
      return nullptr;
    case PublishOutcome::broker_away:
    case PublishOutcome::stopping:
      return &business::kSystemException;
    case PublishOutcome::backlog_full:
      return &business::kRateLimit;
    case PublishOutcome::refused:
      return &business::kPublishMessageFailed;
    case PublishOutcome::unconfirmed:
      return &business::kPublishMessageException;
  }
  return &business::kSystemException;
}

// The first of several batches that failed.
const BusinessError* publish_error(std::span<const PublishOutcome> outcomes) {
  const auto failed = std::find_if(outcomes.begin(), outcomes.end(), [](auto o) { return o != PublishOutcome::done; });
  return failed == outcomes.end() ? nullptr : publish_error(*failed);
}

// For each key the index of the first one of the same account.
std::vector<std::size_t> number_accounts(const std::vector<AccountConfig>& keys) {
  std::vector<std::size_t> numbers;
  for (const AccountConfig& key : keys) {
    const auto first = std::find_if(keys.begin(), keys.end(),
                                    [&key](const AccountConfig& other) { return other.owner() == key.owner(); });
    numbers.push_back(static_cast<std::size_t>(first - keys.begin()));
  }
  return numbers;
}

HttpAnswer failure_answer(bool xml, const Action& action, std::string_view request_id, const ActionFailure& failure) {
  if (!failure.fields.is_null() || !action.data_on_failure) {
    return business_answer(xml, action.name, request_id, failure.error, failure.fields);
  }
  return business_answer(xml, action.name, request_id, failure.error, {{"Data", Json::object()}});
}

}  // namespace

struct RpcApi::State {
  State(const Config& given, Registry& registry, const Sessions& sessions)
      : config(given),
        gate(given.accounts),
        account_of_key(number_accounts(given.accounts)),
        quotas(given.limits, given.accounts.size()),
        context{.registry = registry, .sessions = sessions, .params = params, .device_rate = DeviceRate(given.limits)} {
  }

  // Devices that are told late or not find out by asking; memory is worth more.
  void bound_notices() {
    constexpr std::size_t kNoticesMax = 65'536;
    if (context.notices.size() <= kNoticesMax) return;
    if (!notices_dropped)
      spdlog::warn("more than {} notices to devices wait to be sent: newer ones are dropped", kNoticesMax);
    notices_dropped = true;
    context.notices.resize(kNoticesMax);
  }

  const Config& config;
  RpcGate gate;
  std::vector<std::size_t> account_of_key;  // index in config.accounts -> of quotas
  Quotas quotas;
  RpcParams params;
  ActionContext context;
  RequestIds request_ids;
  bool notices_dropped = false;  // since they were last taken
};

RpcApi::RpcApi(const Config& config, Registry& registry, const Sessions& sessions)
    : state_(std::make_unique<State>(config, registry, sessions)) {}
RpcApi::~RpcApi() = default;

std::vector<Notice> RpcApi::take_notices() {
  state_->notices_dropped = false;
  return std::exchange(state_->context.notices, {});
}

std::variant<HttpAnswer, PendingCall> RpcApi::call(const HttpRequest& request, wire::TimePoint now, wire::WallTime wall,
                                                   ApiTimes& times) {
  State& state = *state_;
  std::string request_id = state.request_ids.next();
  const Action* action = nullptr;
  const auto refuse = [&request_id, &action](bool xml, const GatewayError& error) {
    HttpAnswer answer = gateway_answer(xml, request_id, error);
    if (action != nullptr) answer.action = action->name;
    return answer;
  };
  if (request.method != "GET" && request.method != "POST") return refuse(true, gateway_error(GatewayCode::http_method));

  const wire::TimePoint begun = wire::read_clock();
  const bool form = is_form(request.content_type);
  const auto error = state.params.decode(request.query, form ? request.body : "", state.config.http.params_max);
  const bool xml = RpcGate::wants_xml(request, state.params).value_or(true);
  const wire::TimePoint parsed = wire::read_clock();
  times.parse = parsed - begun;
  if (!form && !request.body.empty()) return refuse(xml, gateway_error(GatewayCode::content_type));
  if (error) return refuse(xml, form_error(*error));

  const auto caller = state.gate.verify(request, state.params, wall);
  if (!caller) return refuse(xml, caller.error());
  action = find_action(caller->action);
  if (action == nullptr) return refuse(xml, gateway_error(GatewayCode::action_not_found));
  if (action->allow_list != nullptr && !(caller->account->*action->allow_list)) {
    return refuse(xml, gateway_error(GatewayCode::forbidden));
  }
  if (!state.quotas.take(state.account_of_key[caller->index], *action, now))
    return refuse(xml, gateway_error(GatewayCode::throttling));
  const wire::TimePoint verified = wire::read_clock();
  times.verify = verified - parsed;

  read_lists(*action, state.context);
  if (const auto absent = absent_argument(*action, state.context)) return refuse(xml, missing_parameter(*absent));
  if (const BusinessError* const empty = empty_argument(*action, state.context)) {
    return failure_answer(xml, *action, request_id, *empty);
  }
  state.context.moment = {now, wall};
  state.context.account = caller->account->owner();
  ActionResult result = action->run(state.context);
  state.bound_notices();
  times.plan = wire::read_clock() - verified;
  if (!result) return failure_answer(xml, *action, request_id, result.error());
  if (result->publishes.empty()) return success_answer(xml, action->name, request_id, result->fields);
  return PendingCall{.batches = std::move(result->publishes),
                     .finish =
                         [xml, action, id = std::move(request_id),
                          fields = std::move(result->fields)](std::span<const PublishOutcome> outcomes) {
                           const BusinessError* const failed = publish_error(outcomes);
                           if (failed == nullptr) return success_answer(xml, action->name, id, fields);
                           return failure_answer(xml, *action, id, *failed);
                         },
                     .action = action->name};
}

}  // namespace fleet::bridge
