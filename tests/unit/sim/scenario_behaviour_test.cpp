// What devices do by themselves: read well, and every misuse told at its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/plan.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// The small scenario with further lines in its fleet group; the first of them is line 10.
std::string lamps_with(std::string_view lines) {
  return small_with("    name: lamp-{index:5}\n", std::string(lines) + "    name: lamp-{index:5}\n");
}

Scenario accepted(const std::string& text) {
  const auto scenario = parse_scenario(text, "s.yaml", {}, std::nullopt);
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value();
}

TEST(ScenarioBehaviour, NobodyLeavesUnlessAsked) {
  const Scenario scenario = accepted(std::string(kSmallScenario));
  EXPECT_FALSE(scenario.fleet[0].behaviour.leaves());
}

TEST(ScenarioBehaviour, ReadsWindowsAndChurn) {
  const Scenario scenario =
      accepted(lamps_with("    away: [ { at: 1s, for: 2500ms, share: 30%, how: abrupt }, { at: 5s, for: 1s } ]\n"
                          "    churn: { leave: 2/s, away: 1500ms }\n"));
  const Behaviour& behaviour = scenario.fleet[0].behaviour;
  ASSERT_EQ(behaviour.away.size(), 2u);
  EXPECT_EQ(behaviour.away[0].at, 1s);
  EXPECT_EQ(behaviour.away[0].length, 2500ms);
  EXPECT_DOUBLE_EQ(behaviour.away[0].share, 0.3);
  EXPECT_EQ(behaviour.away[0].how, Leave::abrupt);
  EXPECT_DOUBLE_EQ(behaviour.away[1].share, AwayWindow{}.share);
  EXPECT_EQ(behaviour.away[1].how, AwayWindow{}.how);
  ASSERT_TRUE(behaviour.churn);
  EXPECT_DOUBLE_EQ(behaviour.churn->per_second, 2);
  EXPECT_EQ(behaviour.churn->away, 1500ms);
  EXPECT_EQ(behaviour.churn->how, Leave::disconnect);
  EXPECT_TRUE(behaviour.leaves());
}

TEST(ScenarioBehaviour, ReadsTakeoversUnsubscribingAndSilence) {
  const Scenario scenario =
      accepted(lamps_with("    takeover: { rate: 30/m }\n    resubscribe: { rate: 2/s, after: 500ms }\n"
                          "    connect: { keep_alive: 2s }\n    silence: [ { at: 1s, share: 50% }, { at: 3s } ]\n"));
  const Behaviour& behaviour = scenario.fleet[0].behaviour;
  EXPECT_FALSE(behaviour.leaves());
  EXPECT_TRUE(behaviour.interrupts());
  EXPECT_DOUBLE_EQ(behaviour.takeover->per_second, 0.5);
  EXPECT_DOUBLE_EQ(behaviour.resubscribe->per_second, 2);
  EXPECT_EQ(behaviour.resubscribe->after, 500ms);
  ASSERT_EQ(behaviour.silence.size(), 2u);
  EXPECT_EQ(behaviour.silence[0].at, 1s);
  EXPECT_DOUBLE_EQ(behaviour.silence[0].share, 0.5);
  EXPECT_DOUBLE_EQ(behaviour.silence[1].share, 1);
  const std::string plan = plan_text(scenario, make_plan(scenario, 2), {});
  EXPECT_THAT(plan, HasSubstr("0.5/s of their identities connect a second time elsewhere"));
  EXPECT_THAT(plan, HasSubstr("2/s of them unsubscribe, and subscribe again after 500ms"));
  EXPECT_THAT(plan, HasSubstr("5 of them ping no more from 1s on"));
}

