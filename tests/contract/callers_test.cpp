// Does every call end as what it was, whatever the bridge does to it?
#include "sim/calls/callers.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <sstream>

#include "tests/support/free_port.h"
#include "tests/support/scripted_bridge.h"
#include "tests/support/wait_until.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using tests::wait_until;

using namespace std::chrono_literals;
using tests::ScriptedBridge;

constexpr std::uint32_t kBatch = 10;

// One call group against one bridge.
class CallersRun {
 public:
  CallersRun(CallGroup calls, Phases phases) {
    scenario_.products.push_back({"lamp", "a1BwAGVxxxx", {}});
    FleetGroup lamps;
    lamps.count = 100;
    lamps.name_template = "lamp-{index:4}";
    scenario_.fleet.push_back(lamps);
    calls.api = "BatchPub";
    calls.topic = "get";
    calls.batch = kBatch;
    calls.payload_bytes = 64;
    scenario_.calls.push_back(calls);
    scenario_.phases = phases;
    groups_.emplace_back(new GroupBooks{0, 0, PickPlan(Pick::round_robin, 100, kBatch, 1), Books(kBatch, 4096)});
  }

  [[nodiscard]] wire::Result<void> start(std::uint16_t port) {
    callers_ = std::make_unique<Callers>(scenario_, groups_, find_bridge(Url{"http", "127.0.0.1", port}).value(), 7);
    phases_.start = wire::read_clock() + 50ms;
    phases_.hold_begin = phases_.start + scenario_.phases.warm_up;
    phases_.hold_end = phases_.hold_begin + scenario_.phases.hold;
    phases_.drain_end = phases_.hold_end + 1s;
    if (auto opened = callers_->open(); !opened) return opened;
    callers_->play(phases_);
    return {};
  }

  // Until every call has been sent and has ended.
  void play(std::uint16_t port) {
    play_unfinished(port);
    finish();
  }
  void play_unfinished(std::uint16_t port) {
    ASSERT_TRUE(start(port));
    ASSERT_TRUE(wait_until([this] {
      const CallersStatus status = callers_->status();
      return status.plan_done && status.in_flight == 0;
    })) << callers_->status().last_error;
  }

  // As the devices of all calls would, before finish().
  void receive_all() {
    for (std::uint64_t call = 0; call < callers_->status().sent; ++call) {
      for (std::uint32_t i = 0; i < kBatch; ++i) groups_[0]->books.receive(call, i, wire::read_clock(), received_);
    }
  }

  void finish() {
    outcome_ = callers_->stop();
    groups_[0]->books.close_all(outcome_.call_groups[0]);
  }

  // Each a part of the one before, and nothing left over.
  void expect_balance() {
    EXPECT_EQ(calls().sent, calls().accepted + calls().rejected + calls().failed);
    std::uint64_t errors = 0;
    for (const auto& [code, count] : calls().errors) errors += count;
    EXPECT_EQ(errors, calls().rejected + calls().failed);
    EXPECT_EQ(tally().deliveries.expected, calls().accepted * kBatch);
    EXPECT_EQ(tally().deliveries.missing, calls().accepted * kBatch);  // nobody receives here
    EXPECT_EQ(tally().times.http.count(), calls().accepted);
  }

  Callers& callers() { return *callers_; }
  const CallersOutcome& outcome() { return outcome_; }
  const Tally& tally() { return outcome_.call_groups[0]; }
  const Calls& calls() { return tally().calls; }
  const Tally& received() { return received_; }
  std::uint64_t errors(const std::string& code) {
    const auto found = calls().errors.find(code);
    return found == calls().errors.end() ? 0 : found->second;
  }

 private:
  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Callers> callers_;
  PhaseTimes phases_;
  CallersOutcome outcome_;
  Tally received_;
};

CallGroup open_loop(double per_second, std::chrono::milliseconds timeout = 30s) {
  CallGroup calls;
  calls.per_second = per_second;
  calls.timeout = timeout;
  return calls;
}

CallGroup closed_loop(std::uint32_t in_flight) {
  CallGroup calls;
  calls.closed_loop = true;
  calls.in_flight = in_flight;
  calls.timeout = 30s;
  return calls;
}

ScriptedBridge::Reply good(std::uint64_t, const std::string&) { return {ScriptedBridge::accepted(true)}; }

