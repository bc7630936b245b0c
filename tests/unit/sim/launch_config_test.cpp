#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/launch/bridge_config.h"
#include "sim/launch/files.h"
#include "sim/launch/mosquitto_config.h"
#include "sim/launch/program.h"
#include "sim/scenario/naming.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

Scenario small(const std::vector<Override>& sets = {}) {
  return parse_scenario(std::string(kSmallScenario), "s.yaml", sets, {}).value();
}

TEST(MosquittoConfig, WritesEveryLimitDown) {
  const std::string text = mosquitto_config(small(), {1234}, "/run/here", "/p.so");
  for (const char* line : {"listener 1234 127.0.0.1\n",
                           "max_connections -1\n",
                           "allow_anonymous false\n",
                           "allow_zero_length_clientid true\n",
                           "user root\n",
                           "set_tcp_nodelay true\n",
                           "max_inflight_messages 65535\n",
                           "max_inflight_bytes 0\n",
                           "max_queued_messages 1000\n",
                           "max_queued_bytes 0\n",
                           "queue_qos0_messages false\n",
                           "max_packet_size 1048576\n",
                           "max_keepalive 65535\n",
                           "memory_limit 0\n",
                           "upgrade_outgoing_qos false\n",
                           "retain_available true\n",
                           "sys_interval 0\n",
                           "connection_messages false\n",
                           "persistence false\n",
                           "plugin /p.so\n",
                           "plugin_opt_registry /run/here/registry.db\n",
                           "plugin_opt_bridge_username fleet-bridge\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MosquittoConfig, LetsAnybodyInWhereTheScenarioWantsIt) {
  const std::string text = mosquitto_config(small({{"target.broker.auth", "off"}}), {1234}, "/run/here", "/p.so");
  EXPECT_THAT(text, HasSubstr("allow_anonymous true\n"));
  EXPECT_THAT(text, Not(HasSubstr("plugin")));
  EXPECT_THAT(text, Not(HasSubstr("/run/here")));
}

TEST(MosquittoConfig, QueuesWhatADeviceCanBeOwed) {
  EXPECT_THAT(mosquitto_config(small({{"calls.push.rate", "1000/s"}}), {1}, "", ""),
              HasSubstr("max_queued_messages 12000\n"));
  EXPECT_THAT(mosquitto_config(small({{"calls.push.rate", "max"}}), {1}, "", ""),
              HasSubstr("max_queued_messages 1000000\n"));
}

TEST(MosquittoConfig, KeepsSessionsWhereTheScenarioWantsIt) {
  const std::string text =
      mosquitto_config(small({{"target.broker", "{use: mosquitto, persistence: true}"}}), {1}, "/run/here", "/p.so");
  EXPECT_THAT(text, HasSubstr("persistence true\npersistence_location /run/here/\n"));
}

TEST(MosquittoConfig, SpeaksTlsWhereTheScenarioWantsIt) {
  EXPECT_THAT(mosquitto_config(small(), {1}, "/run/here", "/p.so"), Not(HasSubstr("certfile")));
  const std::string text = mosquitto_config(small({{"target.broker.tls", "on"}}), {1}, "/run/here", "/p.so");
  EXPECT_THAT(text, HasSubstr("listener 1 127.0.0.1\ncafile /run/here/ca.pem\ncertfile /run/here/broker.pem\n"
                              "keyfile /run/here/broker.key\nrequire_certificate false\n"));
  EXPECT_THAT(mosquitto_config(small({{"target.broker.tls", "mutual"}}), {1}, "/run/here", "/p.so"),
              HasSubstr("require_certificate true\n"));
}

TEST(MosquittoConfig, SpeaksWebSocketWhereTheScenarioWantsIt) {
  EXPECT_THAT(
      mosquitto_config(small({{"target.broker.websocket", "true"}}), {1, 2}, "/run/here", "/p.so"),
      HasSubstr(
          "listener 2 127.0.0.1\nmax_connections 1\nlistener 1 127.0.0.1\nsocket_domain ipv4\nprotocol websockets\n"));
}

TEST(BridgeConfig, SaysWhomToTrustBehindMqtts) {
  const wire::mqtt::TlsOptions tls{.ca = "/c/ca.pem", .certificate = "/c/b.pem", .key = "/c/b.key"};
  const std::string text = bridge_config(small(), {{"mqtts", "h", 1}, tls}, "/run/here");
  EXPECT_THAT(text, HasSubstr("broker: \"mqtts://h:1\"\n"));
  EXPECT_THAT(text, HasSubstr("  tls:\n    ca: \"/c/ca.pem\"\n    certificate: \"/c/b.pem\"\n    key: \"/c/b.key\"\n"));
  const std::string trusting = bridge_config(small(), {{"mqtts", "h", 1}, {.verify = false}}, "/run/here");
  EXPECT_THAT(trusting, HasSubstr("  tls:\n    verify: false\n"));
  EXPECT_THAT(bridge_config(small(), {{"mqtts", "h", 1}}, "/run/here"), Not(HasSubstr("tls:")));
}

TEST(BridgeConfig, NamesEveryDeviceWithItsSecret) {
  const Scenario scenario = small();
  const std::string key = scenario.products[0].key;
  const std::string text = bridge_config(scenario, {{"mqtt", "127.0.0.1", 1884}}, "/run/here");
  EXPECT_THAT(text, HasSubstr("listen: 127.0.0.1:0\n"));
  EXPECT_THAT(text, HasSubstr("broker: \"mqtt://127.0.0.1:1884\"\n"));
  EXPECT_THAT(text, HasSubstr("key: \"" + key + "\"\n"));
  EXPECT_THAT(text, HasSubstr("\"get\": subscribe\n"));
  EXPECT_THAT(text, HasSubstr("{ name: \"lamp-00009\", secret: \"" + device_secret(key, "lamp-00009", 1) + "\" }\n"));
  EXPECT_THAT(text, Not(HasSubstr("lamp-00010")));
  EXPECT_THAT(text, HasSubstr("limits: off\n"));
  EXPECT_THAT(bridge_config(small({{"target.limits", "api"}}), {{"mqtt", "::1", 1}}, "/run/here"),
              Not(HasSubstr("limits")));
  EXPECT_THAT(bridge_config(scenario, {{"mqtt", "::1", 1}}, "/run/here"), HasSubstr("mqtt://[::1]:1"));
}

TEST(BridgeConfig, SharesRegistryAndLoginWithTheBroker) {
  const Scenario scenario = small();
  const wire::mqtt::Login login = bridge_login(scenario);
  const std::string bridge = bridge_config(scenario, {{"mqtt", "h", 1}}, "/run/here");
  const std::string broker = mosquitto_config(scenario, {1}, "/run/here", "/p.so");
  EXPECT_THAT(bridge, HasSubstr("store: \"sqlite:/run/here/registry.db\"\n"));
  EXPECT_THAT(bridge, HasSubstr("  username: \"" + login.username + "\"\n  password: \"" + login.password + "\"\n"));
  EXPECT_THAT(broker, HasSubstr("plugin_opt_bridge_password " + login.password + "\n"));
  const std::string open = bridge_config(small({{"target.broker.auth", "off"}}), {{"mqtt", "h", 1}}, "/run/here");
  EXPECT_THAT(open, HasSubstr("store: memory\n"));
  EXPECT_THAT(open, Not(HasSubstr("password")));
}

constexpr std::string_view kGateways = R"(name: gateways
products:
  hub: { kind: gateway, key: a1hub, topics: { get: subscribe } }
  sensor: { kind: sub-device, key: a1sensor, topics: { get: subscribe } }
fleet:
  hubs: { product: hub, count: 2, name: "hub-{index}" }
  sensors: { product: sensor, count: 3, name: "sensor-{index}", gateway: { group: hubs }, subscribe: [ { topic: get } ] }
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 3, rate: 1000/s }
phases: { warm_up: 0s, hold: 1s }
)";

