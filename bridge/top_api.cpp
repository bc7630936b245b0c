#include "bridge/top_api.h"

#include <optional>
#include <string>
#include <utility>

#include "bridge/envelope/top_answer.h"
#include "bridge/envelope/top_gate.h"
#include "bridge/envelope/top_params.h"
#include "bridge/tmc/apps.h"
#include "bridge/tmc/limits.h"
#include "bridge/tmc/method.h"

namespace fleet::bridge {
namespace {

// A session that the app does not know is refused wherever it is sent.
std::optional<TopError> check_session(const TmcApp& app, const TopMethod& method, std::string_view session) {
  if (!app.has_sessions()) return {};
  if (session.empty()) {
    if (method.needs_session) return top_error(TopCode::missing_session);
    return {};
  }
  if (!app.knows_session(session)) return top_error(TopCode::invalid_session);
  return {};
}

HttpAnswer answer(TopFormat format, const TopMethod& method, std::string_view request_id, TopFields fields) {
  if (fields) return top_success(format, method.name, request_id, *std::move(fields));
  HttpAnswer out = top_failure(format, request_id, fields.error());
  out.action = method.name;
  return out;
}

}  // namespace

struct TopApi::State {
  explicit State(const Config& config)
      : params_max(config.http.params_max),
        limits(config.limits, config.apps),
        context{.params = params, .apps = std::make_shared<TmcApps>(config.apps)} {}

  std::size_t params_max;
  TopParams params;
  TopGate gate;
  TopLimits limits;
  TmcContext context;
  TopRequestIds request_ids;
};

TopApi::TopApi(const Config& config) : state_(std::make_unique<State>(config)) {}
TopApi::~TopApi() = default;

const TmcApps& TopApi::apps() const { return *state_->context.apps; }

std::variant<HttpAnswer, PendingCall> TopApi::call(const HttpRequest& request, wire::TimePoint now, wire::WallTime wall,
                                                   ApiTimes& times) {
  State& state = *state_;
  times = {};
  const wire::TimePoint begun = wire::read_clock();
  std::string request_id = state.request_ids.next();
  const auto undecodable = state.params.decode(request, state.params_max);
  const TopFormat format = top_format(state.params);
  const TopMethod* method = nullptr;
  const auto refuse = [&](const TopError& error) {
    HttpAnswer out = top_failure(format, request_id, error);
    if (method != nullptr) out.action = method->name;
    return out;
  };
  const wire::TimePoint parsed = wire::read_clock();
  times.parse = parsed - begun;
  if (request.method != "GET" && request.method != "POST") return refuse(top_error(TopCode::http_action_not_allowed));
  if (undecodable) return refuse(*undecodable);

  const auto app = state.gate.verify(state.params, format, *state.context.apps, wall);
  if (!app) return refuse(app.error());
  method = find_top_method(state.params.get("method"));
  if (method == nullptr) return refuse(top_error(TopCode::invalid_method));
  if (const auto error = check_session(**app, *method, state.params.get("session"))) return refuse(*error);
  if (const auto error = state.limits.take((*app)->index(), *method, now)) return refuse(*error);
  const wire::TimePoint verified = wire::read_clock();
  times.verify = verified - parsed;

  for (const TopParam& param : method->params) {
    if (param.is_required && state.params.get(param.name).empty()) return refuse(missing_argument(param.name));
  }
  state.context.caller = *app;
  state.context.now = now;
  state.context.wall = wall;
  TopResult result = method->run(state.context);
  times.plan = wire::read_clock() - verified;
  if (!result) return refuse(result.error());
  if (result->publishes.empty()) return answer(format, *method, request_id, std::move(result->fields));
  return PendingCall{
      .batches = std::move(result->publishes),
      .finish = [format, method, id = std::move(request_id), finish = std::move(result->finish)](
                    std::span<const PublishOutcome> outcomes) { return answer(format, *method, id, finish(outcomes)); },
      .action = method->name};
}

}  // namespace fleet::bridge