TEST(ScenarioBehaviour, ReadsRepliesSlowReadingAndBackOff) {
  const Scenario scenario = accepted(lamps_with(
      "    slow_reading: { bytes_per_second: 2KB }\n"
      "    reply: [ { to: get, topic: update, delay: 50ms, spread: exponential, qos: 1, payload: '{name}' },\n"
      "             { to: get, topic: update, payload: x } ]\n"
      "    connect: { back_off: { model: constant, first: 2s, jitter: full } }\n"));
  const Behaviour& behaviour = scenario.fleet[0].behaviour;
  EXPECT_FALSE(behaviour.interrupts());
  EXPECT_EQ(behaviour.slow_reading->bytes_per_second, 2'048u);
  ASSERT_EQ(behaviour.reply.size(), 2u);
  EXPECT_EQ(behaviour.reply[0].to, "get");
  EXPECT_EQ(behaviour.reply[0].topic, "update");
  EXPECT_EQ(behaviour.reply[0].delay, 50ms);
  EXPECT_EQ(behaviour.reply[0].spread, Spread::exponential);
  EXPECT_EQ(behaviour.reply[0].qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(behaviour.reply[1].delay, 0ms);
  EXPECT_EQ(behaviour.reply[1].spread, Spread::constant);
  EXPECT_EQ(behaviour.reply[1].qos, wire::mqtt::Qos::at_most_once);
  const BackOff& back_off = scenario.fleet[0].connect.back_off;
  EXPECT_EQ(back_off.model, BackOff::Model::constant);
  EXPECT_EQ(back_off.first, 2s);
  EXPECT_EQ(back_off.jitter, BackOff::Jitter::full);
  const std::string plan = plan_text(scenario, make_plan(scenario, 2), {});
  EXPECT_THAT(plan, HasSubstr("each reads 2 KB a second at most"));
  EXPECT_THAT(plan, HasSubstr("each replies to get on update (QoS 1) after 50ms (exponential)"));
}

TEST(ScenarioBehaviour, ReadsWills) {
  const Scenario scenario =
      accepted(lamps_with("    will: { topic: update, qos: 2, retain: true, payload: '{name} is gone' }\n"));
  const auto& will = scenario.fleet[0].behaviour.will;
  ASSERT_TRUE(will);
  EXPECT_EQ(will->topic, "update");
  EXPECT_EQ(will->qos, wire::mqtt::Qos::exactly_once);
  EXPECT_TRUE(will->retain);
  EXPECT_EQ(will->payload.parts.size(), 2u);
  EXPECT_THAT(plan_text(scenario, make_plan(scenario, 2), {}),
              HasSubstr("each leaves a will on update (QoS 2, retained)"));
  const Scenario plain = accepted(lamps_with("    will: { topic: update, payload: x }\n"));
  EXPECT_EQ(plain.fleet[0].behaviour.will->qos, WillMessage{}.qos);
  EXPECT_EQ(plain.fleet[0].behaviour.will->retain, WillMessage{}.retain);
}

TEST(ScenarioBehaviour, TheDefaultBackOffIsThatOfTheStruct) {
  const Scenario scenario = accepted(std::string(kSmallScenario));
  const BackOff& read = scenario.fleet[0].connect.back_off;
  EXPECT_EQ(read.model, BackOff{}.model);
  EXPECT_EQ(read.first, BackOff{}.first);
  EXPECT_EQ(read.longest, BackOff{}.longest);
  EXPECT_EQ(read.jitter, BackOff{}.jitter);
}

TEST(ScenarioBehaviour, ThePlanTellsWhoLeaves) {
  const Scenario scenario =
      accepted(lamps_with("    away: [ { at: 1s, for: 2500ms, share: 30%, how: abrupt } ]\n"
                          "    churn: { leave: 2/s, away: 1500ms }\n"));
  const std::string plan = plan_text(scenario, make_plan(scenario, 2), {});
  EXPECT_THAT(plan, HasSubstr("3 of them leave abruptly at 1s, and are due back at 3500ms"));
  EXPECT_THAT(plan, HasSubstr("2/s of them leave with a DISCONNECT, each for 1500ms"));
}

TEST(ScenarioBehaviour, ASessionThatOutlastsTheAbsenceIsRight) {
  accepted(
      lamps_with("    connect: { protocol: 5, clean_start: false, session_expiry: 3s }\n"
                 "    away: [ { at: 1s, for: 2s } ]\n"));
  accepted(lamps_with("    connect: { clean_start: false }\n    away: [ { at: 1s, for: 2s } ]\n"));
}

struct Misuse {
  const char* name;
  const char* lines;
  const char* error;
};

class BehaviourMisuse : public testing::TestWithParam<Misuse> {};

TEST_P(BehaviourMisuse, IsToldAtItsPlace) { EXPECT_EQ(error_of(lamps_with(GetParam().lines)), GetParam().error); }

INSTANTIATE_TEST_SUITE_P(
    Leaving, BehaviourMisuse,
    testing::Values(
        Misuse{"a_window_behind_the_hold", "    away: [ { at: 10s, for: 1s } ]\n",
               "s.yaml:10:19: 'fleet.lamps.away.0.at' is 10s, but the hold is over after 10s"},
        Misuse{"a_window_that_never_ends", "    away: [ { at: 9s, for: 7s } ]\n",
               "s.yaml:10:28: 'fleet.lamps.away.0' ends 16s behind the start of the hold, but hold and drain are over "
               "after 15s, and nobody would be back"},
        Misuse{"a_window_without_length", "    away: [ { at: 9s } ]\n",
               "s.yaml:10:13: time away has no 'for': until all of them are due back"},
        Misuse{"no_share", "    away: [ { at: 1s, for: 1s, share: 0% } ]\n",
               "s.yaml:10:39: 'fleet.lamps.away.0.share': '0%' is out of range; allowed is 0.01% .. 100%"},
        Misuse{"unknown_way_to_leave", "    away: [ { at: 1s, for: 1s, how: abrubt } ]\n",
               "s.yaml:10:37: 'fleet.lamps.away.0.how': 'abrubt' is not possible here; did you mean 'abrupt'?"},
        Misuse{"an_abrupt_window_on_paho", "    engine: paho\n    away: [ { at: 1s, for: 1s, how: abrupt } ]\n",
               "s.yaml:11:37: 'fleet.lamps.away.0.how': Paho never closes without a DISCONNECT; give 'lamps' engine: "
               "native"},
        Misuse{"abrupt_churn_on_paho", "    engine: paho\n    churn: { leave: 1/s, away: 1s, how: abrupt }\n",
               "s.yaml:11:41: 'fleet.lamps.churn.how': Paho never closes without a DISCONNECT; give 'lamps' engine: "
               "native"},
        Misuse{"a_session_that_is_forgotten_meanwhile",
               "    away: [ { at: 1s, for: 2s } ]\n"
               "    connect: { protocol: 5, clean_start: false, session_expiry: 2s }\n",
               "s.yaml:10:28: 'fleet.lamps.away.0.for' is 2s, and the broker forgets sessions of 'lamps' after 2s; "
               "raise connect.session_expiry, or write clean_start: true"},
        Misuse{"churn_without_a_rate", "    churn: { away: 1s }\n",
               "s.yaml:10:5: churn has no 'leave': leavings of the whole group; the devices take turns, "
               "in an order dealt by the seed"},
        Misuse{
            "churn_of_more_than_half", "    churn: { leave: 6/s, away: 1s }\n",
            "s.yaml:10:21: 'fleet.lamps.churn' wants 6 devices at once, and 'lamps' has 10; at most half of them can "
            "take turns: lower the rate or the time"},
        Misuse{"churn_of_sessions_that_are_forgotten",
               "    churn: { leave: 1/s, away: 1s }\n"
               "    connect: { protocol: 5, clean_start: false }\n",
               "s.yaml:10:32: 'fleet.lamps.churn.away' is 1s, and the broker forgets sessions of 'lamps' after 0s; "
               "raise connect.session_expiry, or write clean_start: true"}),
    [](const auto& misuse) { return std::string(misuse.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Others, BehaviourMisuse,
    testing::Values(
        Misuse{"takeover_without_rate", "    takeover: {}\n",
               "s.yaml:10:5: takeover has no 'rate': takeovers in the whole group; the devices take turns"},
        Misuse{
            "takeover_and_telemetry_that_waits",
            "    takeover: { rate: 1/s }\n    publish: [ { topic: update, every: 1s, qos: 1, payload: x } ]\n",
            "s.yaml:10:5: 'fleet.lamps.takeover' and telemetry above QoS 0 do not go together: what a connection that "
            "is taken over had published would never be acknowledged; publish 'update' at qos: 0"},
        Misuse{"resubscribe_of_more_than_half", "    resubscribe: { rate: 6/s }\n",
               "s.yaml:10:26: 'fleet.lamps.resubscribe' wants 6 devices at once, and 'lamps' has 10; at most half of "
               "them can take turns: lower the rate or the time"},
        Misuse{"takeover_and_replies_that_wait",
               "    takeover: { rate: 1/s }\n    reply: [ { to: get, topic: update, qos: 1, payload: x } ]\n",
               "s.yaml:10:5: 'fleet.lamps.takeover' and replies at QoS 1 do not go together, for the same reason as "
               "telemetry: reply on 'update' at qos: 0"},
        Misuse{"reply_to_nothing_heard", "    reply: [ { to: update, topic: update, payload: x } ]\n",
               "s.yaml:10:20: 'fleet.lamps.reply.0.to': fleet group 'lamps' does not subscribe to topic 'update'"},
        Misuse{"reply_where_nobody_publishes", "    reply: [ { to: get, topic: get, payload: x } ]\n",
               "s.yaml:10:32: devices of product 'lamp' only subscribe to topic 'get'; publishing needs 'publish' or "
               "'both' in products.lamp.topics"},
        Misuse{"reply_with_an_unknown_field", "    reply: [ { to: get, topic: update, payload: '{seq}' } ]\n",
               "s.yaml:10:49: the template has an unknown field '{seq}'; allowed: index, sequence, name, timestamp, "
               "random, choice"},
        Misuse{"reply_with_an_unknown_spread",
               "    reply: [ { to: get, topic: update, spread: normal, payload: x } ]\n",
               "s.yaml:10:48: 'fleet.lamps.reply.0.spread': 'normal' is not possible here; allowed: constant, uniform, "
               "exponential"},
        Misuse{"will_where_nobody_publishes", "    will: { topic: get, payload: x }\n",
               "s.yaml:10:20: devices of product 'lamp' only subscribe to topic 'get'; publishing needs 'publish' or "
               "'both' in products.lamp.topics"},
        Misuse{"will_with_an_unknown_field", "    will: { topic: update, payload: '{seq}' }\n",
               "s.yaml:10:37: the template has an unknown field '{seq}'; allowed: index, sequence, name, timestamp, "
               "random, choice"},
        Misuse{"slow_reading_on_paho", "    engine: paho\n    slow_reading: { bytes_per_second: 1KB }\n",
               "s.yaml:11:5: 'fleet.lamps.slow_reading': Paho reads as it likes; give 'lamps' engine: native"},
        Misuse{"back_off_that_shrinks", "    connect: { back_off: { first: 10s } }\n",
               "s.yaml:10:16: 'fleet.lamps.connect.back_off': 'first' is 10s and 'longest' 5s; the first wait is the "
               "shortest"},
        Misuse{"back_off_that_never_grows", "    connect: { back_off: { model: constant, longest: 10s } }\n",
               "s.yaml:10:45: 'fleet.lamps.connect.back_off.longest' is for model: exponential"},
        Misuse{"back_off_that_does_not_wait", "    connect: { back_off: { model: none, first: 1s } }\n",
               "s.yaml:10:41: 'fleet.lamps.connect.back_off.first' is for a model that waits"},
        Misuse{"silence_on_paho", "    engine: paho\n    silence: [ { at: 1s } ]\n",
               "s.yaml:11:16: 'fleet.lamps.silence.0': Paho pings by itself; give 'lamps' engine: native"},
        Misuse{"silence_without_keep_alive", "    connect: { keep_alive: 0s }\n    silence: [ { at: 1s } ]\n",
               "s.yaml:11:16: 'fleet.lamps.silence.0': 'lamps' has keep_alive: 0s, and never pings"},
        Misuse{"silence_behind_the_hold", "    silence: [ { at: 10s } ]\n",
               "s.yaml:10:22: 'fleet.lamps.silence.0.at' is 10s, but the hold is over after 10s"},
        Misuse{"silence_that_ends_too_late", "    silence: [ { at: 1s } ]\n",
               "s.yaml:10:22: the broker drops who is silent after one and a half keep-alives, at 91s behind the start "
               "of the hold, when hold and drain are over; lower connect.keep_alive"}),
    [](const auto& misuse) { return std::string(misuse.param.name); });

TEST(ScenarioBehaviour, SlowReadingIsOverPlainTcp) {
  const std::string text = lamps_with("    slow_reading: { bytes_per_second: 1KB }\n");
  EXPECT_EQ(
      error_of(text + "target: { broker: { use: mosquitto, websocket: true } }\n"),
      "s.yaml:10:5: 'fleet.lamps.slow_reading' is for brokers over plain TCP: TLS and WebSocket read as they like");
  EXPECT_EQ(error_of(text + "target: { broker: 'mqtt://127.0.0.1' }\n"), "accepted");
}

TEST(ScenarioBehaviour, WhoSubscribesToNothingCannotUnsubscribe) {
  std::string text = lamps_with("    resubscribe: { rate: 1/s }\n");
  text.insert(text.find("calls:"),
              "  mute: { product: lamp, count: 4, name: \"mute-{index}\", resubscribe: { rate: 1/s } }\n");
  EXPECT_EQ(error_of(text), "s.yaml:13:58: 'fleet.mute.resubscribe': 'mute' subscribes to nothing");
}

TEST(ScenarioBehaviour, OnlyDevicesThatSpeakForThemselvesLeave) {
  EXPECT_EQ(error_of(R"(name: hubs
products:
  hub: { kind: gateway, topics: { get: subscribe } }
  sensor: { kind: sub-device, topics: { get: subscribe } }
fleet:
  hubs: { product: hub, count: 4, name: "hub-{index}", away: [ { at: 1s, for: 1s } ] }
  sensors: { product: sensor, count: 4, name: "sensor-{index}", gateway: { group: hubs }, subscribe: [ { topic: get } ] }
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 1, rate: 50/s }
)"),
            "s.yaml:6:56: 'fleet.hubs.away' is for devices that connect and speak for themselves: a gateway would take "
            "all of its sub-devices with it");
  EXPECT_EQ(error_of(R"(name: readers
fleet:
  shop: { kind: consumer, count: 4, consume: { group: g, topics: [ t ] }, churn: { leave: 1/s, away: 1s } }
calls:
  push: { api: taobao.tmc.messages.produce, to: shop, topics: [ t ], batch: 1, rate: 50/s }
)"),
            "s.yaml:3:75: 'fleet.shop.churn' is for devices that connect and speak for themselves: consumers share "
            "their messages; whose they are while one is away is not told");
}

}  // namespace
}  // namespace fleet::sim
