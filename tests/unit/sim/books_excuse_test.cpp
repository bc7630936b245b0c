// Is a delivery that nobody could take written off once, and under its own name?
#include <gtest/gtest.h>

#include "sim/ledger/books.h"

namespace fleet::sim {
namespace {

using std::chrono::milliseconds;
using wire::TimePoint;

TimePoint at(std::int64_t ms) { return TimePoint() + std::chrono::hours(24) + milliseconds(ms); }

// Books of 3 devices a call, a window of 2.
struct BooksExcuse : testing::Test {
  Books books{3, 2};
  Tally caller, worker;

  void send(std::uint64_t call, bool measured = true) {
    books.open(call, at(100), measured, caller);
    books.written(call, at(101));
  }
  void answer(std::uint64_t call, CallResult result = CallResult::accepted) {
    ASSERT_TRUE(books.answered(call, result, std::nullopt, caller));
  }
  bool excuse(std::uint64_t call, std::uint32_t position, Excuse why = Excuse::absent) {
    return books.excuse(call, position, why, worker);
  }
  Receipt receive(std::uint64_t call, std::uint32_t position) { return books.receive(call, position, at(110), worker); }
  Tally closed() {
    books.close_all(caller);
    Tally sum = caller;
    sum.merge(worker);
    return sum;
  }
};

TEST_F(BooksExcuse, TheLastExcuseClosesTheCall) {
  send(0);
  answer(0);
  EXPECT_EQ(receive(0, 0), Receipt::received);
  EXPECT_TRUE(excuse(0, 1));
  EXPECT_EQ(books.open_calls(), 1u);
  EXPECT_TRUE(excuse(0, 2, Excuse::unsubscribed));
  EXPECT_EQ(books.open_calls(), 0u);
  EXPECT_EQ(worker.deliveries.expected, 1u);
  EXPECT_EQ(worker.deliveries.received, 1u);
  EXPECT_EQ(worker.deliveries.missing, 0u);
  EXPECT_EQ(worker.deliveries.absent, 1u);
  EXPECT_EQ(worker.deliveries.unsubscribed, 1u);
  EXPECT_EQ(worker.times.completion.count(), 1u);
}

TEST_F(BooksExcuse, ACallOfWhichNothingIsOwedIsCountedToo) {
  send(0);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(excuse(0, i));
  answer(0);
  EXPECT_EQ(books.open_calls(), 0u);
  EXPECT_EQ(caller.deliveries.expected, 0u);
  EXPECT_EQ(caller.deliveries.absent, 3u);
  EXPECT_EQ(caller.times.first.count(), 0u);
}

TEST_F(BooksExcuse, WhatHasComeIsNotExcused) {
  send(0);
  answer(0);
  EXPECT_EQ(receive(0, 1), Receipt::received);
  EXPECT_FALSE(excuse(0, 1));
  EXPECT_TRUE(excuse(0, 0));
  EXPECT_FALSE(excuse(0, 0)) << "a second time";
  const Deliveries counts = closed().deliveries;
  EXPECT_EQ(counts.expected, 2u);
  EXPECT_EQ(counts.received, 1u);
  EXPECT_EQ(counts.missing, 1u);
  EXPECT_EQ(counts.absent, 1u);
}

TEST_F(BooksExcuse, WhatComesAfterItIsLate) {
  send(0);
  answer(0);
  EXPECT_TRUE(excuse(0, 2));
  EXPECT_EQ(receive(0, 2), Receipt::late);
  for (const std::uint32_t i : {0u, 1u}) EXPECT_EQ(receive(0, i), Receipt::received);
  EXPECT_EQ(receive(0, 2), Receipt::late);
  EXPECT_EQ(worker.deliveries.late, 2u);
  EXPECT_EQ(worker.deliveries.received, 2u);
  EXPECT_EQ(worker.deliveries.duplicate, 0u);
}

TEST_F(BooksExcuse, CallsThatWereNotAcceptedOweNothingAnyway) {
  send(0);
  EXPECT_TRUE(excuse(0, 0));
  answer(0, CallResult::rejected);
  send(1);
  EXPECT_TRUE(excuse(1, 0));  // never answered
  const Tally all = closed();
  EXPECT_EQ(all.deliveries.absent, 0u);
  EXPECT_EQ(all.deliveries.expected, 0u);
  EXPECT_EQ(all.calls.rejected, 1u);
  EXPECT_EQ(all.calls.failed, 1u);
}

TEST_F(BooksExcuse, TheWindowClosesWhatIsExcusedOnceAndForgetsTheCall) {
  send(0);
  answer(0);
  EXPECT_TRUE(excuse(0, 1));
  send(2);  // the same slot
  EXPECT_EQ(caller.deliveries.absent, 1u);
  EXPECT_EQ(caller.deliveries.missing, 2u);
  EXPECT_FALSE(excuse(0, 2));
  EXPECT_FALSE(excuse(4, 0)) << "never opened";
}

TEST_F(BooksExcuse, TheWarmUpIsNotCounted) {
  send(0, false);
  answer(0);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(excuse(0, i));
  EXPECT_EQ(books.open_calls(), 0u);
  EXPECT_EQ(closed().deliveries.absent, 0u);
}

TEST_F(BooksExcuse, TheNewestCallIsKnown) {
  EXPECT_EQ(books.calls_opened(), 0u);
  send(0);
  send(1);
  EXPECT_EQ(books.calls_opened(), 2u);
}

}  // namespace
}  // namespace fleet::sim
