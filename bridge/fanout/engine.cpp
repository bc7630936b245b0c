#include "bridge/fanout/engine.h"

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "wire/mqtt/connection.h"
#include "wire/mqtt/connection_context.h"
#include "wire/mqtt/native_options.h"
#include "wire/mqtt/paho/paho_endpoint.h"

namespace fleet::bridge {

using wire::mqtt::Endpoint;
using wire::mqtt::EndpointEvents;
using wire::mqtt::EndpointOptions;

namespace {

// MQTT 3.1.1, on purpose: a 5.0 broker's receive maximum (Mosquitto: max_inflight_messages, 20 by default) would let no
// more than 20 publishes of a call be in flight, so that a QoS 1 call for 100 devices takes five round trips, and each
// packet would carry one byte more. The price: a 3.1.1 broker cannot say that it refused a publish.
// A clean session, because a publisher's session in the broker holds nothing: at QoS 1 all that must survive a
// reconnect is on our side, and is published again (MQTT 3.1.1 §4.1). Nothing is left behind in the broker.
EndpointOptions endpoint_options(const MqttConfig& config) {
  EndpointOptions options;
  options.version = wire::mqtt::Version::v311;
  options.clean_start = true;
  options.keep_alive = config.keep_alive;
  options.queued_bytes_max = config.backlog_bytes;
  options.queued_publishes_max = config.backlog_publishes;
  return options;
}

}  // namespace

struct Engine::State {
  State(boost::asio::io_context& io, const MqttConfig& config)
      : loop(io), kind(config.publisher), options(endpoint_options(config)), broker{config.broker, config.tls} {}

  boost::asio::io_context& loop;
  PublisherEngine kind;
  EndpointOptions options;
  wire::mqtt::BrokerPlace broker;
  std::optional<wire::mqtt::ConnectionContext> context;  // native only
  wire::mqtt::FoundBroker found;
};

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}

Engine::~Engine() = default;

wire::Result<std::unique_ptr<Engine>> Engine::make(boost::asio::io_context& loop, const MqttConfig& config) {
  auto state = std::make_unique<State>(loop, config);
  // Paho gets the names, but wrong ones end here too.
  if (const auto found = state->found.find(state->broker); !found) return tl::unexpected<wire::Error>(found.error());
  if (config.publisher == PublisherEngine::native) {
    state->context.emplace(loop);
    if (!state->context->readiness().is_open()) {
      return wire::environment_error(
          "no file descriptor is left for the broker; raise the limit of open files (ulimit -n)");
    }
  }
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

MakeEndpoint Engine::maker() {
  return [state = state_.get()](EndpointEvents& events) -> std::unique_ptr<Endpoint> {
    if (state->kind == PublisherEngine::paho) {
      return std::make_unique<wire::mqtt::PahoEndpoint>(state->loop, state->options, state->broker, events);
    }
    return std::make_unique<wire::mqtt::Connection>(*state->context, state->options, state->found.native(), events);
  };
}

}  // namespace fleet::bridge
