// Does the timetable of faults say what it means, and does it refuse what cannot be?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/machine.h"
#include "sim/scenario/plan.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

std::string with_faults(const std::string& entries, const std::string& more = "") {
  return std::string(kSmallScenario) + "  - calls.rejected >= 0\n" + more + "faults:\n" + entries;
}

Scenario read(const std::string& text) { return parse_scenario(text, "s.yaml", {}, {}).value(); }

TEST(Faults, ReadsEveryKind) {
  const Scenario scenario = read(with_faults(R"(  - { at: 0s, do: broker-stop, for: 200ms }
  - { at: 1s, do: broker-kill, for: 1s }
  - { at: 3s, do: broker-restart }
  - { at: 3s, do: bridge-stop, for: 100ms }
  - { at: 4s, do: bridge-kill, for: 500ms }
  - { at: 5s, do: bridge-restart }
  - { at: 6s, do: cut, connections: { group: lamps, share: 25%, how: half_open } }
  - { at: 9s, do: cut, connections: { group: lamps } }
)"));
  ASSERT_EQ(scenario.faults.size(), 8u);
  EXPECT_EQ(scenario.faults[0].kind, FaultKind::broker_stop);
  EXPECT_EQ(scenario.faults[0].length, 200ms);
  EXPECT_EQ(scenario.faults[1].kind, FaultKind::broker_kill);
  EXPECT_EQ(scenario.faults[1].at, 1s);
  EXPECT_EQ(scenario.faults[2].kind, FaultKind::broker_restart);
  EXPECT_EQ(scenario.faults[3].kind, FaultKind::bridge_stop);
  EXPECT_EQ(scenario.faults[4].kind, FaultKind::bridge_kill);
  EXPECT_EQ(scenario.faults[5].kind, FaultKind::bridge_restart);
  EXPECT_EQ(scenario.faults[6].kind, FaultKind::cut);
  EXPECT_EQ(scenario.faults[6].cut, CutKind::half_open);
  EXPECT_DOUBLE_EQ(scenario.faults[6].share, 0.25);
  EXPECT_EQ(scenario.faults[7].cut, CutKind::reset);
  EXPECT_DOUBLE_EQ(scenario.faults[7].share, 1);
}

TEST(Faults, AShareIsAtLeastOneDevice) {
  Fault fault;
  fault.share = 0.25;
  EXPECT_EQ(devices_meant(fault.share, 10), 3u);
  fault.share = 0.001;
  EXPECT_EQ(devices_meant(fault.share, 10), 1u);
  fault.share = 1;
  EXPECT_EQ(devices_meant(fault.share, 10), 10u);
}

TEST(Faults, ThePlanPrintsThem) {
  const Scenario scenario = read(with_faults(R"(  - { at: 1500ms, do: broker-kill, for: 1s }
  - { at: 2s, do: cut, connections: { group: lamps, share: 20% } }
)"));
  const std::string text = plan_text(scenario, make_plan(scenario, 2), read_machine_limits());
  EXPECT_THAT(text, HasSubstr("faults, behind the start of the hold\n"
                              "  1500ms           broker-kill, started again after 1s\n"
                              "  2s               cut of 20% of lamps: 2 connections, reset\n"));
}

TEST(Faults, SayWhatIsWrong) {
  const auto expect = [](const std::string& entry, const std::string& sentence) {
    EXPECT_THAT(error_of(with_faults("  - " + entry + "\n")), HasSubstr(sentence)) << entry;
  };
  expect("{ at: 10s, do: broker-restart }", "'faults.0.at' is 10s, and the hold ends at 10s");
  expect("{ at: 9s, do: broker-stop, for: 1s }", "'faults.0' would last until 10s, and the hold ends at 10s");
  expect("{ at: 1s, do: broker-stop }", "'broker-stop' needs 'for': how long it stops");
  expect("{ at: 1s, do: bridge-kill }", "'bridge-kill' needs 'for': when it is started again, behind its end");
  expect("{ at: 1s, do: broker-restart, for: 1s }",
         "'for' is for stops, kills and what happens between two programs; broker-restart takes the time it takes");
  expect("{ at: 1s, do: cut, for: 1s, connections: { group: lamps } }", "cut takes no time");
  expect("{ at: 1s, do: cut }", "'cut' needs 'connections': {group: NAME}, or 'between'");
  expect("{ at: 1s, do: broker-restart, connections: { group: lamps } }", "'connections' is for do: cut");
  expect("{ at: 1s, do: broker-stop, for: 0s }", "out of range");
  expect("{ at: 1s, do: cut, connections: { group: lamp } }", "unknown fleet group 'lamp'; did you mean 'lamps'?");
  expect("{ at: 1s, do: cut, connections: { group: lamps, share: 0% } }", "out of range; allowed is 0.01% .. 100%");
  expect("{ at: 1s, do: cut, connections: { group: lamps, share: 101% } }", "out of range");
  expect("{ at: 1s, do: cut, connections: { group: lamps, share: 20 } }", "'20' has no unit; write 20%");
  expect("{ at: 1s, do: broker-kil, for: 1s }", "did you mean 'broker-kill'?");
  expect("{ do: broker-restart }", "'at'");
  expect("{ at: 2s, do: broker-kill, for: 2s }\n  - { at: 4s, do: broker-restart }",
         "'faults.1' begins at 4s, while faults.0 (broker-kill) still has the broker until 4s");
  expect("{ at: 2s, do: broker-restart }\n  - { at: 1s, do: bridge-restart }",
         "'faults.1.at' is 1s, and the entry in front of it begins at 2s; write them in order of time");
}

TEST(Faults, NeedAProgramThatTheRunHasStarted) {
  const auto error = [](const char* target, const std::string& entry) {
    return error_of(with_faults("  - " + entry + "\n", std::string("target: ") + target + "\n"));
  };
  EXPECT_THAT(error("{ broker: \"mqtt://127.0.0.1:1\" }", "{ at: 1s, do: broker-restart }"),
              HasSubstr("'broker-restart' is for a broker that is started for the run; not for one behind a URL"));
  EXPECT_THAT(error("{ bridge: \"http://127.0.0.1:1\" }", "{ at: 1s, do: bridge-stop, for: 1s }"),
              HasSubstr("'bridge-stop' is for a bridge that is started for the run"));
  EXPECT_EQ(error("{ broker: \"mqtt://127.0.0.1:1\" }", "{ at: 1s, do: bridge-restart }"), "accepted");
}

TEST(Faults, ABridgeThatForgetsItsDevicesIsNotEnded) {
  const auto error = [](const std::string& entry) {
    return error_of(with_faults("  - " + entry + "\n"), {{"fleet.lamps.provision", "api"}});
  };
  for (const char* entry : {"{ at: 1s, do: bridge-restart }", "{ at: 1s, do: bridge-kill, for: 1s }"}) {
    EXPECT_THAT(error(entry), HasSubstr("the bridge that holds the devices of 'lamps', registered through the API"));
  }
  EXPECT_EQ(error("{ at: 1s, do: bridge-stop, for: 1s }"), "accepted");
}

TEST(Faults, SubDevicesHaveNoConnectionsToCut) {
  const std::string text = R"(# Who can be cut?
name: cut
products:
  hub: { kind: gateway, topics: { get: subscribe } }
  sensor: { kind: sub-device, topics: { get: subscribe } }
fleet:
  hubs: { product: hub, count: 2, name: "hub-{index:3}" }
  sensors: { product: sensor, count: 10, name: "sensor-{index:5}", gateway: { group: hubs }, subscribe: [ { topic: get } ] }
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 5, rate: 20/s }
faults:
  - { at: 1s, do: cut, connections: { group: hubs } }
)";
  EXPECT_EQ(error_of(text), "accepted");
  EXPECT_THAT(error_of(text, {{"faults.0.connections.group", "sensors"}}),
              HasSubstr("sub-devices have no connections of their own; cut those of their gateways, 'hubs'"));
}

