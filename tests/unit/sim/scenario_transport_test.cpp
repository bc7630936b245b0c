// What a scenario may say of the way to its broker, and what it is told where that makes no sense.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/plan.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

Target target_of(const std::string& broker) {
  const auto scenario = parse_scenario(std::string(kSmallScenario), "s.yaml", {{"target.broker", broker}}, {});
  EXPECT_TRUE(scenario) << scenario.error().text();
  return scenario ? scenario->target : Target{};
}

std::string error_with(const std::string& broker) {
  return error_of(std::string(kSmallScenario), {{"target.broker", broker}});
}

TEST(Transport, IsTcpAlone) {
  EXPECT_EQ(target_of("mosquitto").broker_tls, BrokerTls::off);
  EXPECT_EQ(target_of("{tls: off}").broker_tls, BrokerTls::off);
  EXPECT_EQ(target_of("mqtt://h").tls, wire::mqtt::TlsOptions{});
}

TEST(Transport, IsTlsForAStartedBroker) {
  EXPECT_EQ(target_of("{tls: on}").broker_tls, BrokerTls::on);
  EXPECT_EQ(target_of("{use: mosquitto, tls: mutual}").broker_tls, BrokerTls::mutual);
  EXPECT_EQ(target_of("{tls: {use: mutual}}").broker_tls, BrokerTls::mutual);
}

TEST(Transport, IsTlsWithFilesForABrokerAtAUrl) {
  const Target plain = target_of("mqtts://broker.example");
  EXPECT_EQ(plain.broker->text(), "mqtts://broker.example:8883");
  EXPECT_EQ(plain.tls, wire::mqtt::TlsOptions{});
  const Target target =
      target_of("{url: 'mqtts://h:1', tls: {ca: ca.pem, certificate: c.pem, key: c.key, verify: false}}");
  EXPECT_EQ(target.tls, (wire::mqtt::TlsOptions{"ca.pem", "c.pem", "c.key", false}));
  EXPECT_EQ(target.broker_tls, BrokerTls::off);
}

TEST(Transport, IsHttpsForABridgeAtAUrl) {
  const auto with_bridge = [](const char* bridge) {
    return parse_scenario(std::string(kSmallScenario), "s.yaml", {{"target.bridge", bridge}}, {});
  };
  const auto scenario = with_bridge("{url: 'https://h', tls: {ca: ca.pem, verify: false}}");
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_EQ(scenario->target.bridge->text(), "https://h:443");
  EXPECT_EQ(scenario->target.bridge_tls, (wire::mqtt::TlsOptions{.ca = "ca.pem", .verify = false}));
  EXPECT_EQ(with_bridge("{url: 'http://h', tls: {ca: ca.pem}}").error().text(),
            "--set target.bridge: 'target.bridge.tls' is for https://; this URL has no TLS");
  EXPECT_EQ(with_bridge("{use: local, tls: {ca: ca.pem}}").error().text(),
            "--set target.bridge: 'target.bridge.tls' is for https://; a bridge that is started has none");
}

TEST(Transport, SaysWhatMakesNoSense) {
  struct Row {
    const char* broker;
    const char* error;
  };
  const Row rows[] = {
      {"{tls: offf}", "--set target.broker: 'target.broker.tls.use': 'offf' is not possible here; did you mean 'off'?"},
      {"{url: 'mqtts://h', tls: on}",
       "--set target.broker: 'target.broker.tls: on' is for a broker that is started; with 'url' write "
       "mqtts:// or wss://, and files here"},
      {"{url: 'mqtt://h', tls: {ca: a.pem}}",
       "--set target.broker: 'target.broker.tls' is for mqtts://; this URL has no TLS"},
      {"{url: 'mqtts://h', tls: {certificate: a.pem}}",
       "--set target.broker: 'target.broker.tls.certificate' needs 'target.broker.tls.key' beside it"},
      {"{url: 'mqtts://h', tls: {key: a.pem}}",
       "--set target.broker: 'target.broker.tls.key' needs 'target.broker.tls.certificate' beside it"},
      {"{url: 'ws://h', websocket: true}",
       "--set target.broker: 'websocket' is for a broker that is started; with 'url' write ws:// or wss://"},
      {"{source_addresses: 127.0.0.x}",
       "--set target.broker: '127.0.0.x' is no range of IPv4 addresses; write it like 127.0.0.2..127.0.0.5"},
      {"{source_addresses: 127.0.0.5..127.0.0.2}", "--set target.broker: '127.0.0.5..127.0.0.2' ends before it begins"},
      {"{source_addresses: 127.0.0.2..127.0.9.2}",
       "--set target.broker: '127.0.0.2..127.0.9.2' has more than 1000 addresses"},
      {"{source_addresses: 10.0.0.2..10.0.0.3}",
       "--set target.broker: the broker at 127.0.0.1 cannot be reached from '10.0.0.2..10.0.0.3'"},
      {"{url: 'mqtt://10.1.1.1', source_addresses: 127.0.0.2}",
       "--set target.broker: the broker at 10.1.1.1 cannot be reached from '127.0.0.2'"},
      {"{tls: {ca: a.pem}}",
       "--set target.broker: 'target.broker.tls.ca' is for a broker behind 'url'; a started one has certificates of "
       "its "
       "own: 'target.broker.tls: on'"},
      {"http://h",
       "--set target.broker: 'target.broker.url': 'http://h' has a scheme that is not supported (allowed: mqtt:// "
       "mqtts:// ws:// wss://); write it like mqtt://127.0.0.1:1883"},
  };
  for (const Row& row : rows) EXPECT_EQ(error_with(row.broker), row.error);
}

