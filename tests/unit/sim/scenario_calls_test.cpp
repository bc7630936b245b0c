// Do call groups say whom they reach and when, and what is said where they cannot mean it?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/plan.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Scenario accepted(const std::string& text) {
  auto scenario = parse_scenario(text, "s.yaml", {}, std::nullopt);
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value_or(Scenario{});
}

CallGroup push_with(std::string_view from, std::string_view to) {
  const Scenario scenario = accepted(small_with(from, to));
  return scenario.calls.empty() ? CallGroup{} : scenario.calls[0];
}

CallGroup push_at(std::string_view rate) { return push_with("rate: 50/s", rate); }

TEST(Rates, ARateAloneIsShortForConstant) {
  for (const char* text : {"rate: 50/s", "rate: { constant: 50/s }", "rate: 3000/m"}) {
    const CallGroup push = push_at(text);
    EXPECT_DOUBLE_EQ(push.per_second, 50) << text;
    EXPECT_THAT(push.shape.stretches, IsEmpty());
    EXPECT_EQ(push.arrivals, Arrivals::even);
  }
  EXPECT_TRUE(push_at("rate: { constant: max }").closed_loop);
}

TEST(Rates, ARampBeginsWithTheHold) {
  const RateShape shape = push_at("rate: { ramp: { from: 10/s, to: 5/m, over: 4s } }").shape;
  ASSERT_EQ(shape.stretches.size(), 2u);
  EXPECT_EQ(shape.stretches[0].length, 2s);  // the warm-up
  EXPECT_DOUBLE_EQ(shape.stretches[0].to, 10);
  EXPECT_EQ(shape.stretches[1].length, 4s);
  EXPECT_DOUBLE_EQ(shape.stretches[1].from, 10);
  EXPECT_DOUBLE_EQ(shape.stretches[1].to, 5.0 / 60);
  EXPECT_EQ(push_at("rate: { ramp: { from: 10/s, to: 20/s } }").shape.stretches[1].length, 10s);  // the whole hold
}

TEST(Rates, StepsBeginWithTheWarmUp) {
  const RateShape shape = push_at("rate: { steps: [ { rate: 10/s, for: 1s }, { rate: 20/s, for: 3s } ] }").shape;
  ASSERT_EQ(shape.stretches.size(), 2u);
  EXPECT_EQ(shape.stretches[0].length, 3s);
  EXPECT_EQ(shape.stretches[1].length, 3s);
  EXPECT_DOUBLE_EQ(shape.stretches[1].from, 20);
}

TEST(Rates, BurstsAndDueTimes) {
  const RateShape burst = push_at("rate: { burst: { calls: 7, every: 250ms } }").shape;
  EXPECT_EQ(burst.burst_calls, 7u);
  EXPECT_EQ(burst.burst_every, 250ms);
  EXPECT_THAT(push_at("rate: { due: [ 0s, 10ms, 10ms, 2s ] }").shape.replay, ElementsAre(0ms, 10ms, 10ms, 2s));
}

TEST(Rates, AreReplayedFromAFileBesideTheScenario) {
  const tests::TempDir directory;
  directory.write("due.txt", "# of a morning\n0s\n\n  15ms \r\n1.5s # not a comment\n");
  const std::string file = directory.write("s.yaml", small_with("rate: 50/s", "rate: { replay: due.txt }")).string();
  EXPECT_EQ(error_in(load_scenario(file, {}, {})),
            (directory.path() / "due.txt").string() +
                ":5:1: '1.5s # not a comment' is not a duration; write it like 250ms, 10s, 5m "
                "or 1h");
  directory.write("due.txt", "# of a morning\n0s\n\n  15ms \r\n1.5s");
  const auto scenario = load_scenario(file, {}, {});
  ASSERT_TRUE(scenario) << scenario.error().text();
  EXPECT_THAT(scenario->calls[0].shape.replay, ElementsAre(0ms, 15ms, 1500ms));
  EXPECT_EQ(make_plan(*scenario, 2).total.hold, 3u);

  directory.write("due.txt", "1s\n900ms\n");
  EXPECT_THAT(error_in(load_scenario(file, {}, {})),
              HasSubstr("due.txt:2:1: '900ms' is due before the call in front of it; due times ascend"));
  directory.write("due.txt", "# nothing\n");
  EXPECT_THAT(error_in(load_scenario(file, {}, {})), HasSubstr("s.yaml:18:21: 'calls.push.rate.replay': "));
  EXPECT_THAT(error_in(load_scenario(file, {}, {})), HasSubstr("due.txt holds no due times"));
}