TEST(Faults, HalfOpenNeedsSomethingThatEndsIt) {
  const std::string entry = "  - { at: 1s, do: cut, connections: { group: lamps, how: half_open } }\n";
  const auto error = [&](const std::string& key, const std::string& value) {
    return error_of(with_faults(entry), {{key, value}});
  };
  EXPECT_THAT(error("fleet.lamps.connect.keep_alive", "0s"), HasSubstr("'lamps' has keep_alive: 0s"));
  EXPECT_THAT(error("fleet.lamps.engine", "paho"), HasSubstr("Paho's sockets cannot be left half open"));
  EXPECT_EQ(error("fleet.lamps.connect.keep_alive", "1s"), "accepted");
}

TEST(Faults, HappenBetweenTwoPrograms) {
  const Scenario scenario = read(with_faults(
      R"(  - { at: 1s, do: slow, between: fleet-broker, delay: 50ms, jitter: 10ms, bandwidth: 1MB, for: 2s }
  - { at: 2s, do: cut, between: bridge-broker, for: 1s }
  - { at: 3s, do: cut, between: fleet-broker, connections: { share: 20%, how: half_open } }
)"));
  ASSERT_EQ(scenario.faults.size(), 3u);
  EXPECT_EQ(scenario.faults[0].kind, FaultKind::slow);
  EXPECT_EQ(scenario.faults[0].between, Between::fleet_broker);
  EXPECT_EQ(scenario.faults[0].link.delay, 50ms);
  EXPECT_EQ(scenario.faults[0].link.jitter, 10ms);
  EXPECT_EQ(scenario.faults[0].link.bytes_per_s, 1'048'576u);
  EXPECT_EQ(scenario.faults[1].between, Between::bridge_broker);
  EXPECT_EQ(scenario.faults[1].cut, CutKind::reset);
  EXPECT_EQ(scenario.faults[2].cut, CutKind::half_open);
  EXPECT_DOUBLE_EQ(scenario.faults[2].share, 0.2);
  EXPECT_TRUE(has_proxy(scenario, Between::fleet_broker));
  const Plan plan = make_plan(scenario, 2);
  EXPECT_EQ(plan.connection_descriptors, 3u);
  EXPECT_THAT(plan_text(scenario, plan, read_machine_limits()),
              HasSubstr("  1s               slow between fleet-broker, delay 50ms, jitter 10ms, 1,048,576 bytes a "
                        "second, for 2s\n"
                        "  2s               cut between bridge-broker, 100% of the connections reset, new ones refused "
                        "for 1s\n"
                        "  3s               cut between fleet-broker, 20% of the connections half_open\n"));
}

TEST(Faults, SayWhatIsWrongBetweenTwoPrograms) {
  const auto expect = [](const std::string& entry, const std::string& sentence) {
    EXPECT_THAT(error_of(with_faults("  - " + entry + "\n")), HasSubstr(sentence)) << entry;
  };
  expect("{ at: 1s, do: slow, delay: 5ms, for: 1s }", "'slow' needs 'between': fleet-broker or bridge-broker");
  expect("{ at: 1s, do: slow, between: fleet-broker, for: 1s }", "'slow' needs 'delay', 'jitter' or 'bandwidth'");
  expect("{ at: 1s, do: slow, between: fleet-broker, delay: 5ms }", "'slow' needs 'for': how long it lasts");
  expect("{ at: 1s, do: slow, between: fleet-bridge, delay: 5ms, for: 1s }", "did you mean 'fleet-broker'?");
  expect("{ at: 1s, do: slow, between: fleet-broker, bandwidth: 1B, for: 1s }", "out of range");
  expect("{ at: 1s, do: cut, between: fleet-broker, delay: 5ms }", "'delay' is for do: slow; cut takes none");
  expect("{ at: 1s, do: broker-restart, between: fleet-broker }", "'between' is for slow and cut");
  expect("{ at: 1s, do: cut, between: fleet-broker, connections: { group: lamps } }", "leave 'group' away");
  expect("{ at: 1s, do: cut, connections: { share: 20% } }", "'connections' of a cut needs 'group'");
  expect("{ at: 1s, do: cut, between: fleet-broker, for: 3s }\n  - { at: 2s, do: cut, between: fleet-broker }",
         "'faults.1' begins at 2s, while faults.0 (cut) still has the connections until 4s");
  EXPECT_EQ(error_of(with_faults("  - { at: 1s, do: cut, between: fleet-broker, for: 3s }\n"
                                 "  - { at: 2s, do: slow, between: fleet-broker, delay: 1ms, for: 1s }\n")),
            "accepted");
  EXPECT_THAT(error_of(with_faults("  - { at: 1s, do: cut, between: bridge-broker }\n",
                                   "target: { bridge: \"http://127.0.0.1:1\" }\n")),
              HasSubstr("a bridge behind a URL has its own way to the broker"));
  const auto half_open = [](const std::string& more) {
    return error_of(
        with_faults("  - { at: 1s, do: cut, between: fleet-broker, connections: { how: half_open }" + more + " }\n"),
        {{"fleet.lamps.connect.keep_alive", "0s"}});
  };
  EXPECT_THAT(half_open(""), HasSubstr("'lamps' has keep_alive: 0s"));
  EXPECT_EQ(half_open(", for: 1s"), "accepted");
}

TEST(Faults, HandOversMoveSubDevicesThatAPlatformKnows) {
  const std::string text = R"(# Who moves?
name: moves
products:
  hub: { kind: gateway, topics: { get: subscribe } }
  sensor: { kind: sub-device, topics: { get: subscribe } }
fleet:
  hubs: { product: hub, count: 2, name: "hub-{index:3}" }
  sensors: { product: sensor, count: 10, name: "sensor-{index:5}", gateway: { group: hubs }, subscribe: [ { topic: get } ] }
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 5, rate: 20/s }
faults:
  - { at: 1s, do: handover, sub_devices: { group: sensors, share: 20% } }
)";
  const Scenario scenario = read(text);
  EXPECT_EQ(scenario.faults[0].kind, FaultKind::handover);
  EXPECT_EQ(fault_text(scenario, scenario.faults[0]),
            "handover of 20% of sensors: 2 sub-devices, each to the next gateway");
  const auto expect = [&](const char* key, const char* value, const char* sentence) {
    EXPECT_THAT(error_of(text, {{key, value}}), HasSubstr(sentence)) << key;
  };
  expect("faults.0.sub_devices.group", "hubs", "'hubs' are no sub-devices");
  expect("faults.0.sub_devices.group", "sensor", "unknown fleet group 'sensor'; did you mean 'sensors'?");
  expect("fleet.hubs.count", "1", "'hubs' has one gateway only; there is no next one");
  expect("fleet.sensors.gateway", "{group: hubs, login: false}", "'sensors' has login: false");
  expect("faults.0", "{at: 1s, do: handover}", "'handover' needs 'sub_devices': {group: NAME}");
  expect("faults.0", "{at: 1s, do: handover, for: 1s, sub_devices: {group: sensors}}", "handover takes");
  expect("faults.0", "{at: 1s, do: broker-restart, sub_devices: {group: sensors}}",
         "'sub_devices' is for do: handover; broker-restart takes none");
}

TEST(Faults, ThresholdsNameThemByNumber) {
  const auto error = [](const std::string& threshold) {
    return error_of(with_faults("  - { at: 1s, do: broker-restart }\n"), {{"thresholds", "[" + threshold + "]"}});
  };
  EXPECT_EQ(error("faults.0.back.all_s < 5s"), "accepted");
  EXPECT_EQ(error("faults.0.missing == 0"), "accepted");
  EXPECT_THAT(error("faults.1.missing == 0"), HasSubstr("there is no fault 1; the scenario has 1, counted from 0"));
  EXPECT_THAT(error("faults.0.mising == 0"), HasSubstr("faults.0.mising"));
  EXPECT_NE(error("faults.missing == 0"), "accepted");
}

}  // namespace
}  // namespace fleet::sim
