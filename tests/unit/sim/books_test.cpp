// Do the books say of every delivery what became of it, in whatever order things happen?
#include "sim/ledger/books.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace fleet::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using wire::TimePoint;

const TimePoint kStart = TimePoint() + std::chrono::hours(24 * 400);  // a host that has been up for long

TimePoint at_us(std::int64_t us) { return kStart + microseconds(us); }
TimePoint at(std::int64_t ms) { return at_us(ms * 1'000); }

// Books of 4 devices a call, a window of 3, and a tally each for the callers and one worker.
struct BooksTest : testing::Test {
  Books books{4, 3};
  Tally caller, worker;

  void send(std::uint64_t call, std::int64_t due_ms, bool measured = true) {
    books.open(call, at(due_ms), measured, caller);
    books.written(call, at(due_ms + 1));
  }
  bool answer(std::uint64_t call, CallResult result = CallResult::accepted) {
    return books.answered(call, result, std::nullopt, caller);
  }
  Receipt receive(std::uint64_t call, std::uint32_t position, std::int64_t ms) {
    return books.receive(call, position, at(ms), worker);
  }
  void receive_all(std::uint64_t call, std::int64_t ms) {
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(receive(call, i, ms), Receipt::received);
  }
  Tally both() const {
    Tally sum = caller;
    sum.merge(worker);
    return sum;
  }
};

TEST_F(BooksTest, TheLastDeliveryClosesTheCallIntoItsWorkersTally) {
  send(0, 100);
  EXPECT_EQ(books.open_calls(), 1U);
  EXPECT_TRUE(answer(0));
  EXPECT_EQ(receive(0, 2, 110), Receipt::received);
  EXPECT_EQ(receive(0, 0, 103), Receipt::received);
  EXPECT_EQ(receive(0, 3, 130), Receipt::received);
  EXPECT_EQ(worker.deliveries.received, 0U);
  EXPECT_EQ(receive(0, 1, 105), Receipt::received);
  EXPECT_EQ(books.open_calls(), 0U);
  EXPECT_EQ(caller.calls.accepted, 1U);
  EXPECT_EQ(worker.deliveries.expected, 4U);
  EXPECT_EQ(worker.deliveries.received, 4U);
  EXPECT_EQ(worker.deliveries.missing, 0U);

  const PathTimes& times = worker.times;
  EXPECT_EQ(times.response.count(), 4U);
  EXPECT_EQ(times.response.summary().min, 3'000);
  EXPECT_EQ(times.response.summary().max, 30'000);
  EXPECT_EQ(times.service.summary().min, 2'000);
  EXPECT_EQ(times.service.summary().max, 29'000);
  EXPECT_EQ(times.first.value_at(1), 3'000);
  EXPECT_EQ(times.half.value_at(1), 5'000);  // the second of four
  EXPECT_EQ(times.completion.value_at(1), 30'000);
  EXPECT_EQ(times.completion.count(), 1U);
  EXPECT_EQ(times.hop_http.count(), 0U);
}

TEST_F(BooksTest, TheAnswerClosesTheCallWhenItComesLast) {
  send(0, 100);
  receive_all(0, 102);
  EXPECT_EQ(worker.deliveries.received, 0U);
  EXPECT_EQ(books.open_calls(), 1U);
  const BridgeClock clock{.received = at_us(101'100), .published = at_us(101'400)};
  EXPECT_TRUE(books.answered(0, CallResult::accepted, clock, caller));
  EXPECT_EQ(books.open_calls(), 0U);
  EXPECT_EQ(caller.deliveries.received, 4U);
  EXPECT_EQ(caller.times.hop_http.value_at(1), 100);
  EXPECT_EQ(caller.times.hop_bridge.value_at(1), 300);
  EXPECT_EQ(caller.times.hop_broker.value_at(1), 600);
}

TEST_F(BooksTest, OddBatchesHaveTheirHalfRoundedUp) {
  Books odd(3, 1);
  odd.open(0, at(0), true, caller);
  odd.written(0, at(0));
  for (std::uint32_t i = 0; i < 3; ++i) odd.receive(0, i, at(10 * (3 - i)), worker);
  odd.answered(0, CallResult::accepted, std::nullopt, caller);
  EXPECT_EQ(caller.times.half.value_at(1), 20'000);
}

TEST_F(BooksTest, AFurtherCopyIsADuplicateBeforeAndAfterTheCallIsClosed) {
  send(0, 0);
  answer(0);
  EXPECT_EQ(receive(0, 1, 5), Receipt::received);
  EXPECT_EQ(receive(0, 1, 6), Receipt::duplicate);
  for (const std::uint32_t i : {0U, 2U, 3U}) receive(0, i, 7);
  EXPECT_EQ(receive(0, 1, 8), Receipt::duplicate);
  EXPECT_EQ(worker.deliveries.duplicate, 2U);
  EXPECT_EQ(worker.deliveries.received, 4U);
  EXPECT_EQ(worker.times.response.summary().max, 7'000);  // of first copies
}

TEST_F(BooksTest, TheWindowClosesAnIncompleteCallWithItsGaps) {
  for (std::uint64_t call = 0; call < 3; ++call) {
    send(call, 10);
    answer(call);
  }
  receive(0, 0, 20);
  receive(0, 3, 21);
  receive(1, 2, 20);
  EXPECT_EQ(books.open_calls(), 3U);
  send(3, 40);  // moves over call 0
  EXPECT_EQ(books.open_calls(), 3U);
  EXPECT_EQ(caller.deliveries.expected, 4U);
  EXPECT_EQ(caller.deliveries.received, 2U);
  EXPECT_EQ(caller.deliveries.missing, 2U);
  EXPECT_EQ(caller.times.response.count(), 2U);
  EXPECT_EQ(caller.times.first.value_at(1), 10'000);
  EXPECT_EQ(caller.times.half.value_at(1), 11'000);
  EXPECT_EQ(caller.times.completion.count(), 0U);
  send(4, 50);  // moves over call 1: one of four is no half
  EXPECT_EQ(caller.times.first.count(), 2U);
  EXPECT_EQ(caller.times.half.count(), 1U);

  EXPECT_EQ(receive(0, 1, 60), Receipt::late);
  EXPECT_EQ(receive(0, 0, 60), Receipt::late);  // a copy of one that had arrived: nobody can tell any more
  EXPECT_EQ(worker.deliveries.late, 2U);
  EXPECT_EQ(receive(3, 0, 61), Receipt::received);
}

TEST_F(BooksTest, ACallThatWasNeverOpenedIsLateAndNotMeasured) {
  EXPECT_EQ(receive(0, 0, 1), Receipt::late);
  send(0, 0);
  EXPECT_EQ(receive(3, 0, 1), Receipt::late);
  EXPECT_EQ(worker.deliveries.late, 0U);
}

TEST_F(BooksTest, DeliveriesOfARejectedCallAreUnacceptedOnEitherSideOfTheAnswer) {
  send(0, 0);
  receive(0, 0, 2);
  receive(0, 1, 2);
  EXPECT_TRUE(answer(0, CallResult::rejected));
  EXPECT_EQ(books.open_calls(), 0U);
  EXPECT_EQ(receive(0, 2, 3), Receipt::received);
  EXPECT_EQ(receive(0, 2, 3), Receipt::duplicate);
  for (std::uint64_t call = 1; call < 4; ++call) send(call, 10);  // moves over call 0
  EXPECT_EQ(caller.deliveries.unaccepted, 3U);
  EXPECT_EQ(receive(0, 3, 14), Receipt::late);
  books.close_all(caller);
  const Tally sum = both();
  EXPECT_EQ(sum.calls.rejected, 1U);
  EXPECT_EQ(sum.deliveries.unaccepted, 3U);
  EXPECT_EQ(sum.deliveries.duplicate, 1U);
  EXPECT_EQ(sum.deliveries.expected, 0U);
  EXPECT_EQ(sum.times.response.count(), 0U);
}

TEST_F(BooksTest, AFailedCallOwesNothing) {
  send(0, 0);
  answer(0, CallResult::failed);
  receive_all(0, 5);
  books.close_all(caller);
  EXPECT_EQ(caller.calls.failed, 1U);
  EXPECT_EQ(caller.deliveries.unaccepted, 4U);
  EXPECT_EQ(both().deliveries.expected, 0U);
}

TEST_F(BooksTest, AnUnansweredCallIsFailedWhenTheWindowMovesOverIt) {
  send(0, 0);
  receive(0, 0, 1);
  for (std::uint64_t call = 1; call < 4; ++call) send(call, 10);
  EXPECT_EQ(caller.calls.failed, 1U);
  EXPECT_EQ(caller.deliveries.unaccepted, 1U);
  EXPECT_FALSE(answer(0));
  EXPECT_EQ(caller.calls.accepted, 0U);
  EXPECT_EQ(books.open_calls(), 3U);
}

TEST_F(BooksTest, CloseAllFindsTheGapsAndTheUnanswered) {
  send(0, 0);
  answer(0);
  receive(0, 0, 1);
  send(1, 0);  // never answered
  receive(1, 0, 1);
  books.open(2, at(0), true, caller);  // never written: not sent, so not failed
  books.close_all(caller);
  EXPECT_EQ(caller.deliveries.expected, 4U);
  EXPECT_EQ(caller.deliveries.received, 1U);
  EXPECT_EQ(caller.deliveries.missing, 3U);
  EXPECT_EQ(caller.deliveries.unaccepted, 1U);
  EXPECT_EQ(caller.calls.failed, 1U);
  EXPECT_EQ(books.open_calls(), 0U);
  books.close_all(caller);
  EXPECT_EQ(caller.deliveries.expected, 4U);
}

TEST_F(BooksTest, WhatIsNotMeasuredIsPlayedAndNotCounted) {
  send(0, 0, false);
  answer(0);
  receive_all(0, 1);
  EXPECT_EQ(receive(0, 1, 1), Receipt::duplicate);
  send(1, 0, false);
  answer(1, CallResult::rejected);
  EXPECT_EQ(receive(1, 0, 1), Receipt::received);
  send(2, 0, false);
  for (std::uint64_t call = 3; call < 6; ++call) send(call, 5);
  EXPECT_EQ(receive(2, 0, 9), Receipt::late);
  const Tally sum = both();
  EXPECT_EQ(sum.calls.accepted + sum.calls.rejected + sum.calls.failed, 0U);
  EXPECT_EQ(sum.deliveries.expected + sum.deliveries.received + sum.deliveries.duplicate + sum.deliveries.late, 0U);
  EXPECT_EQ(sum.deliveries.unaccepted, 0U);
  EXPECT_EQ(sum.times.response.count(), 0U);
}

TEST_F(BooksTest, NumbersMayBeSkippedAndLarge) {
  const std::uint64_t far = std::uint64_t{3} << 31;
  send(5, 0);
  answer(5);
  send(far, 0);
  answer(far);
  receive_all(far, 1);
  EXPECT_EQ(worker.deliveries.received, 4U);
  EXPECT_EQ(receive(far + 3, 0, 1), Receipt::late);
  books.close_all(caller);
  EXPECT_EQ(caller.deliveries.missing, 4U);
}

TEST_F(BooksTest, TimesAreExactOverLongWaitsAndNeverNegative) {
  send(0, 0);
  answer(0);
  books.receive(0, 0, at_us(1), worker);
  books.receive(0, 1, at(0) + std::chrono::minutes(50), worker);
  books.receive(0, 2, at_us(-1), worker);
  books.receive(0, 3, at(0) + std::chrono::hours(24 * 20), worker);
  EXPECT_EQ(worker.times.response.summary().min, 0);
  EXPECT_EQ(worker.times.response.value_at(0.5), 1);
  EXPECT_NEAR(worker.times.response.value_at(0.75), 3e9, 3e6);
  EXPECT_EQ(worker.times.response.summary().max, 3.6e9);  // where the histogram ends
}

// Every order in which a call of two can be answered and received, once with each result, and with the first of the
// two refused.
TEST(Books, BalanceInEveryOrderOfEvents) {
  enum Event { kAnswer, kFirst, kSecond, kCopy, kMoveOn };
  std::vector<int> order = {kAnswer, kFirst, kSecond, kCopy, kMoveOn};
  const std::uint32_t first = 0;
  do {
    for (const int way : {0, 1, 2, 3}) {
      const CallResult result = way == 0 || way == 3 ? CallResult::accepted
                                : way == 1           ? CallResult::rejected
                                                     : CallResult::failed;
      const std::span<const std::uint32_t> refused(&first, way == 3 ? 1 : 0);
      Books books(2, 1);
      Tally tally;
      books.open(0, at(0), true, tally);
      books.written(0, at(0));
      std::uint64_t received = 0, duplicate = 0, late = 0;
      const auto receive = [&](std::uint32_t position) {
        const Receipt receipt = books.receive(0, position, at(1), tally);
        ++(receipt == Receipt::received ? received : receipt == Receipt::duplicate ? duplicate : late);
      };
      for (const int event : order) {
        if (event == kAnswer) books.answered(0, result, std::nullopt, tally, refused);
        if (event == kFirst || event == kCopy) receive(0);
        if (event == kSecond) receive(1);
        if (event == kMoveOn) books.open(1, at(5), true, tally);
      }
      books.close_all(tally);
      const Deliveries& d = tally.deliveries;
      ASSERT_EQ(d.expected, tally.calls.accepted * (2 - refused.size()));
      ASSERT_EQ(d.expected, d.received + d.missing);
      ASSERT_EQ(received, d.received + d.unaccepted);
      ASSERT_EQ(duplicate, d.duplicate);
      ASSERT_EQ(late, d.late);
      ASSERT_EQ(received + duplicate + late, 3U);
      ASSERT_EQ(d.received, tally.times.response.count());
      ASSERT_EQ(tally.calls.accepted + tally.calls.rejected + tally.calls.failed, 1U);
      ASSERT_EQ(books.open_calls(), 0U);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(BooksTest, RefusedMessagesAreNotOwed) {
  const std::vector<std::uint32_t> refused = {1, 3};
  send(0, 100);
  EXPECT_EQ(receive(0, 0, 110), Receipt::received);
  EXPECT_EQ(receive(0, 1, 111), Receipt::received);  // before the answer that refuses it
  EXPECT_TRUE(books.answered(0, CallResult::accepted, std::nullopt, caller, refused));
  EXPECT_EQ(books.open_calls(), 1U);
  EXPECT_EQ(caller.deliveries.unaccepted, 1U);
  EXPECT_EQ(receive(0, 3, 112), Receipt::received);  // behind it
  EXPECT_EQ(receive(0, 3, 113), Receipt::duplicate);
  EXPECT_EQ(receive(0, 1, 113), Receipt::duplicate);
  EXPECT_EQ(receive(0, 2, 120), Receipt::received);
  EXPECT_EQ(books.open_calls(), 0U);
  const Tally sum = both();
  EXPECT_EQ(sum.calls.accepted, 1U);
  EXPECT_EQ(sum.deliveries.expected, 2U);
  EXPECT_EQ(sum.deliveries.received, 2U);
  EXPECT_EQ(sum.deliveries.missing, 0U);
  EXPECT_EQ(sum.deliveries.unaccepted, 2U);
  EXPECT_EQ(sum.deliveries.duplicate, 2U);
  EXPECT_EQ(sum.times.half.value_at(1), 10'000);  // the first of the two that are owed
  EXPECT_EQ(sum.times.completion.value_at(1), 20'000);
}

TEST_F(BooksTest, AnAnswerThatRefusesAllThatIsStillAwayClosesTheCall) {
  send(0, 0);
  receive(0, 0, 2);
  const std::vector<std::uint32_t> refused = {1, 2, 3};
  books.answered(0, CallResult::accepted, std::nullopt, caller, refused);
  EXPECT_EQ(books.open_calls(), 0U);
  EXPECT_EQ(caller.deliveries.expected, 1U);
  EXPECT_EQ(caller.deliveries.received, 1U);
}

// Three messages a call to two targets in turn, so that odd calls begin with the other one.
TEST(Books, TellTheTargetsOfMessagesApart) {
  Books books(3, 4, MessageDeal(3, 2, 1));
  Tally caller, worker;
  for (std::uint64_t call = 0; call < 2; ++call) {
    books.open(call, at(0), true, caller);
    books.written(call, at(1));
  }
  const std::uint32_t refused = 0;
  books.answered(0, CallResult::accepted, BridgeClock{at(2), at(3)}, caller);
  books.answered(1, CallResult::accepted, std::nullopt, caller, std::span(&refused, 1));
  for (std::uint32_t i = 0; i < 3; ++i) books.receive(0, i, at(10 + i), worker);  // targets 0 1 0
  books.receive(0, 1, at(20), worker);                                            // a copy
  books.receive(1, 0, at(30), worker);                                            // targets 1 0 1: refused
  books.receive(1, 1, at(31), worker);
  books.close_all(caller);
  caller.merge(worker);
  EXPECT_EQ(caller.deliveries.expected, 5U);
  EXPECT_EQ(caller.times.completion.count(), 1U);
  EXPECT_EQ(caller.times.hop_broker.value_at(1), 9'000);
  ASSERT_EQ(caller.targets.size(), 2U);
  const Tally& first = caller.targets[0];
  EXPECT_EQ(first.deliveries.expected, 3U);
  EXPECT_EQ(first.deliveries.received, 3U);
  EXPECT_EQ(first.deliveries.duplicate, 0U);
  EXPECT_EQ(first.times.response.count(), 3U);
  EXPECT_EQ(first.times.completion.count(), 2U);
  EXPECT_EQ(first.times.completion.summary().min, 12'000);
  const Tally& second = caller.targets[1];
  EXPECT_EQ(second.deliveries.expected, 2U);
  EXPECT_EQ(second.deliveries.received, 1U);
  EXPECT_EQ(second.deliveries.missing, 1U);
  EXPECT_EQ(second.deliveries.duplicate, 1U);
  EXPECT_EQ(second.deliveries.unaccepted, 1U);
  EXPECT_EQ(second.times.hop_broker.count(), 0U);
}

TEST(MessageDeal, GivesEveryTargetEveryTopicInTurn) {
  const MessageDeal deal(5, 2, 3);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> dealt;
  for (std::uint64_t call = 0; call < 2; ++call) {
    for (std::uint32_t i = 0; i < 5; ++i) dealt.emplace_back(deal.target(call, i), deal.topic(call, i));
  }
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> expected = {{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2},
                                                                         {1, 2}, {0, 0}, {1, 0}, {0, 1}, {1, 1}};
  EXPECT_EQ(dealt, expected);
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(deal.target(last, 4), (last % 2 + 4) % 2);
}

TEST(Books, WindowFitsTheBudget) {
  EXPECT_EQ(books_window(100, 1'000'000, 864'000), 1'000U);
  EXPECT_EQ(books_window(100, 500, 864'000), 500U);
  EXPECT_EQ(books_window(100, 10, 864'000), 64U);
  EXPECT_EQ(books_window(100, 1'000'000, 0), 64U);
}

}  // namespace
}  // namespace fleet::sim