TEST(Callers, PlayThePlanAndMeasureTheHoldOnly) {
  ScriptedBridge bridge(good);
  CallersRun run(open_loop(500), {100ms, 200ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(bridge.requests(), 150u);
  EXPECT_EQ(run.calls().scheduled, 100u);
  EXPECT_EQ(run.calls().sent, 100u);
  EXPECT_EQ(run.calls().accepted, 100u);
  EXPECT_EQ(run.tally().times.send_lag.count(), 100u);
  const CallersStatus status = run.callers().status();
  EXPECT_EQ(status.scheduled, 150u);
  EXPECT_EQ(status.accepted, 150u);
  run.expect_balance();
  std::uint64_t answered = 0;
  for (const SecondSlice& second : run.outcome().timeline) answered += second.calls;
  EXPECT_EQ(answered, 100u);
  ASSERT_EQ(run.outcome().cpu.size(), 1u);
  EXPECT_EQ(run.outcome().cpu[0].thread, "callers");
  EXPECT_GT(run.outcome().cpu[0].cpu_us, 0);
}

TEST(Callers, TellEveryKindOfAnswerApart) {
  ScriptedBridge bridge([](std::uint64_t n, const std::string&) -> ScriptedBridge::Reply {
    const std::string whole = ScriptedBridge::accepted();
    switch (n % 11) {
      case 0:
        return {whole};
      case 1:
        return {ScriptedBridge::answer(400, R"({"Code":"Throttling.User","Message":"x"})")};
      case 2:
        return {ScriptedBridge::answer(200, R"({"Success":false,"Code":"iot.system.SystemException"})")};
      case 3:
        return {ScriptedBridge::answer(500, "oops")};
      case 4:
        return {ScriptedBridge::answer(200, "oops")};
      case 5:
        return {"220 smtp.example.com\r\n"};
      case 6:
        return {whole.substr(0, whole.size() / 2), true};
      case 7:
        return {"", true};
      case 8:
        return {};  // silence
      case 9:
        return {whole.substr(0, whole.size() - 1)};  // and silence
      default:
        return {whole + "and another thing"};
    }
  });
  CallersRun run(open_loop(220, 3s), {0ms, 500ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().scheduled, 110u);
  EXPECT_EQ(run.calls().sent, 110u);
  EXPECT_EQ(run.calls().accepted, 20u);
  EXPECT_EQ(run.calls().rejected, 30u);
  EXPECT_EQ(run.calls().failed, 60u);
  EXPECT_EQ(run.errors("Throttling.User"), 10u);
  EXPECT_EQ(run.errors("iot.system.SystemException"), 10u);
  EXPECT_EQ(run.errors("HTTP 500"), 10u);
  EXPECT_EQ(run.errors("bad answer"), 20u);
  EXPECT_EQ(run.errors("connection closed"), 10u);
  EXPECT_EQ(run.errors("half an answer"), 20u);
  EXPECT_EQ(run.errors("timeout"), 10u);
  run.expect_balance();
}

TEST(Callers, OpenTheirConnectionsBeforeTheStartAndKeepThem) {
  ScriptedBridge bridge(good);
  CallersRun run(open_loop(100), {0ms, 200ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().accepted, 20u);
  EXPECT_GE(bridge.connections(), 8u);
  EXPECT_LE(bridge.connections(), 20u);  // more than 8 only where an answer was slow
  run.expect_balance();
}

TEST(Callers, OpenAnotherConnectionWhereTheBridgeClosesEach) {
  ScriptedBridge bridge([](std::uint64_t, const std::string&) -> ScriptedBridge::Reply {
    std::string text = ScriptedBridge::accepted();
    return {text.insert(text.find("Content-Type"), "Connection: close\r\n"), true};
  });
  CallersRun run(open_loop(200), {0ms, 250ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().accepted, 50u);
  EXPECT_GE(bridge.connections(), 50u);
  run.expect_balance();
}

TEST(Callers, SayWhenTheBridgeIsNotThere) {
  CallersRun run(open_loop(100), {0ms, 100ms, 1s});
  const auto started = run.start(tests::free_port());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, wire::ErrorKind::environment);
  EXPECT_NE(started.error().text().find("connection refused"), std::string::npos) << started.error().text();
  run.finish();
  EXPECT_EQ(run.calls().scheduled, 0u);
}

// Answers ten calls, and dies of the next.
class DyingBridge {
 public:
  [[nodiscard]] std::uint16_t port() const { return bridge_.port(); }

 private:
  ScriptedBridge bridge_{[this](std::uint64_t n, const std::string& request) -> ScriptedBridge::Reply {
    if (n != 10) return good(n, request);
    bridge_.die();
    return {};
  }};
};

TEST(Callers, CountTheCallsOfABridgeThatDies) {
  DyingBridge bridge;
  CallersRun run(open_loop(100), {0ms, 500ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().scheduled, 50u);
  EXPECT_EQ(run.calls().sent, 50u);
  EXPECT_EQ(run.calls().accepted, 10u);
  EXPECT_EQ(run.calls().failed, 40u);
  EXPECT_GE(run.errors("connection closed"), 1u);
  EXPECT_GE(run.errors("connection refused"), 1u);
  run.expect_balance();
}

// Without an answer a closed loop has no further call; what it tries for them is counted all the same.
TEST(Callers, CountTheAttemptsOfAClosedLoopWhoseBridgeDies) {
  DyingBridge bridge;
  CallersRun run(closed_loop(2), {0ms, 500ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().accepted, 10u);
  EXPECT_GE(run.errors("connection closed"), 1u);
  EXPECT_GE(run.errors("connection refused"), 2u);
  EXPECT_EQ(run.calls().scheduled, run.calls().sent);
  run.expect_balance();
}

TEST(Callers, KeepTheDueTimesOfCallsThatHaveToWait) {
  ScriptedBridge bridge([](std::uint64_t n, const std::string& request) -> ScriptedBridge::Reply {
    if (n == 0) return {};  // the only connection is busy until this call times out
    return good(n, request);
  });
  CallGroup calls = open_loop(100, 1s);
  calls.connections_max = 1;
  CallersRun run(calls, {0ms, 200ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(run.calls().sent, 20u);
  EXPECT_EQ(run.errors("timeout"), 1u);
  EXPECT_EQ(run.calls().accepted, 19u);
  EXPECT_GE(run.outcome().waited, 1u);
  // The second call was due 10 ms behind the first, which held the connection for a second.
  EXPECT_GE(run.tally().times.send_lag.summary().max, 900'000);
  run.expect_balance();
}

TEST(Callers, OfAClosedLoopSendTheNextWhenOneIsAnswered) {
  ScriptedBridge bridge(good);
  CallersRun run(closed_loop(4), {50ms, 200ms, 1s});
  run.play(bridge.port());
  EXPECT_EQ(bridge.connections(), 4u);
  EXPECT_GT(run.calls().accepted, 0u);
  EXPECT_EQ(run.calls().scheduled, run.calls().accepted);
  EXPECT_EQ(bridge.requests(), run.callers().status().accepted);
  run.expect_balance();
}

TEST(Callers, OfAClosedLoopComeBackToABridgeThatClosesConnections) {
  ScriptedBridge bridge([](std::uint64_t n, const std::string& request) -> ScriptedBridge::Reply {
    if (n % 3 == 2) return {"", true};
    return good(n, request);
  });
  CallersRun run(closed_loop(2), {0ms, 200ms, 1s});
  run.play(bridge.port());
  EXPECT_GT(run.calls().accepted, 0u);
  EXPECT_GT(run.errors("connection closed"), 0u);
  EXPECT_EQ(run.calls().failed, run.errors("connection closed"));
  run.expect_balance();
}

TEST(Callers, StopSendingEndsThePlanAndKeepsTheAnswers) {
  ScriptedBridge bridge(good);
  CallersRun run(open_loop(100), {0ms, 600s, 1s});
  ASSERT_TRUE(run.start(bridge.port()));
  ASSERT_TRUE(wait_until([&] { return run.callers().status().accepted >= 5; }));
  run.callers().stop_sending();
  ASSERT_TRUE(wait_until([&] {
    const CallersStatus status = run.callers().status();
    return status.plan_done && status.in_flight == 0;
  }));
  run.finish();
  EXPECT_EQ(run.calls().accepted, bridge.requests());
  EXPECT_EQ(run.calls().scheduled, run.calls().sent);
  run.expect_balance();
}

TEST(Callers, LeaveUnansweredCallsToTheBooks) {
  ScriptedBridge bridge([](std::uint64_t, const std::string&) -> ScriptedBridge::Reply { return {}; });
  CallersRun run(open_loop(100), {0ms, 100ms, 1s});
  ASSERT_TRUE(run.start(bridge.port()));
  ASSERT_TRUE(wait_until([&] { return run.callers().status().plan_done; }));
  EXPECT_EQ(run.callers().status().in_flight, 10u);
  run.finish();
  EXPECT_EQ(run.calls().sent, 10u);
  EXPECT_EQ(run.calls().failed, 10u);
  EXPECT_EQ(run.errors("unanswered"), 10u);
}

// What a bridge of this boot says of its clock, `shift` beside the truth.
ScriptedBridge::Reply with_clock(wire::Nanos shift) {
  const std::string point = std::to_string((wire::read_clock() + shift).time_since_epoch().count());
  std::ostringstream field;
  field << "Server-Timing: received;desc=\"" << std::hex << wire::boot_hash() << ':' << point << "\", published;desc=\""
        << wire::boot_hash() << ':' << point << "\"\r\n";
  std::string text = ScriptedBridge::accepted();
  return {text.insert(text.find("Content-Type"), field.str())};
}

TEST(Callers, BelieveTheClockOfABridgeOnlyWhereItCanBeOurs) {
  for (const wire::Nanos shift : {wire::Nanos(0), wire::Nanos(-1h), wire::Nanos(1h)}) {
    ScriptedBridge bridge([shift](std::uint64_t, const std::string&) { return with_clock(shift); });
    CallersRun run(open_loop(100), {0ms, 100ms, 1s});
    run.play_unfinished(bridge.port());
    run.receive_all();
    run.finish();
    EXPECT_EQ(run.calls().accepted, 10u);
    EXPECT_EQ(run.received().times.completion.count(), 10u);
    EXPECT_EQ(run.received().times.hop_http.count(), shift == 0ns ? 10u : 0u) << shift.count();
    EXPECT_EQ(run.received().times.hop_broker.count(), run.received().times.hop_http.count());
  }
}

// --- messages to consumers -------------------------------------------------------------------------------------------

std::string produced(const std::string& results, bool all) {
  return ScriptedBridge::answer(200, R"({"tmc_messages_produce_response":{"is_all_success":)" +
                                         std::string(all ? "true" : "false") + R"(,"results":{"tmc_produce_result":[)" +
                                         results + "]}}}");
}

// Four messages a call, to two groups of consumers in turn.
struct MessagesRun {
  MessagesRun() {
    for (const char* name : {"store", "numbers"}) {
      FleetGroup group;
      group.kind = FleetKind::consumer;
      group.count = 3;
      group.consumer_group = name;
      group.subscribe = {{"created", wire::mqtt::Qos::at_least_once}};
      scenario.fleet.push_back(group);
    }
    CallGroup calls = open_loop(200);
    calls.api = kProduceMessages;
    calls.targets = {0, 1};
    calls.topics = {"created"};
    calls.batch = 4;
    calls.payload_bytes = 100;
    scenario.calls.push_back(calls);
    const MessageDeal deal(4, 2, 1);
    groups.emplace_back(new GroupBooks{0, 0, std::nullopt, Books(4, 4096, deal), deal});
  }

  // Until every call has ended; nobody receives.
  void play(std::uint16_t port) {
    Callers callers(scenario, groups, find_bridge(Url{"http", "127.0.0.1", port}).value(), 7);
    const wire::TimePoint start = wire::read_clock() + 50ms;
    ASSERT_TRUE(callers.open());
    callers.play({start, start, start + 500ms, start + 1500ms});
    ASSERT_TRUE(wait_until([&] {
      const CallersStatus status = callers.status();
      return status.plan_done && status.in_flight == 0;
    })) << callers.status().last_error;
    CallersOutcome outcome = callers.stop();
    tally = std::move(outcome.call_groups[0]);
    groups[0]->books.close_all(tally);
  }

  Scenario scenario;
  std::vector<std::unique_ptr<GroupBooks>> groups;
  Tally tally;
};

TEST(MessageCallers, OweNothingForMessagesThatWereRefused) {
  const std::string good = R"({"is_success":true})";
  const std::string bad = R"({"is_success":false,"error_code":"isv.invalid-paramter","error_message":"no such group"})";
  ScriptedBridge bridge([&](std::uint64_t n, const std::string& request) -> ScriptedBridge::Reply {
    EXPECT_EQ(request.find("POST /router/rest HTTP/1.1\r\n"), 0u);
    switch (n % 5) {
      case 0:
        return {produced("", true)};
      case 1:
        return {produced(good + "," + bad + "," + good + "," + good, false)};
      case 2:
        return {produced(bad + "," + bad + "," + bad + "," + bad, false)};
      case 3:
        return {ScriptedBridge::answer(200, R"({"error_response":{"code":25,"msg":"Invalid signature"}})")};
      default:
        return {produced(good, false)};  // four messages, one result
    }
  });
  MessagesRun run;
  run.play(bridge.port());
  const Calls& calls = run.tally.calls;
  EXPECT_EQ(calls.sent, 100u);
  EXPECT_EQ(calls.accepted, 40u);
  EXPECT_EQ(calls.partial, 20u);
  EXPECT_EQ(calls.refused_messages, 20u);
  EXPECT_EQ(calls.rejected, 40u);
  EXPECT_EQ(calls.failed, 20u);
  const std::map<std::string, std::uint64_t> errors = {
      {"isv.invalid-paramter: no such group", 20}, {"25 Invalid signature", 20}, {"bad answer", 20}};
  EXPECT_EQ(calls.errors, errors);
  const std::map<std::string, std::uint64_t> message_errors = {{"isv.invalid-paramter: no such group", 20}};
  EXPECT_EQ(calls.message_errors, message_errors);
  EXPECT_EQ(run.tally.deliveries.expected, 20u * 4 + 20 * 3);
  EXPECT_EQ(run.tally.deliveries.missing, 20u * 4 + 20 * 3);
  EXPECT_EQ(run.tally.targets[0].deliveries.expected, 40u * 2);
  EXPECT_EQ(run.tally.targets[1].deliveries.expected, 20u * 2 + 20);
}

}  // namespace
}  // namespace fleet::sim