TEST(BridgeConfig, TellsWhoseSubDevicesTheyAre) {
  const Scenario scenario = parse_scenario(std::string(kGateways), "s.yaml", {}, {}).value();
  const std::string text = bridge_config(scenario, {{"mqtt", "h", 1}}, "/run/here");
  EXPECT_THAT(text, HasSubstr("kind: gateway\n"));
  EXPECT_THAT(text, HasSubstr("kind: sub-device\n"));
  EXPECT_THAT(text, HasSubstr("name: \"sensor-1\", secret: \"" + device_secret("a1sensor", "sensor-1", 1) +
                              "\", gateway: \"a1hub/hub-1\" }\n"));
  EXPECT_THAT(text, HasSubstr("gateway: \"a1hub/hub-0\" }\n"));
}

TEST(BridgeConfig, LeavesOutWhatComesThroughTheApi) {
  const Scenario scenario =
      parse_scenario(std::string(kGateways), "s.yaml",
                     {{"fleet.sensors.provision", "api"}, {"fleet.sensors.gateway.topology", "api"}}, {})
          .value();
  const std::string text = bridge_config(scenario, {{"mqtt", "h", 1}}, "/run/here");
  EXPECT_THAT(text, HasSubstr("key: \"a1sensor\"\n"));
  EXPECT_THAT(text, HasSubstr("name: \"hub-1\""));
  EXPECT_THAT(text, Not(HasSubstr("sensor-1")));
}

