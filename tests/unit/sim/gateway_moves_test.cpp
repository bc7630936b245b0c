// Does a gateway follow sub-devices that leave it and come to it?
#include "sim/fleet/gateway_moves.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/fleet/gateway_session.h"
#include "sim/ledger/handover_plan.h"
#include "sim/scenario/identities.h"
#include "tests/support/allocations.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Answer = GatewaySession::Answer;
using Newcomer = GatewayMoves::Newcomer;
using Step = GatewaySession::Step;

const wire::TimePoint kNow{100s};

// Three gateways with ten sensors each; a fifth of them moves, and then all of them.
constexpr const char* kScenario = R"(name: handover
products:
  hub: { kind: gateway, key: a1hub, topics: { get: subscribe } }
  sensor: { kind: sub-device, key: a1sensor, topics: { get: subscribe, set: subscribe } }
fleet:
  hubs: { product: hub, count: 3, name: "hub-{index}" }
  sensors:
    product: sensor
    count: 30
    name: sensor-{index:3}
    gateway: { group: hubs }
    subscribe: [ { topic: get, qos: 1 }, { topic: set } ]
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 5, rate: 50/s }
faults:
  - { at: 1s, do: handover, sub_devices: { group: sensors, share: 20% } }
  - { at: 2s, do: handover, sub_devices: { group: sensors } }
)";

class MovesTest : public testing::Test {
 protected:
  Step next(wire::TimePoint now = kNow) { return session_.next(now, 1'767'323'045'678); }
  Answer answer(const Step& request, int code) {
    const std::string id = json::parse(request.payload)["id"];
    return session_.receive(request.topic + "_reply", R"({"id":")" + id + R"(","code":)" + std::to_string(code) + "}");
  }
  // Brings up those at home; the names that were logged in.
  std::vector<std::string> bring_up() {
    std::vector<std::string> names;
    session_.begin();
    for (Step step = next(); step.kind != Step::Kind::none; step = next()) {
      if (step.kind != Step::Kind::request) continue;
      const json request = json::parse(step.payload);
      for (const auto& row : request["params"]["deviceList"]) names.push_back(row["deviceName"]);
      EXPECT_EQ(answer(step, 200), Answer::accepted);
    }
    EXPECT_TRUE(session_.done());
    return names;
  }
  SubDevice sensor(std::uint32_t index) {
    return group_.find("/a1sensor/sensor-" + std::string(index < 10 ? "00" : "0") + std::to_string(index) + "/")
        .value();
  }

  const Scenario scenario_ = parse_scenario(kScenario, "s.yaml", {}, std::nullopt).value();
  const Identities identities_{scenario_};
  const GatewayGroup group_{scenario_, 0};
  GatewaySession session_{group_, identities_, 1, 10s};
};

TEST_F(MovesTest, WhoLeavesIsNotLoggedInAgainAndHisFiltersAreNotAwaited) {
  EXPECT_EQ(bring_up().size(), 10u);
  const std::uint32_t filters = session_.filters();
  session_.moves().leave(sensor(4));
  EXPECT_TRUE(session_.moves().is_gone(sensor(4)));
  EXPECT_FALSE(session_.moves().has_left(sensor(4))) << "what is on its way is still his";
  session_.moves().note_left(sensor(4));
  EXPECT_TRUE(session_.moves().has_left(sensor(4)));
  EXPECT_EQ(session_.filters(), filters - 2);
  const auto again = bring_up();
  EXPECT_EQ(again.size(), 9u);
  EXPECT_EQ(std::count(again.begin(), again.end(), "sensor-004"), 0);
}

TEST_F(MovesTest, WhoComesIsLoggedInAndSubscribedForAndSoAfterTheNextConnect) {
  bring_up();
  session_.moves().arrive(sensor(5), 77, true);
  for (int connection = 0; connection < 2; ++connection) {
    const Step login = next();
    ASSERT_EQ(login.kind, Step::Kind::request);
    EXPECT_EQ(login.topic, "/ext/session/a1hub/hub-1/combine/batch_login");
    EXPECT_EQ(json::parse(login.payload)["params"]["deviceList"][0]["deviceName"], "sensor-005");
    EXPECT_EQ(answer(login, 200), Answer::accepted);
    const Step welcome = next();
    ASSERT_EQ(welcome.kind, Step::Kind::welcome);
    EXPECT_EQ(welcome.newcomer.index, 5u);
    EXPECT_EQ(next().kind, Step::Kind::none);
    ASSERT_NE(session_.moves().find(sensor(5)), nullptr);
    EXPECT_EQ(session_.moves().find(sensor(5))->row, 77u);
    EXPECT_EQ(session_.moves().find(sensor(5))->state, Newcomer::State::subscribing);
    if (connection == 1) break;
    session_.begin();
    for (Step step = next(); !session_.done(); step = next()) {
      if (step.kind != Step::Kind::request) continue;
      EXPECT_EQ(answer(step, 200), Answer::accepted);
    }
  }
}

