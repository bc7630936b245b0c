// Do devices publish what the template says, when the plan says, the same in every run?
#include "sim/fleet/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "sim/fleet/message_pool.h"
#include "tests/support/allocations.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;

std::string filled(std::string_view text, const PayloadFacts& facts) {
  std::vector<std::byte> out(3, std::byte{'x'});
  write_payload(parse_payload(text).value(), facts, out);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

TEST(Payloads, HoldWhatTheTemplateAsksFor) {
  const PayloadFacts facts{1, 7, 12, "lamp-00007", 1'767'323'045'678};
  EXPECT_EQ(filled(R"({"i":{index},"n":{sequence},"d":"{name}","t":{timestamp}})", facts),
            R"({"i":7,"n":12,"d":"lamp-00007","t":1767323045678})");
  EXPECT_EQ(filled("{random:5..5} {random:-0.50..-0.50} {random:1..1.000}", facts), "5 -0.50 1.000");
}

TEST(Payloads, DrawFromTheWholeRangeByTheSeed) {
  std::set<std::string> numbers, words;
  for (std::uint32_t sequence = 0; sequence < 500; ++sequence) {
    const PayloadFacts facts{1, 3, sequence, "d", 0};
    const std::string number = filled("{random:-1..2}", facts);
    EXPECT_EQ(number, filled("{random:-1..2}", facts));
    numbers.insert(number);
    words.insert(filled("{choice:on,off,}", facts));
  }
  EXPECT_EQ(numbers, (std::set<std::string>{"-1", "0", "1", "2"}));
  EXPECT_EQ(words, (std::set<std::string>{"on", "off", ""}));
  const std::string range = "{random:0..999999999}";
  EXPECT_NE(filled(range, {1, 3, 0, "", 0}), filled(range, {2, 3, 0, "", 0}));
  EXPECT_NE(filled(range, {1, 3, 0, "", 0}), filled(range, {1, 4, 0, "", 0}));
  const std::string two = filled("{random:0..999999999} {random:0..999999999}", {1, 3, 0, "", 0});
  EXPECT_NE(two.substr(0, two.find(' ')), two.substr(two.find(' ') + 1));
}

TEST(Payloads, AllocateNothingOnceTheyHaveGrown) {
  const PayloadTemplate payload = parse_payload(R"({"t": {random:18.0..26.0}, "n": {sequence}, "{name}"})").value();
  std::vector<std::byte> out;
  write_payload(payload, {1, 1, 4'000'000'000, "lamp-00001", 0}, out);
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (std::uint32_t i = 0; i < 100; ++i) write_payload(payload, {1, 1, i, "lamp-00001", 0}, out);
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
}

TEST(MessagePools, ReuseWhatCameBackAndNothingElse) {
  MessagePool pool;
  const std::uint32_t first = pool.take();
  const wire::mqtt::PublishBatch* const batch = pool.at(first).batch.get();
  pool.at(first).batch->add_topic("/a/b/user/update");
  pool.at(first).payload->resize(100);
  EXPECT_EQ(pool.under_way(), 1u);
  EXPECT_NE(pool.take(), first);
  pool.give_back(first);
  const std::uint64_t before = tests::allocations_of_this_thread();
  ASSERT_EQ(pool.take(), first);
  pool.at(first).batch->add_topic("/a/c/user/update");
  pool.at(first).payload->resize(50);
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  EXPECT_EQ(pool.at(first).batch.get(), batch);
  EXPECT_EQ(batch->topic(0), "/a/c/user/update");
  EXPECT_EQ(batch->payload_bytes().size(), 50u);
  // A connection that still holds it may go on reading.
  const std::shared_ptr<const wire::mqtt::PublishBatch> held = pool.at(first).batch;
  pool.give_back(first);
  ASSERT_EQ(pool.take(), first);
  EXPECT_NE(pool.at(first).batch.get(), batch);
  EXPECT_EQ(held->topic(0), "/a/c/user/update");
}

class TelemetryTest : public testing::Test {
 protected:
  // A group of `devices` that publish every second.
  const std::vector<TelemetryRow>& rows(std::uint32_t devices, double jitter, std::uint32_t burst = 1) {
    telemetry_.every = 1s;
    telemetry_.jitter = jitter;
    telemetry_.burst = burst;
    rows_ = {{0, &telemetry_, devices, 42}};
    return rows_;
  }

 private:
  Telemetry telemetry_;
  std::vector<TelemetryRow> rows_;
};

TEST_F(TelemetryTest, TurnsAreSpreadOverThePeriod) {
  const TelemetryRow& row = rows(4, 0)[0];
  EXPECT_EQ(row.due(0, 0), 125ms);
  EXPECT_EQ(row.due(1, 0), 375ms);
  EXPECT_EQ(row.due(3, 0), 875ms);
  EXPECT_EQ(row.due(0, 10), 10'125ms);
}

TEST_F(TelemetryTest, JitterStaysWithinItsShareAndIsTheSameInEveryRun) {
  const TelemetryRow row = rows(1, 0.2)[0];
  wire::Nanos least = 1s, most = -1s;
  for (std::uint32_t sequence = 0; sequence < 1'000; ++sequence) {
    const wire::Nanos shift = row.due(0, sequence) - (500ms + sequence * wire::Nanos(1s));
    EXPECT_EQ(row.due(0, sequence), rows(1, 0.2)[0].due(0, sequence));
    least = std::min(least, shift);
    most = std::max(most, shift);
  }
  EXPECT_GE(least, -200ms);
  EXPECT_LT(least, -190ms);
  EXPECT_LE(most, 200ms);
  EXPECT_GT(most, 190ms);
}

TEST_F(TelemetryTest, ABurstIsOneTurn) {
  const TelemetryRow row = rows(2, 0.4, 3)[0];
  for (std::uint32_t turn = 0; turn < 4; ++turn) {
    const wire::Nanos due = row.due(1, 3 * turn);
    EXPECT_EQ(row.due(1, 3 * turn + 1), due);
    EXPECT_EQ(row.due(1, 3 * turn + 2), due);
    EXPECT_LT(due, row.due(1, 3 * turn + 3));
  }
}

TEST_F(TelemetryTest, MessagesComeInTheOrderOfTheirDueTimes) {
  TelemetrySchedule schedule(rows(50, 0.5));
  schedule.reserve(25);
  for (std::uint32_t index = 0; index < 50; index += 2) schedule.add(0, index);  // the shard of one of two workers
  std::vector<std::uint32_t> next(50, 0);
  wire::Nanos last = -1h;
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (int i = 0; i < 2'500; ++i) {
    const TelemetrySchedule::Turn turn = *schedule.front();
    ASSERT_GE(turn.due, last);
    ASSERT_EQ(turn.sequence, next[turn.index]++);
    last = turn.due;
    schedule.pop();
  }
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  for (std::uint32_t index = 0; index < 50; ++index) {
    if (index % 2 == 1) {
      EXPECT_EQ(next[index], 0u);
    } else {
      EXPECT_NEAR(next[index], 100, 1);
    }
  }
}

TEST_F(TelemetryTest, WithoutDevicesThereIsNothingToSend) { EXPECT_EQ(TelemetrySchedule(rows(1, 0)).front(), nullptr); }

}  // namespace
}  // namespace fleet::sim