TEST(Rates, OfEveryShapeAreInThePlan) {
  const auto planned = [](const std::string& rate) {
    const Scenario scenario = accepted(small_with("rate: 50/s", rate));
    const Plan plan = make_plan(scenario, 2);
    return std::pair(plan.total.warm_up.value_or(0), plan.total.hold.value_or(0));
  };
  EXPECT_EQ(planned("rate: { ramp: { from: 10/s, to: 30/s } }"), std::pair(std::uint64_t{20}, std::uint64_t{200}));
  EXPECT_EQ(planned("rate: { steps: [ { rate: 10/s, for: 5s }, { rate: 2/s, for: 1s } ] }"),
            std::pair(std::uint64_t{20}, std::uint64_t{60}));
  EXPECT_EQ(planned("rate: { burst: { calls: 4, every: 1s } }"), std::pair(std::uint64_t{8}, std::uint64_t{40}));
  EXPECT_EQ(planned("rate: { due: [ 0s, 9s, 10s ] }"), std::pair(std::uint64_t{0}, std::uint64_t{2}));
  const auto told = [](const std::string& rate) {
    const Scenario scenario = accepted(small_with("rate: 50/s", rate));
    return plan_text(scenario, make_plan(scenario, 2), read_machine_limits());
  };
  EXPECT_THAT(told("rate: { ramp: { from: 10/s, to: 30/s } }"), HasSubstr("open loop, from 10/s to 30/s over 10s\n"));
  EXPECT_THAT(
      told("rate: { due: [ 0s, 9s, 10s ] }"),
      HasSubstr("open loop, 2 calls at due times of their own (1 more are due behind the hold, and not made)\n"));
}

TEST(Picks, OfAllNeedNoBatch) {
  const CallGroup push = push_with("batch: 5", "pick: all");
  EXPECT_EQ(push.pick, Pick::all);
  EXPECT_EQ(push.batch, 10u);
  EXPECT_EQ(push_with("batch: 5", "pick: all\n    batch: 10").batch, 10u);
  EXPECT_EQ(push_with("batch: 5", "pick: zipf\n    batch: 5").pick, Pick::zipf);
  EXPECT_EQ(push_with("batch: 5", "pick: same\n    batch: 5").pick, Pick::same);
}

TEST(Apis, PubNamesOneDevice) {
  EXPECT_EQ(
      push_with("api: BatchPub\n    to: lamps\n    topic: get\n    batch: 5", "api: Pub\n    to: lamps\n    topic: get")
          .batch,
      1u);
}