TEST_F(MovesTest, ARefusedNewcomerIsToldAndABusyPlatformAskedAgain) {
  bring_up();
  session_.moves().arrive(sensor(5), 77, true);
  EXPECT_EQ(answer(next(), 429), Answer::accepted);
  EXPECT_EQ(next().kind, Step::Kind::none);
  EXPECT_EQ(next(kNow + 900ms).kind, Step::Kind::none);
  const Step again = next(kNow + 2s);
  ASSERT_EQ(again.kind, Step::Kind::request);
  EXPECT_EQ(session_.take_refusal().sub_devices, 0u);
  EXPECT_EQ(answer(again, 6401), Answer::accepted) << "the others stay";
  const auto refusal = session_.take_refusal();
  EXPECT_EQ(refusal.sub_devices, 1u);
  EXPECT_EQ(refusal.why, "batch_login was refused with code 6401");
  EXPECT_EQ(session_.moves().find(sensor(5)), nullptr);
  EXPECT_EQ(session_.failure(), "");
}

TEST_F(MovesTest, WhatIsOnItsWayDuringAHandOverIsStillReceivedAndAfterwardsMisdelivered) {
  using Place = GatewayMoves::Place;
  GatewayMoves& old_gateway = session_.moves();
  GatewayMoves new_gateway;
  EXPECT_EQ(old_gateway.place_of(sensor(4), true), Place::home);
  EXPECT_EQ(new_gateway.place_of(sensor(4), false), Place::elsewhere);
  old_gateway.leave(sensor(4));
  new_gateway.arrive(sensor(4), 7, true);
  EXPECT_EQ(old_gateway.place_of(sensor(4), true), Place::home) << "its subscriptions have not ended";
  EXPECT_EQ(new_gateway.place_of(sensor(4), false), Place::elsewhere) << "nobody has subscribed for it there";
  new_gateway.find(sensor(4))->state = Newcomer::State::subscribing;
  EXPECT_EQ(new_gateway.place_of(sensor(4), false), Place::newcomer);
  old_gateway.note_left(sensor(4));
  EXPECT_EQ(old_gateway.place_of(sensor(4), true), Place::elsewhere);
  // And back home again.
  new_gateway.forget(sensor(4));
  old_gateway.arrive(sensor(4), 1, false);
  old_gateway.find(sensor(4))->state = Newcomer::State::ready;
  EXPECT_EQ(new_gateway.place_of(sensor(4), false), Place::elsewhere);
  EXPECT_EQ(old_gateway.place_of(sensor(4), true), Place::newcomer);
}

TEST_F(MovesTest, LookingUpAllocatesNothing) {
  session_.moves().arrive(sensor(5), 77, true);
  session_.moves().leave(sensor(4));
  const SubDevice five = sensor(5), four = sensor(4);
  const std::uint64_t before = tests::allocations_of_this_thread();
  EXPECT_NE(session_.moves().find(five), nullptr);
  EXPECT_FALSE(session_.moves().has_left(four));
  EXPECT_TRUE(group_.find("/a1sensor/sensor-005/user/get"));
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
}

TEST(TopologyChange, IsReadAsThePlatformWritesIt) {
  const auto change = read_topology_change(
      R"({"id":"1","version":"1.0","params":{"status":0,"subList":[{"productKey":"p","deviceName":"d"}]},)"
      R"("method":"thing.topo.change"})");
  ASSERT_TRUE(change);
  EXPECT_EQ(change->kind, TopologyChange::Kind::came);
  EXPECT_EQ(change->paths, std::vector<std::string>{"p/d"});
  EXPECT_EQ(read_topology_change(R"({"params":{"status":1,"subList":[]}})")->kind, TopologyChange::Kind::left);
  EXPECT_EQ(read_topology_change(R"({"params":{"status":8,"subList":[]}})")->kind, TopologyChange::Kind::other);
  for (const char* bad : {"", "[]", "{}", R"({"params":[]})", R"({"params":{"status":"0","subList":[]}})",
                          R"({"params":{"status":0}})", R"({"params":{"status":0,"subList":[1]}})",
                          R"({"params":{"status":0,"subList":[{"productKey":1,"deviceName":"d"}]}})"}) {
    EXPECT_FALSE(read_topology_change(bad)) << bad;
  }
}

TEST_F(MovesTest, AHandOverMovesItsShareOneGatewayOn) {
  const HandoverPlan first(scenario_, 0), second(scenario_, 1);
  EXPECT_EQ(first.moved(), 6u);
  EXPECT_EQ(second.moved(), 30u);
  std::uint32_t moved = 0;
  for (std::uint32_t i = 0; i < 30; ++i) {
    const std::uint32_t steps = first.moves(i) ? 1 : 0;
    moved += steps;
    EXPECT_EQ(first.gateway(i), (i + steps) % 3);
    EXPECT_TRUE(second.moves(i));
    EXPECT_EQ(second.gateway(i), (i + steps + 1) % 3);
  }
  EXPECT_EQ(moved, 6u);
}

}  // namespace
}  // namespace fleet::sim
