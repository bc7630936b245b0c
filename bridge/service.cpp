#include "bridge/service.h"

#include <spdlog/spdlog.h>

#include <fmt/format.h>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "bridge/api.h"
#include "bridge/devices/device_side.h"
#include "bridge/fanout/engine.h"
#include "bridge/fanout/publisher.h"
#include "bridge/metrics/exposition.h"
#include "bridge/registry/registry.h"
#include "bridge/server/server.h"
#include "wire/clock.h"
#include "wire/mqtt/paho/paho_endpoint.h"

namespace fleet::bridge {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr wire::Millis kTick{50};         // all time-outs of the bridge are as fine as this
constexpr wire::Millis kAnswerTime{500};  // of kStopTime, for the answers to what could not be finished
constexpr wire::Millis kCloseTime{250};   // of kStopTime, for taking everything down: Paho's threads take 0.1 s

// Random, not the process id: in containers those are alike. 13 + 8 + "-0" is the 23 characters that every broker takes
// (MQTT 3.1.1 §3.1.3.1).
std::string random_client_id() {
  std::random_device random;
  return fmt::format("fleet-bridge-{:08x}", static_cast<std::uint32_t>(random()));
}

wire::mqtt::Login login_of(const MqttConfig& config) {
  return {.client_id = config.client_id.empty() ? random_client_id() : config.client_id,
          .username = config.username,
          .password = config.password};
}

PublisherOptions publisher_options(const MqttConfig& config) {
  PublisherOptions options;
  options.connections = config.connections;
  options.backlog_wait = config.backlog_wait;
  options.backlog_bytes = config.backlog_bytes;
  options.backlog_publishes = config.backlog_publishes;
  options.login = login_of(config);
  options.seed = std::random_device{}();
  return options;
}

}  // namespace

struct Service::State {
  explicit State(Config from) : config(std::move(from)), signals(loop, SIGTERM, SIGINT), ticker(loop) {}

  [[nodiscard]] Backend backend();
  void tell_devices();
  void make_devices();
  void wait_for_signal();
  void tick();
  void stop();
  void end_when_done();

  Config config;
  asio::io_context loop{1};
  asio::signal_set signals;
  asio::steady_timer ticker;
  std::unique_ptr<Api> api;
  std::unique_ptr<Engine> engine;  // outlives the publisher
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<DeviceApi> device_api;                                               // null: devices: off
  const wire::mqtt::EndpointOptions device_endpoint = DeviceSide::endpoint_options();  // outlives the device side
  std::unique_ptr<DeviceSide> devices;
  std::unique_ptr<Server> server;
  std::optional<wire::TimePoint> stop_by;
  bool abandoned = false;
  bool publisher_stopped = false;
  bool server_drained = false;
  bool devices_stopping = false;
};

Backend Service::State::backend() {
  Backend backend;
  backend.call = [this](const HttpRequest& request, wire::TimePoint now, wire::WallTime wall, ApiTimes& times) {
    auto outcome = api->call(request, now, wall, times);
    tell_devices();
    return outcome;
  };
  backend.publish = [this](const std::shared_ptr<const wire::mqtt::PublishBatch>& batch, PublishDone done) {
    publisher->publish(batch, std::move(done));
  };
  backend.hold_writes = [this](bool hold) { hold ? publisher->hold_writes() : publisher->release_writes(); };
  backend.broker_connected = [this] { return publisher->connected(); };
  backend.metrics = [this] {
    return HttpAnswer{.content_type = std::string(kMetricsContentType),
                      .body = metrics_text({.calls = server->calls(),
                                            .http = server->counts(),
                                            .publisher = *publisher,
                                            .registry = api->registry(),
                                            .sessions = api->sessions(),
                                            .apps = api->apps(),
                                            .device_api = device_api.get(),
                                            .devices = devices.get()})};
  };
  return backend;
}

