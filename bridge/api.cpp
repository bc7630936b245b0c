#include "bridge/api.h"

#include <utility>

#include "bridge/bcast_api.h"
#include "bridge/devices/sessions.h"
#include "bridge/envelope/rpc_answer.h"
#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"
#include "bridge/request_ids.h"
#include "bridge/rpc_api.h"
#include "bridge/top_api.h"

namespace fleet::bridge {
namespace {

// Every RPC call goes to the root; what it wants stands in Action.
constexpr std::string_view kRpcPath = "/";

std::unique_ptr<Registry> open_in_memory(const Config& config) {
  auto registry =
      Registry::open(make_memory_store(), config.registry, config.products, wire::read_wall_clock(), config.apps);
  FLEET_CHECK(registry.has_value());  // the configuration has checked what could be wrong with it
  return *std::move(registry);
}

}  // namespace

struct Api::State {
  State(Config given, std::unique_ptr<Registry> from)
      : config(std::move(given)),
        registry(std::move(from)),
        rpc(config, *registry, sessions),
        top(config),
        bcast(config, *registry) {}

  Config config;
  std::unique_ptr<Registry> registry;
  Sessions sessions;
  RpcApi rpc;
  TopApi top;
  BcastApi bcast;
  RequestIds request_ids;  // of what belongs to no protocol
};

Api::Api(Config config) {
  auto registry = open_in_memory(config);
  state_ = std::make_unique<State>(std::move(config), std::move(registry));
}

Api::Api(Config config, std::unique_ptr<Registry> registry)
    : state_(std::make_unique<State>(std::move(config), std::move(registry))) {}

Api::~Api() = default;

std::variant<HttpAnswer, PendingCall> Api::call(const HttpRequest& request, wire::TimePoint now, wire::WallTime wall,
                                                ApiTimes& times) {
  times = {};
  advance(now, wall);
  if (request.path == kRpcPath) return state_->rpc.call(request, now, wall, times);
  if (request.path == kTopPath) return state_->top.call(request, now, wall, times);
  if (request.path.starts_with(kBcastPath)) return state_->bcast.call(request, now, wall, times);
  return gateway_answer(true, state_->request_ids.next(), gateway_error(GatewayCode::action_not_found));
}

void Api::advance(wire::TimePoint now, wire::WallTime wall) { state_->registry->advance({now, wall}); }

Registry& Api::registry() { return *state_->registry; }

Sessions& Api::sessions() { return state_->sessions; }

const TmcApps& Api::apps() const { return state_->top.apps(); }

std::vector<Notice> Api::take_notices() { return state_->rpc.take_notices(); }

}  // namespace fleet::bridge
