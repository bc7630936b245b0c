#include "bridge/api.h"

#include <algorithm>
#include <utility>

#include "bridge/actions/action.h"
#include "bridge/actions/quotas.h"
#include "bridge/envelope/aliyun_rpc.h"
#include "bridge/envelope/rpc_answer.h"
#include "bridge/envelope/rpc_params.h"
#include "bridge/registry/registry.h"
#include "bridge/request_ids.h"

namespace fleet::bridge {
namespace {

// Every RPC call goes to the root; what it wants stands in Action.
constexpr std::string_view kRpcPath = "/";

constexpr std::string_view kAcs3Scheme = "ACS3-";

// The first mandatory parameter that is absent.
const ActionParam* absent_param(const Action& action, const RpcParams& params, bool list_empty) {
  for (const ActionParam& param : action.params) {
    if (!param.replaced_by.empty() && !params.get_business(param.replaced_by).value_or("").empty()) continue;
    if (param.is_list ? list_empty : !params.get_business(param.name)) return &param;
  }
  return nullptr;
}

// The first mandatory parameter that is there and empty.
const ActionParam* empty_param(const Action& action, const RpcParams& params,
                               const std::vector<std::string_view>& list) {
  const auto is_empty = [](std::string_view value) { return value.empty(); };
  for (const ActionParam& param : action.params) {
    if (!param.replaced_by.empty() && !params.get_business(param.replaced_by).value_or("").empty()) continue;
    if (param.is_list ? std::any_of(list.begin(), list.end(), is_empty) : params.get_business(param.name)->empty()) {
      return &param;
    }
  }
  return nullptr;
}

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

}  // namespace

struct Api::State {
  explicit State(Config given)
      : config(std::move(given)),
        registry(std::move(config.products)),
        gate(config.accounts),
        quotas(config.limits, config.accounts.size()),
        context{.registry = registry, .params = params, .list = {}, .seen_in = {}} {}

  [[nodiscard]] const std::vector<std::string_view>& read_list(const Action& action) {
    context.list.clear();
    for (const ActionParam& param : action.params) {
      if (param.is_list) params.get_list(param.name, context.list);
    }
    return context.list;
  }

  // A fresh number, so that what earlier calls left in seen_in means nothing.
  void begin_action() {
    if (++context.call_number != 0) return;
    context.seen_in.assign(context.seen_in.size(), 0);
    context.call_number = 1;
  }

  Config config;
  Registry registry;
  RpcGate gate;
  Quotas quotas;
  RpcParams params;
  ActionContext context;
  RequestIds request_ids;
};

Api::Api(Config config) : state_(std::make_unique<State>(std::move(config))) {}
Api::~Api() = default;

std::variant<HttpAnswer, PendingCall> Api::call(const HttpRequest& request, wire::TimePoint now, wire::WallTime wall,
                                                ApiTimes& times) {
  State& state = *state_;
  times = {};
  std::string request_id = state.request_ids.next();
  const auto refuse = [&request_id](bool xml, const GatewayError& error) {
    return gateway_answer(xml, request_id, error);
  };

  if (request.path != kRpcPath) return refuse(true, gateway_error(GatewayCode::action_not_found));
  if (request.method != "GET" && request.method != "POST") return refuse(true, gateway_error(GatewayCode::http_method));
  // Callers of that generation name no format and read JSON.
  if (request.authorization.starts_with(kAcs3Scheme)) return refuse(false, gateway_error(GatewayCode::acs3_signature));

  const wire::TimePoint begun = wire::read_clock();
  const bool form = is_form(request.content_type);
  const auto error = state.params.decode(request.query, form ? request.body : "", state.config.http.params_max);
  const bool xml = RpcGate::wants_xml(state.params).value_or(true);
  const wire::TimePoint parsed = wire::read_clock();
  times.parse = parsed - begun;
  if (!form && !request.body.empty()) return refuse(xml, gateway_error(GatewayCode::content_type));
  if (error) return refuse(xml, form_error(*error));

  const auto caller = state.gate.verify(request.method, state.params, wall);
  if (!caller) return refuse(xml, caller.error());
  const Action* const action = find_action(*state.params.get("Action"));
  if (action == nullptr) return refuse(xml, gateway_error(GatewayCode::action_not_found));
  if (action->allow_list != nullptr && !(caller->account->*action->allow_list)) {
    return refuse(xml, gateway_error(GatewayCode::forbidden));
  }
  if (!state.quotas.take(caller->index, *action, now)) return refuse(xml, gateway_error(GatewayCode::throttling));
  const wire::TimePoint verified = wire::read_clock();
  times.verify = verified - parsed;

  const std::vector<std::string_view>& list = state.read_list(*action);
  if (const ActionParam* param = absent_param(*action, state.params, list.empty())) {
    return refuse(xml, missing_parameter(param->name));
  }
  if (const ActionParam* param = empty_param(*action, state.params, list)) {
    return business_answer(xml, action->name, request_id, *param->when_empty, {});
  }
  state.begin_action();
  ActionResult result = action->run(state.context);
  times.plan = wire::read_clock() - verified;
  if (!result) return business_answer(xml, action->name, request_id, result.error().error, result.error().fields);
  if (!result->publishes) return success_answer(xml, action->name, request_id, result->fields);
  return PendingCall{.batches = {std::move(result->publishes)},
                     .finish = [xml, name = action->name, id = std::move(request_id),
                                fields = std::move(result->fields)](std::span<const PublishOutcome> outcomes) {
                       const BusinessError* const failed = publish_error(outcomes.front());
                       if (failed == nullptr) return success_answer(xml, name, id, fields);
                       return business_answer(xml, name, id, *failed, {});
                     }};
}

}  // namespace fleet::bridge