TEST(Transport, IsWebSocketWhereTheScenarioWantsIt) {
  EXPECT_TRUE(target_of("{websocket: true, tls: on}").broker_websocket);
  EXPECT_EQ(target_of("wss://h").broker->port, 443);
  EXPECT_EQ(target_of("{url: 'wss://h', tls: {ca: ca.pem}}").tls.ca, "ca.pem");
}

TEST(Transport, ComesFromTheAddressesOfARange) {
  const AddressRange range = target_of("{source_addresses: 127.0.0.254..127.0.1.1}").source_addresses;
  EXPECT_EQ(range.first, 0x7F0000FEu);
  EXPECT_EQ(range.count, 4u);
  EXPECT_EQ(target_of("{url: 'mqtt://b.example', source_addresses: 10.0.0.1}").source_addresses.count, 1u);
  EXPECT_EQ(error_of(small_with("count: 10", "count: 10\n    engine: paho"),
                     {{"target.broker", "{source_addresses: 127.0.0.2..127.0.0.3}"}}),
            "--set target.broker: engine paho of fleet group 'lamps' cannot choose its source address");
}

TEST(Transport, HasItsBoundsBehindAProxy) {
  const auto error_with_proxy = [](const char* broker) {
    return error_of(
        std::string(kSmallScenario),
        {{"target.broker", broker}, {"faults", "[{at: 1s, do: slow, between: fleet-broker, delay: 5ms, for: 1s}]"}});
  };
  EXPECT_EQ(error_with_proxy("{tls: on}"), "accepted");
  EXPECT_EQ(error_with_proxy("mqtts://127.0.0.1"), "accepted");
  EXPECT_EQ(error_with_proxy("{url: 'mqtts://b.example', tls: {verify: false}}"), "accepted");
  EXPECT_EQ(error_with_proxy("mqtts://b.example"),
            "--set target.broker: faults between two programs put a proxy at 127.0.0.1, which the certificate of "
            "b.example is not for; such a run needs 'tls: {verify: false}'");
  EXPECT_EQ(error_with_proxy("{source_addresses: 127.0.0.2..127.0.0.3}"),
            "--set target.broker: behind faults between fleet and broker all comes from one address, the proxy's");
}

TEST(Transport, NeedsThePortsOfEachSourceAddress) {
  const auto plan_of = [](const char* addresses) {
    const auto scenario =
        parse_scenario(std::string(kSmallScenario), "s.yaml",
                       {{"fleet.lamps.count", "60000"}, {"target.broker.source_addresses", addresses}}, {});
    return make_plan(scenario.value(), 2);
  };
  const MachineLimits limits{1'000'000, 28'232, 0, 2};
  const Plan two = plan_of("127.0.0.2..127.0.0.3");
  EXPECT_EQ(two.local_ports, 30'000u);
  EXPECT_EQ(check_limits(two, limits).error().message,
            "60,000 devices need 30,000 local ports of each of 2 source addresses and net.ipv4.ip_local_port_range "
            "leaves 28,132; 56,264 fit: lower the counts, widen the range, or let them come from more addresses "
            "(target.broker.source_addresses)");
  EXPECT_TRUE(check_limits(plan_of("127.0.0.2..127.0.0.4"), limits));
}

}  // namespace
}  // namespace fleet::sim
