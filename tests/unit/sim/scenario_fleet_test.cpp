// Gateways, sub-devices, where identities come from, telemetry: read well, and every misuse told at its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/plan.h"
#include "sim/scenario/sub_devices.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::string_view kHubs = R"(name: hubs
products:
  hub: { kind: gateway, topics: { get: subscribe } }
  sensor: { kind: sub-device, topics: { get: subscribe, update: publish } }
  lamp: { topics: { get: subscribe } }
fleet:
  hubs:
    product: hub
    count: 4
    name: hub-{index:3}
  sensors:
    product: sensor
    count: 10
    name: sensor-{index:5}
    gateway: { group: hubs }
    subscribe: [ { topic: get, qos: 1 } ]
    publish: [ { topic: update, every: 5s, payload: '{sequence}' } ]
  lamps: { product: lamp, count: 3, name: "lamp-{index}", subscribe: [ { topic: get } ] }
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 5, rate: 50/s }
phases: { hold: 10s }
)";

std::string hubs_with(std::string_view from, std::string_view to) {
  std::string text(kHubs);
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "the replaced text is not there" : text.replace(at, from.size(), to);
}

TEST(ScenarioFleet, ReadsGatewaysAndSubDevices) {
  const Scenario scenario = parse_scenario(std::string(kHubs), "s.yaml", {}, std::nullopt).value();
  EXPECT_EQ(scenario.products[0].kind, DeviceKind::gateway);
  EXPECT_EQ(scenario.products[1].kind, DeviceKind::sub_device);
  EXPECT_EQ(scenario.products[2].kind, DeviceKind::device);
  EXPECT_TRUE(scenario.fleet[0].connects());
  const FleetGroup& sensors = scenario.fleet[1];
  EXPECT_FALSE(sensors.connects());
  EXPECT_EQ(sensors.gateway->group, 0u);
  EXPECT_EQ(sensors.gateway->topology, Topology::config);
  EXPECT_TRUE(sensors.gateway->login);
  EXPECT_EQ(sensors.provision, Provision::config);
  ASSERT_EQ(sensors.publish.size(), 1u);
  EXPECT_EQ(sensors.publish[0].every, 5s);
  EXPECT_DOUBLE_EQ(sensors.publish[0].jitter, 0);
  EXPECT_EQ(sensors.publish[0].qos, wire::mqtt::Qos::at_most_once);

  const Plan plan = make_plan(scenario, 2);
  EXPECT_EQ(plan.devices, 17u);
  EXPECT_EQ(plan.gateways, 4u);
  EXPECT_EQ(plan.sub_devices, 10u);
  EXPECT_EQ(plan.connections, 7u);
  EXPECT_EQ(plan.telemetry, 20u);
}

TEST(ScenarioFleet, ReadsTheOtherChoices) {
  std::string text = hubs_with("gateway: { group: hubs }",
                               "gateway: { group: hubs, topology: mqtt, login: false }\n"
                               "    provision: api");
  text.replace(text.find("every: 5s"), 9, "every: 5s, jitter: 20%, qos: 1");
  const Scenario scenario = parse_scenario(text, "s.yaml", {}, std::nullopt).value();
  const FleetGroup& sensors = scenario.fleet[1];
  EXPECT_EQ(sensors.gateway->topology, Topology::mqtt);
  EXPECT_FALSE(sensors.gateway->login);
  EXPECT_EQ(sensors.provision, Provision::api);
  EXPECT_DOUBLE_EQ(sensors.publish[0].jitter, 0.2);
  EXPECT_EQ(sensors.publish[0].qos, wire::mqtt::Qos::at_least_once);
}

TEST(ScenarioFleet, ThePlanTellsWhoSpeaksForWhom) {
  std::string text =
      hubs_with("gateway: { group: hubs }", "gateway: { group: hubs, topology: api }\n    provision: api");
  const Scenario scenario = parse_scenario(text, "s.yaml", {}, std::nullopt).value();
  const std::string plan = plan_text(scenario, make_plan(scenario, 2), {});
  EXPECT_THAT(plan, HasSubstr("4 gateways of 'hub'"));
  EXPECT_THAT(plan, HasSubstr("10 sub-devices of 'sensor'"));
  EXPECT_THAT(plan, HasSubstr("2 or 3 for each of the 4 gateways of 'hubs', topology by BatchAddThingTopo"));
  EXPECT_THAT(plan, HasSubstr("registered through the API before anybody connects"));
  EXPECT_THAT(plan, HasSubstr("each publishes to update (QoS 0) every 5s, 0% early or late"));
  EXPECT_THAT(plan, HasSubstr("telemetry, about         20"));
}