TEST(MosquittoConfig, QueuesWhatAGatewayCanBeOwed) {
  const Scenario scenario = parse_scenario(std::string(kGateways), "s.yaml", {}, {}).value();
  EXPECT_THAT(mosquitto_config(scenario, {1}, "", ""), HasSubstr("max_queued_messages 2000\n"));
}

TEST(BridgeConfig, GivesTheDialectItsKey) {
  EXPECT_THAT(bridge_config(small(), {{"mqtt", "h", 1}}, "/run/here"), Not(HasSubstr("bcast")));
  const Scenario scenario =
      small({{"target.bridge", "{dialect: emqx-bcast, access_key_id: k, access_key_secret: 's:t'}"}});
  EXPECT_THAT(bridge_config(scenario, {{"mqtt", "h", 1}}, "/run/here"),
              HasSubstr("bcast:\n  keys:\n    - api_key: \"k\"\n      api_secret: \"s:t\"\n"));
}

TEST(BridgeConfig, QuotesWhatCouldBeReadOtherwise) {
  Scenario scenario = small();
  scenario.target.access_key_secret = "a\"b: #c\\\n";
  EXPECT_THAT(bridge_config(scenario, {{"mqtt", "h", 1}}, "/run/here"),
              HasSubstr(R"(access_key_secret: "a\"b: #c\\\n")"));
}

TEST(Files, AFullDiskIsSaid) {
  const auto written = write_file("/dev/full", "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, wire::ErrorKind::environment);
  EXPECT_EQ(written.error().text(), "/dev/full: cannot write the file: No space left on device");
}

TEST(Files, ADirectoryThatCannotBeMadeIsSaid) {
  const auto made = make_directory("/dev/null/out");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().text(), "/dev/null/out: cannot make the directory: Not a directory");
}

TEST(Program, IsLookedUpInThePathAndFurther) {
  EXPECT_TRUE(find_program("sh", {}));
  EXPECT_FALSE(find_program("no-such-program", {}));
  EXPECT_FALSE(find_program("/etc/passwd", {}));
  EXPECT_FALSE(find_program("/bin", {}));
  EXPECT_THAT(beside_this_program("other"), HasSubstr("/other"));
}

}  // namespace
}  // namespace fleet::sim
