#include "sim/launch/bridge_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "sim/launch/mosquitto_config.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/sub_devices.h"

namespace fleet::sim {

namespace {

using Out = std::back_insert_iterator<std::string>;

// fleet-bridge's own default; enough for most scenarios.
constexpr std::uint64_t kConnectionsMin = 4'096;
// People with a browser at /metrics, checks of reachability.
constexpr std::uint64_t kConnectionsSpare = 64;
// fleet-bridge's own default of a request's body.
constexpr std::uint64_t kBodyBytesMin = 4u << 20;

// A JSON string is a YAML double-quoted scalar.
std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::uint64_t caller_connections(const Scenario& scenario) {
  std::uint64_t callers = 0;
  for (const CallGroup& group : scenario.calls) callers += group.closed_loop ? group.in_flight : group.connections_max;
  return callers;
}

// The app whose messages this scenario sends or consumes: its topics and groups; nothing where there are none.
void append_app(Out out, const Scenario& scenario) {
  std::set<std::string> topics, groups;
  for (const FleetGroup& group : scenario.fleet) {
    if (group.kind != FleetKind::consumer) continue;
    groups.insert(group.consumer_group);
    for (const TopicSubscription& row : group.subscribe) topics.insert(row.topic);
  }
  if (groups.empty()) return;
  const auto list = [&](std::string_view key, const std::set<std::string>& names) {
    fmt::format_to(out, "    {}:\n", key);
    for (const std::string& name : names) fmt::format_to(out, "      - {}\n", quoted(name));
  };
  fmt::format_to(out, "apps:\n  - app_key: {}\n    app_secret: {}\n", quoted(scenario.target.app_key),
                 quoted(scenario.target.app_secret));
  list("topics", topics);
  list("groups", groups);
}

// A form may have this many bytes for a call; 0: none carries messages.
std::uint64_t message_body_bytes(const Scenario& scenario) {
  constexpr std::uint64_t kAround = 2'048;  // JSON, topic and group of a message, percent-encoded, at their longest
  std::uint64_t bytes = 0;
  for (const CallGroup& group : scenario.calls) {
    if (!group.targets.empty()) bytes = std::max(bytes, group.batch * (group.payload_bytes + kAround));
  }
  return bytes;
}

// The sub-device's gateway, where the bridge is told by its configuration.
std::string gateway_text(const Scenario& scenario, const FleetGroup& group, std::uint32_t index) {
  if (!group.gateway || group.gateway->topology != Topology::config) return {};
  const FleetGroup& gateways = scenario.fleet[group.gateway->group];
  const std::uint32_t gateway = SubDeviceSpread{group.count, gateways.count}.gateway_of(index);
  return fmt::format(", gateway: {}", quoted(scenario.products[gateways.product].key + "/" +
                                             device_name(gateways.name_template, gateway)));
}

void append_product(Out out, const Scenario& scenario, std::size_t index) {
  const Product& product = scenario.products[index];
  constexpr std::string_view kKinds[] = {"device", "gateway", "sub-device"};
  fmt::format_to(out, "  - key: {}\n    name: {}\n    kind: {}\n    auth: secret\n", quoted(product.key),
                 quoted(product.name), kKinds[static_cast<std::size_t>(product.kind)]);
  if (!product.topics.empty()) fmt::format_to(out, "    topics:\n");
  for (const auto& [topic, operation] : product.topics) {
    fmt::format_to(out, "      {}: {}\n", quoted(topic), wire::name_of(operation));
  }
  bool first = true;
  for (const FleetGroup& group : scenario.fleet) {
    if (group.product != index || group.provision != Provision::config) continue;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::string name = device_name(group.name_template, i);
      if (first) fmt::format_to(out, "    devices:\n");
      first = false;
      fmt::format_to(out, "      - {{ name: {}, secret: {}{} }}\n", quoted(name),
                     quoted(device_secret(product.key, name, scenario.seed)), gateway_text(scenario, group, i));
    }
  }
}

// Further keys of mqtt.
std::string tls_lines(const wire::mqtt::BrokerPlace& broker) {
  if (!broker.uses_tls() || broker.tls == wire::mqtt::TlsOptions{}) return {};
  std::string text = "  tls:\n";
  const Out out = std::back_inserter(text);
  for (const auto& [key, value] : {std::pair("ca", &broker.tls.ca), std::pair("certificate", &broker.tls.certificate),
                                   std::pair("key", &broker.tls.key)}) {
    if (!value->empty()) fmt::format_to(out, "    {}: {}\n", key, quoted(*value));
  }
  if (!broker.tls.verify) text += "    verify: false\n";
  return text;
}

std::string login_lines(const Scenario& scenario) {
  if (!scenario.target.broker_auth) return {};
  const wire::mqtt::Login login = bridge_login(scenario);
  return fmt::format("  username: {}\n  password: {}\n", quoted(login.username), quoted(login.password));
}

}  // namespace

std::string bridge_config(const Scenario& scenario, const wire::mqtt::BrokerPlace& broker, const std::string& directory,
                          std::uint16_t port) {
  std::string text;
  const Out out = std::back_inserter(text);
  fmt::format_to(out,
                 "# Written by fleet-sim for one run.\n"
                 "http:\n  listen: 127.0.0.1:{}\n  connections_max: {}\n  body_bytes_max: {}B\n"
                 "mqtt:\n  broker: {}\n  publisher: {}\n  connections: {}\n"
                 "{}{}registry:\n  store: {}\n"
                 "accounts:\n  - access_key_id: {}\n    access_key_secret: {}\n    batch_pub: true\n",
                 port, std::max(caller_connections(scenario) + kConnectionsSpare, kConnectionsMin),
                 std::max(message_body_bytes(scenario), kBodyBytesMin), quoted(broker.url.text()),
                 scenario.target.publisher == Engine::paho ? "paho" : "native", scenario.target.publisher_connections,
                 tls_lines(broker), login_lines(scenario),
                 scenario.target.broker_auth ? quoted(fmt::format("sqlite:{}/{}", directory, kRegistryFile)) : "memory",
                 quoted(scenario.target.access_key_id), quoted(scenario.target.access_key_secret));
  if (scenario.target.dialect == Dialect::emqx_bcast) {
    fmt::format_to(out, "bcast:\n  keys:\n    - api_key: {}\n      api_secret: {}\n",
                   quoted(scenario.target.access_key_id), quoted(scenario.target.access_key_secret));
  }
  // Without the key the bridge enforces the APIs' own numbers.
  if (!scenario.target.enforce_api_limits) fmt::format_to(out, "limits: off\n");
  append_app(out, scenario);
  if (!scenario.products.empty()) fmt::format_to(out, "products:\n");
  for (std::size_t i = 0; i < scenario.products.size(); ++i) append_product(out, scenario, i);
  return text;
}

}  // namespace fleet::sim