// What actions have to tell gateways goes out beside the calls.
void Service::State::tell_devices() {
  std::vector<Notice> notices = api->take_notices();
  if (devices) devices->tell(std::move(notices));
}

// The device side is low-rate and has Paho to itself, whatever engine publishes.
void Service::State::make_devices() {
  device_api = std::make_unique<DeviceApi>(config.devices, config.limits, api->registry(), api->sessions());
  const auto make = [this](wire::mqtt::EndpointEvents& events) {
    return std::make_unique<wire::mqtt::PahoEndpoint>(
        loop, device_endpoint, wire::mqtt::BrokerPlace(config.mqtt.broker, config.mqtt.tls), events);
  };
  wire::mqtt::Login login = login_of(config.mqtt);
  login.client_id += "-d";
  devices = std::make_unique<DeviceSide>(loop, *device_api, make, std::move(login), std::random_device{}());
}

void Service::State::wait_for_signal() {
  signals.async_wait([this](error_code ec, int) {
    if (ec) return;
    stop();
    wait_for_signal();
  });
}

void Service::State::tick() {
  ticker.expires_after(kTick);
  ticker.async_wait([this](error_code ec) {
    if (ec) return;
    const wire::TimePoint now = wire::read_clock();
    publisher->on_timer(now);
    server->on_timer(now);
    const wire::WallTime wall = wire::read_wall_clock();
    if (devices) devices->on_timer({now, wall});
    api->advance(now, wall);
    if (stop_by && now >= *stop_by - kAnswerTime && !abandoned) {
      abandoned = true;
      spdlog::warn("stopping without an acknowledgement for {} calls", publisher->unacknowledged_calls());
      publisher->abandon();
      if (devices) devices->abandon();
    }
    if (stop_by && now >= *stop_by - kCloseTime) {
      server->close_all();
      loop.stop();
    }
    end_when_done();
    tick();
  });
}

void Service::State::stop() {
  if (stop_by) return;
  stop_by = wire::read_clock() + kStopTime;
  server->stop([this] { server_drained = true; });
  publisher->stop([this] { publisher_stopped = true; });
  end_when_done();
}

// The device side last: the calls that are answered until then may have something to tell gateways.
void Service::State::end_when_done() {
  if (!publisher_stopped || !server_drained || devices_stopping) return;
  devices_stopping = true;
  if (!devices) return loop.stop();
  devices->stop([this] { loop.stop(); });
}

Service::Service(Config config) : state_(std::make_unique<State>(std::move(config))) {}

Service::~Service() = default;

wire::Result<std::uint16_t> Service::open() {
  auto registry = Registry::open(state_->config.registry, std::exchange(state_->config.products, {}),
                                 wire::read_wall_clock(), state_->config.apps);
  if (!registry) return tl::unexpected<wire::Error>(std::move(registry.error()));
  state_->api = std::make_unique<Api>(state_->config, std::move(*registry));
  auto engine = Engine::make(state_->loop, state_->config.mqtt);
  if (!engine) return tl::unexpected<wire::Error>(std::move(engine.error()));
  state_->engine = std::move(*engine);
  state_->publisher = std::make_unique<Publisher>(publisher_options(state_->config.mqtt), state_->engine->maker());
  if (state_->config.devices.enabled) state_->make_devices();
  state_->server = std::make_unique<Server>(state_->loop, state_->config.http, state_->backend());
  return state_->server->listen();
}

void Service::run(std::function<void()> ready) {
  state_->wait_for_signal();
  state_->tick();
  const auto waits = std::make_shared<int>(state_->devices ? 2 : 1);
  const auto one_settled = [waits, ready = std::move(ready)] {
    if (--*waits == 0) ready();
  };
  state_->publisher->start(wire::read_clock(), one_settled);
  if (state_->devices) state_->devices->start({wire::read_clock(), wire::read_wall_clock()}, one_settled);
  state_->loop.run();
}

}  // namespace fleet::bridge
