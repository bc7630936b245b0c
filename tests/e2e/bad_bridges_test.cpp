// Is every bad answer of a bridge counted under its own name, and does none of them hang the run?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>

#include "tests/e2e/sim_run.h"
#include "tests/support/bridge_program.h"
#include "tests/support/mosquitto.h"
#include "tests/support/scripted_bridge.h"

namespace fleet::tests {
namespace {

// The call's number: the last 16 digits of its nonce.
std::uint64_t call_of(const std::string& request) {
  constexpr std::string_view kNonce = "SignatureNonce=";
  const char* digits = request.c_str() + request.find(kNonce) + kNonce.size() + 16;
  std::uint64_t call = 0;
  std::from_chars(digits, digits + 16, call, 16);
  return call;
}

ScriptedBridge::Reply bad_answer(std::uint64_t kind) {
  switch (kind) {
    case 0:
      return {ScriptedBridge::answer(400, R"({"RequestId":"A","Success":false,"Code":"Throttling.User"})")};
    case 1:
      return {ScriptedBridge::answer(500, "")};
    case 2:  // half of it, and the end
      return {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 34\r\n\r\n{\"RequestId\":", true};
    case 3:  // half of it, and silence
      return {"HTTP/1.1 200 OK\r\nContent-Le"};
    case 4:  // nothing, and the end
      return {"", true};
    case 5:  // nothing, and silence
      return {};
    default:
      return {ScriptedBridge::answer(200, "yes")};
  }
}

TEST(BadBridges, AreCountedByWhatTheyDid) {
  ScriptedBridge server([](std::uint64_t, const std::string& request) { return bad_answer(call_of(request) % 7); });
  SimRun run(to_yaml({.rate = "70/s",
                      .warm_up = "100ms",
                      .call_extra = "    timeout: 400ms",
                      .target = fmt::format("{{ bridge: \"http://127.0.0.1:{}\" }}", server.port()),
                      .thresholds = "[ calls.failed == 0 ]"}));
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 1 : 4) << run.output();
  nlohmann::json calls = run.result()["calls"];
  EXPECT_EQ(calls["sent"], 70);
  EXPECT_EQ(calls["rejected"], 20);
  EXPECT_EQ(calls["failed"], 50);
  EXPECT_EQ(calls["errors"], (nlohmann::json{{"Throttling.User", 10},
                                             {"HTTP 500", 10},
                                             {"half an answer", 20},
                                             {"connection closed", 10},
                                             {"timeout", 10},
                                             {"bad answer", 10}}));
}

// Devices of a platform that was there before: a bridge and a broker that the run did not start.
TEST(IdentityFiles, LetAFleetIntoSomebodyElsesPlatform) {
  Mosquitto broker;
  BridgeProgram bridge({.broker_port = broker.port()});
  ASSERT_TRUE(bridge.wait_for_broker());
  const TempDir directory;
  std::string rows;
  for (int i = 0; i < 100; ++i) rows += fmt::format("a1BwAGVdemo,newdevice{},secret-{}\n", 100 + i, i);
  const std::string file = directory.write("ids.csv", rows).string();
  const std::string text = fmt::format(R"(# Is everybody reached?
name: theirs
target: {{ broker: "mqtt://127.0.0.1:{}", bridge: "http://127.0.0.1:{}" }}
products: {{ lamp: {{ key: a1BwAGVdemo, topics: {{ get: subscribe }} }} }}
fleet:
  lamps: {{ product: lamp, count: 100, name: "newdevice1{{index:2}}", provision: file, identities: {}, subscribe: [ {{ topic: get }} ] }}
calls: {{ push: {{ api: BatchPub, to: lamps, topic: get, pick: all, rate: 10/s }} }}
phases: {{ warm_up: 100ms, hold: 500ms, drain: 10s }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: [ calls.failed == 0, calls.rejected == 0, deliveries.missing == 0 ]
)",
                                       broker.port(), bridge.port(), file);
  SimRun run(text);
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 0 : 4) << run.output();
  EXPECT_EQ(run.result()["deliveries"]["received"], 500);
  directory.write("ids.csv", rows + rows);
  SimRun twice(text);
  EXPECT_EQ(twice.wait(), 2);
  EXPECT_NE(twice.output().find(file + ":101: device 'newdevice100' is in the file already"), std::string::npos)
      << twice.output();
}

}  // namespace
}  // namespace fleet::tests