TEST(ScenarioFleet, AMillionSubDevicesAreOnePlan) {
  const Scenario scenario = parse_scenario(std::string(kHubs), "s.yaml",
                                           {{"fleet.hubs.count", "1000"}, {"fleet.sensors.count", "1000000"}}, {})
                                .value();
  const Plan plan = make_plan(scenario, 2);
  EXPECT_EQ(plan.sub_devices, 1'000'000u);
  EXPECT_EQ(plan.connections, 1'003u);
}

TEST(ScenarioFleet, SubDevicesAreSpreadEvenly) {
  const SubDeviceSpread spread{10, 4};
  std::uint32_t all = 0;
  for (std::uint32_t gateway = 0; gateway < 4; ++gateway) {
    all += spread.count(gateway);
    EXPECT_GE(spread.count(gateway), 2u);
    EXPECT_LE(spread.count(gateway), spread.count_max());
    for (std::uint32_t rank = 0; rank < spread.count(gateway); ++rank) {
      const std::uint32_t index = spread.sub_device(gateway, rank);
      EXPECT_EQ(spread.gateway_of(index), gateway);
      EXPECT_EQ(spread.rank_of(index), rank);
    }
  }
  EXPECT_EQ(all, 10u);
  EXPECT_EQ(spread.count_max(), 3u);
}

struct Misuse {
  const char* name;
  const char* from;
  const char* to;
  const char* error;
};

class FleetMisuse : public testing::TestWithParam<Misuse> {};

TEST_P(FleetMisuse, IsToldAtItsPlace) {
  EXPECT_EQ(error_of(hubs_with(GetParam().from, GetParam().to)), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, FleetMisuse,
    testing::Values(
        Misuse{"gateways_without_sub_devices", "gateway: { group: hubs }",
               "gateway: { group: others }\n"
               "  others: { product: hub, count: 2, name: \"other-{index}\" }\n  more:\n    product: sensor\n"
               "    count: 4\n    name: more-{index:4}\n    gateway: { group: others }",
               "s.yaml:7:3: 'hubs' are gateways without sub-devices; no fleet group has gateway: {group: hubs}"},
        Misuse{"sub_devices_without_gateways", "    gateway: { group: hubs }\n", "",
               "s.yaml:11:3: 'sensors' are sub-devices, which never connect by themselves; name their gateways: "
               "gateway: {group: GROUP}"},
        Misuse{"gateway_of_a_device", "lamps: { product: lamp,", "lamps: { product: lamp, gateway: { group: hubs },",
               "s.yaml:18:27: 'fleet.lamps.gateway' is for sub-devices; product 'lamp' needs kind: sub-device"},
        Misuse{"gateway_that_is_none", "group: hubs", "group: lamps",
               "s.yaml:15:23: 'lamps' are no gateways; product 'lamp' needs kind: gateway"},
        Misuse{"gateway_unknown", "group: hubs", "group: hub",
               "s.yaml:15:23: unknown fleet group 'hub'; did you mean 'hubs'?"},
        Misuse{"connect_of_sub_devices", "    gateway: { group: hubs }",
               "    connect: { rate: 5/s }\n"
               "    gateway: { group: hubs }",
               "s.yaml:15:5: sub-devices have no connection of their own; 'connect' belongs to the gateways of "
               "'sensors'"},
        Misuse{"topology_before_registration", "gateway: { group: hubs }",
               "provision: api\n    gateway: { group: hubs }",
               "s.yaml:16:5: 'fleet.sensors.gateway' has 'topology: config', but the bridge does not know devices "
               "before they are registered (provision: api); write topology: api or topology: mqtt"},
        Misuse{"too_many_for_a_gateway", "count: 10", "count: 6001",
               "s.yaml:13:12: 6,001 sub-devices are 1,501 for each of the 4 gateways of 'hubs'; a gateway may have "
               "1,500"},
        Misuse{"unknown_topology", "group: hubs }", "group: hubs, topology: apis }",
               "s.yaml:15:39: 'fleet.sensors.gateway.topology': 'apis' is not possible here; did you mean 'api'?"},
        Misuse{"publish_unknown_topic", "topic: update", "topic: updat",
               "s.yaml:17:25: product 'sensor' has no topic 'updat'; did you mean 'update'?"},
        Misuse{"publish_to_a_subscribed_topic", "topic: update", "topic: get",
               "s.yaml:17:25: devices of product 'sensor' only subscribe to topic 'get'; publishing needs 'publish' or "
               "'both' in products.sensor.topics"},
        Misuse{"unknown_field", "{sequence}", "{seq}",
               "s.yaml:17:53: the template has an unknown field '{seq}'; allowed: index, sequence, name, timestamp, "
               "random, choice"},
        Misuse{"jitter_above_half", "every: 5s", "every: 5s, jitter: 60%",
               "s.yaml:17:52: 'fleet.sensors.publish.0.jitter': '60%' is out of range; allowed is 0% .. 50%"},
        Misuse{"jitter_without_unit", "every: 5s", "every: 5s, jitter: 0.2",
               "s.yaml:17:52: 'fleet.sensors.publish.0.jitter': '0.2' has no unit; write 0.2%"}),
    [](const auto& misuse) { return std::string(misuse.param.name); });

TEST(ScenarioFleet, SomebodyElsesApiNeedsAnAccount) {
  const std::string text = hubs_with("gateway: { group: hubs }", "gateway: { group: hubs, topology: api }");
  EXPECT_EQ(error_of(text + "target: { bridge: 'http://127.0.0.1:81' }\n"),
            "s.yaml:15:39: 'fleet.sensors.gateway.topology: api' at http://127.0.0.1:81 needs an account: write "
            "access_key_id and access_key_secret of target.bridge");
  EXPECT_EQ(
      error_of(text + "target: { bridge: { url: 'http://127.0.0.1:81', access_key_id: a, access_key_secret: b } }\n"),
      "accepted");
  EXPECT_EQ(error_of(text + "target: { bridge: { url: 'http://127.0.0.1:81', dialect: emqx-bcast } }\n"),
            "s.yaml:15:39: 'fleet.sensors.gateway.topology: api' needs dialect aliyun; emqx-bcast has no such calls");
}

}  // namespace
}  // namespace fleet::sim