// The small scenario with a broadcast topic, a call to it and `more` in the call group.
std::string broadcast(const std::string& more = {}) {
  std::string text = small_with("get: subscribe", "news: broadcast, get: subscribe");
  const auto replace = [&text](std::string_view from, std::string_view to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("{ topic: get }", "{ topic: get }, { topic: news }");
  replace("api: BatchPub\n    to: lamps\n    topic: get\n    batch: 5",
          "api: PubBroadcast\n    to: lamps\n    topic: news" + more);
  return text;
}

TEST(Apis, PubBroadcastGoesToAllWhoShareATopic) {
  const Scenario scenario = accepted(broadcast());
  EXPECT_THAT(scenario.products[0].broadcasts, ElementsAre("news"));
  EXPECT_EQ(scenario.products[0].topics.size(), 2u);
  EXPECT_EQ(scenario.calls[0].batch, 10u);
  EXPECT_EQ(scenario.calls[0].pick, Pick::all);
  EXPECT_EQ(make_plan(scenario, 2).total.deliveries, 5'000u);
}

TEST(Apis, PubBroadcastSaysWhatItCannotDo) {
  EXPECT_EQ(error_of(broadcast("\n    qos: 1")),
            "s.yaml:17:10: 'calls.push.qos' is not of PubBroadcast: it goes to all devices of the group, at QoS 0");
  EXPECT_EQ(error_of(broadcast("\n    payload: 65KB")),
            "s.yaml:17:14: 'calls.push.payload' is above 64KB, the most of a broadcast");
  EXPECT_EQ(error_of(broadcast("\n    batch: 5")),
            "s.yaml:17:12: 'calls.push.batch' is 5, but a call goes to all 10 devices of fleet group 'lamps'; leave it "
            "out");
  EXPECT_EQ(error_of(broadcast(), {{"calls.push.topic", "get"}}),
            "--set calls.push.topic: 'get' is no broadcast topic; PubBroadcast needs 'broadcast' in "
            "products.lamp.topics");
  EXPECT_EQ(error_of(broadcast(), {{"calls.push.api", "Pub"}}),
            "s.yaml:16:12: 'news' is a broadcast topic; Pub goes to topics of one device");
  EXPECT_EQ(error_of(broadcast("\n    payload: 64KB"), {{"target.bridge.dialect", "emqx-bcast"}}), "accepted");
  EXPECT_EQ(error_of(broadcast(), {{"fleet.lamps.count", "100001"}}),
            "s.yaml:15:9: fleet group 'lamps' has 100,001 devices; a broadcast is followed to at most 100,000");
  EXPECT_EQ(
      error_of(broadcast(),
               {{"fleet.more", "{product: lamp, count: 2, name: 'more-{index}', subscribe: [{topic: news}]}"}}),
      "s.yaml:16:12: fleet group 'more' subscribes to the broadcast topic 'news' too; a broadcast reaches all who "
      "do, and 'calls.push.to' names one group");
  EXPECT_EQ(error_of(broadcast(), {{"fleet.lamps.publish", "[{topic: news, every: 1s, payload: x}]"}}),
            "--set fleet.lamps.publish: 'news' is a broadcast topic; devices only hear it");
}

struct BadInput {
  const char* name;
  const char* from;
  const char* to;
  const char* error;
};

class BadCalls : public testing::TestWithParam<BadInput> {};

TEST_P(BadCalls, SayWhereAndWhat) { EXPECT_EQ(error_of(small_with(GetParam().from, GetParam().to)), GetParam().error); }

INSTANTIATE_TEST_SUITE_P(
    All, BadCalls,
    testing::Values(
        BadInput{"no_shape", "rate: 50/s", "rate: {}",
                 "s.yaml:18:5: 'calls.push.rate' is empty; write one of constant, ramp, steps, burst, replay, due"},
        BadInput{"two_shapes", "rate: 50/s", "rate: { constant: 5/s, burst: { calls: 2, every: 1s } }",
                 "s.yaml:18:28: 'calls.push.rate' has both 'constant' and 'burst'; keep one"},
        BadInput{"unknown_shape", "rate: 50/s", "rate: { brust: { calls: 2, every: 1s } }",
                 "s.yaml:18:13: unknown key 'brust' in rate; did you mean 'burst'?"},
        BadInput{"constant_without_unit", "rate: 50/s", "rate: { constant: 50 }",
                 "s.yaml:18:23: 'calls.push.rate.constant': '50' has no unit; write 50/s, 50/m or 50/h, or max for a "
                 "closed loop"},
        BadInput{"ramp_from_nothing", "rate: 50/s", "rate: { ramp: { from: 0/s, to: 5/s } }",
                 "s.yaml:18:27: 'calls.push.rate.ramp.from': '0/s' is out of range; allowed is 0.001/s .. 1000000/s"},
        BadInput{"ramp_to_nowhere", "rate: 50/s", "rate: { ramp: { from: 1/s } }",
                 "s.yaml:18:13: ramp has no 'to': rate at the end, which goes on"},
        BadInput{"no_steps", "rate: 50/s", "rate: { steps: [] }",
                 "s.yaml:18:20: 'calls.push.rate.steps' is empty; name at least one"},
        BadInput{"burst_of_nobody", "rate: 50/s", "rate: { burst: { calls: 0, every: 1s } }",
                 "s.yaml:18:29: 'calls.push.rate.burst.calls': '0' is out of range; allowed is 1 .. 10,000"},
        BadInput{"due_times_that_go_back", "rate: 50/s", "rate: { due: [ 1s, 500ms ] }",
                 "s.yaml:18:24: 'calls.push.rate.due.1': '500ms' is due before the call in front of it; due times "
                 "ascend"},
        BadInput{"no_such_replay", "rate: 50/s", "rate: { replay: no-such-file }",
                 "s.yaml:18:21: 'calls.push.rate.replay': no-such-file: cannot open the list of due times: No such "
                 "file or directory"},
        BadInput{"random_bursts", "rate: 50/s", "rate: { burst: { calls: 2, every: 1s } }\n    arrivals: poisson",
                 "s.yaml:19:15: 'calls.push.arrivals' is for a rate, a ramp or steps; max, burst, replay and due say "
                 "themselves when calls leave"},
        BadInput{"random_max", "rate: 50/s", "rate: max\n    arrivals: poisson",
                 "s.yaml:19:15: 'calls.push.arrivals' is for a rate, a ramp or steps; max, burst, replay and due say "
                 "themselves when calls leave"},
        BadInput{"arrivals_unknown", "rate: 50/s", "rate: 50/s\n    arrivals: posson",
                 "s.yaml:19:15: 'calls.push.arrivals': 'posson' is not possible here; did you mean 'poisson'?"},
        BadInput{"pick_unknown", "batch: 5", "batch: 5\n    pick: ziph",
                 "s.yaml:18:11: 'calls.push.pick': 'ziph' is not possible here; did you mean 'zipf'?"},
        BadInput{"no_batch", "    batch: 5\n", "",
                 "s.yaml:13:3: call group 'push' has no 'batch': how many devices one call names"},
        BadInput{"some_of_all", "batch: 5", "batch: 5\n    pick: all",
                 "s.yaml:17:12: 'calls.push.batch' is 5, but a call goes to all 10 devices of fleet group 'lamps'; "
                 "leave it out"},
        BadInput{"pub_of_five", "api: BatchPub", "api: Pub",
                 "s.yaml:17:12: 'calls.push.batch': '5' is out of range; allowed is 1 .. 1"},
        BadInput{
            "pub_in_the_other_dialect",
            "calls:\n  push:\n    api: BatchPub\n    to: lamps\n    topic: get\n    batch: 5",
            "target: { bridge: { dialect: emqx-bcast } }\ncalls:\n  push:\n    api: Pub\n    to: lamps\n    topic: get",
            "s.yaml:15:10: Pub is not in dialect emqx-bcast; BatchPub with batch: 1 says the same"},
        BadInput{"api_unknown", "api: BatchPub", "api: PubBrodcast",
                 "s.yaml:14:10: 'calls.push.api': 'PubBrodcast' is not possible here; did you mean 'PubBroadcast'?"}),
    [](const testing::TestParamInfo<BadInput>& param) { return param.param.name; });

TEST(BadCalls, OfMoreDevicesThanACallNames) {
  EXPECT_EQ(error_of(small_with("batch: 5", "pick: all"), {{"fleet.lamps.count", "101"}}),
            "s.yaml:17:11: 'calls.push.pick: all' names 101 devices; a call of BatchPub names at most 100");
  EXPECT_EQ(error_of(small_with("rate: 50/s", "rate: 1000000/s\n    arrivals: poisson"), {{"phases.hold", "1h"}}),
            "s.yaml:19:15: 'calls.push.arrivals: poisson' draws each call, 10,000,000 at most; lower the rate or the "
            "hold");
}

TEST(BadCalls, OfBroadcastsToSubDevices) {
  const std::string text = R"(name: behind
products:
  hub: { kind: gateway, topics: { get: subscribe } }
  sensor: { kind: sub-device, topics: { news: broadcast } }
fleet:
  hubs: { product: hub, count: 1, name: 'hub-{index:3}' }
  sensors: { product: sensor, count: 2, name: 'sensor-{index}', gateway: { group: hubs }, subscribe: [ { topic: news } ] }
calls:
  push: { api: PubBroadcast, to: sensors, topic: news, rate: 1/s }
)";
  EXPECT_EQ(error_of(text), "s.yaml:7:113: 'news' is a broadcast topic; sub-devices have no connection that hears it");
}

}  // namespace
}  // namespace fleet::sim
