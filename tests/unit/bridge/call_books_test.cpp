#include "bridge/metrics/call_books.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "tests/support/allocations.h"

namespace fleet::bridge {
namespace {

using wire::Micros;
using wire::Nanos;
using wire::TimePoint;

// The calls of an action that ended with a code.
std::uint64_t count(const CallBooks& books, const std::string& action, const std::string& code) {
  const auto a = std::find(books.actions().begin(), books.actions().end(), action);
  const auto c = std::find(books.codes().begin(), books.codes().end(), code);
  if (a == books.actions().end() || c == books.codes().end()) return 999'999;
  return books.count(static_cast<std::size_t>(a - books.actions().begin()),
                     static_cast<std::size_t>(c - books.codes().begin()));
}

std::uint64_t all_counts(const CallBooks& books) {
  std::uint64_t sum = 0;
  for (std::size_t a = 0; a < books.actions().size(); ++a) {
    for (std::size_t c = 0; c < books.codes().size(); ++c) sum += books.count(a, c);
  }
  return sum;
}

void call(CallBooks& books, std::string_view action, std::string code = {}) {
  books.begin();
  HttpAnswer answer;
  answer.action = action;
  answer.code = std::move(code);
  books.end(answer, {}, TimePoint(Micros(1)));
}

TEST(CallBooks, CountsCallsByActionAndCode) {
  CallBooks books(call_names());
  call(books, "BatchPub");
  call(books, "BatchPub");
  call(books, "BatchPub", "iot.device.NotExistedDevice");
  call(books, "QueryProductTopic", "Throttling.User");
  call(books, "", "SignatureDoesNotMatch");
  call(books, "taobao.tmc.messages.produce", "41");
  EXPECT_EQ(count(books, "BatchPub", "OK"), 2u);
  EXPECT_EQ(count(books, "BatchPub", "iot.device.NotExistedDevice"), 1u);
  EXPECT_EQ(count(books, "QueryProductTopic", "Throttling.User"), 1u);
  EXPECT_EQ(count(books, "unknown", "SignatureDoesNotMatch"), 1u);
  EXPECT_EQ(count(books, "taobao.tmc.messages.produce", "41"), 1u);
  EXPECT_EQ(all_counts(books), 6u);
}

TEST(CallBooks, NoCallerMakesThemLonger) {
  CallBooks books(call_names());
  const std::size_t actions = books.actions().size();
  const std::size_t codes = books.codes().size();
  for (int i = 0; i < 100; ++i) {
    call(books, "Action" + std::to_string(i), "Code" + std::to_string(i));
    call(books, "Pub", "MissingTopoAddItem." + std::to_string(i) + ".Sign");
  }
  EXPECT_EQ(books.actions().size(), actions);
  EXPECT_EQ(books.codes().size(), codes);
  EXPECT_EQ(count(books, "unknown", "other"), 100u);
  EXPECT_EQ(count(books, "Pub", "MissingParameter"), 100u);
  call(books, "Pub", "MissingAction");
  EXPECT_EQ(count(books, "Pub", "MissingParameter"), 101u) << "also where a table has such a code";
}

TEST(CallBooks, KnowsWhatIsInFlightAndWhoIsGone) {
  CallBooks books(call_names());
  books.begin();
  books.begin();
  EXPECT_EQ(books.in_flight(), 2u);
  books.end_unanswered("Pub");
  EXPECT_EQ(books.in_flight(), 1u);
  EXPECT_EQ(count(books, "Pub", "CallerGone"), 1u);
  EXPECT_EQ(books.times(Stage::answer).sum, Nanos(0)) << "an answer that was not given took no time";
}

TEST(CallBooks, LeavesOutTheTimesOfWhatDidNotHappen) {
  CallBooks books(call_names());
  CallTimes times;
  times.received = TimePoint(Micros(100));
  times.api.parse = Micros(3);
  books.begin();
  books.end({}, times, TimePoint(Micros(150)));
  times.api.verify = Micros(5);
  times.api.plan = Micros(7);
  times.planned = TimePoint(Micros(200));
  times.queued = TimePoint(Micros(230));
  times.acked = TimePoint(Micros(330));
  books.begin();
  books.end({}, times, TimePoint(Micros(400)));
  const auto recorded = [&](Stage stage) {
    const auto& counts = books.times(stage).counts;
    return std::pair(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}), books.times(stage).sum);
  };
  EXPECT_EQ(recorded(Stage::parse), std::pair(std::uint64_t{2}, Nanos(6'000)));
  EXPECT_EQ(recorded(Stage::verify), std::pair(std::uint64_t{1}, Nanos(5'000)));
  EXPECT_EQ(recorded(Stage::plan), std::pair(std::uint64_t{1}, Nanos(7'000)));
  EXPECT_EQ(recorded(Stage::publish), std::pair(std::uint64_t{1}, Nanos(30'000)));
  EXPECT_EQ(recorded(Stage::ack), std::pair(std::uint64_t{1}, Nanos(100'000)));
  EXPECT_EQ(recorded(Stage::answer), std::pair(std::uint64_t{2}, Nanos(350'000)));
}

TEST(StageTimes, ABoundBelongsToItsOwnRange) {
  StageTimes times;
  times.record(Nanos(0));
  times.record(Micros(10));
  times.record(Micros(10) + Nanos(1));
  times.record(std::chrono::seconds(10));
  times.record(std::chrono::seconds(11));
  EXPECT_EQ(times.counts.front(), 2u);
  EXPECT_EQ(times.counts[1], 1u);
  EXPECT_EQ(times.counts[times.counts.size() - 2], 1u);
  EXPECT_EQ(times.counts.back(), 1u);
}

TEST(CallBooks, TakeNoMemoryForACall) {
  CallBooks books(call_names());
  HttpAnswer good;
  good.action = "BatchPub";
  HttpAnswer bad = good;
  bad.code = "iot.device.NotExistedDevice";
  HttpAnswer strange;
  strange.action = "NoSuchAction";
  strange.code = "MissingSomethingThatNobodyHasHeardOf";
  CallTimes times;
  times.queued = times.acked = TimePoint(Micros(9));
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (const HttpAnswer* answer : {&good, &bad, &strange}) {
    books.begin();
    books.end(*answer, times, TimePoint(Micros(10)));
    books.begin();
    books.end_unanswered(answer->action);
  }
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  EXPECT_EQ(all_counts(books), 6u);
}

TEST(CallNames, HoldTheTablesOfAllApis) {
  const CallBooks books(call_names());
  const auto has = [](const std::vector<std::string>& list, const char* name) {
    return std::count(list.begin(), list.end(), name) == 1;
  };
  for (const char* action : {"unknown", "BatchPub", "DeleteDevice", "taobao.tmc.messages.confirm", "bcast.BatchPub"}) {
    EXPECT_TRUE(has(books.actions(), action)) << action;
  }
  for (const char* code : {"OK", "SignatureDoesNotMatch", "iot.system.SystemException", "iot.prod.NotExistedProduct",
                           "InvalidAction.NotFound", "7", "40", "41", "50", "DeviceCountExceeded"}) {
    EXPECT_TRUE(has(books.codes(), code)) << code;
  }
}

}  // namespace
}  // namespace fleet::bridge
