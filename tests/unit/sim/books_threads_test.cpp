// Do the books balance when several workers and the callers meet in them at once? Meant for the thread sanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "sim/ledger/books.h"
#include "tests/support/allocations.h"

namespace fleet::sim {
namespace {

using wire::Nanos;
using wire::TimePoint;

const TimePoint kStart = TimePoint() + std::chrono::hours(1'000);

constexpr std::uint64_t kCalls = 6'000;
constexpr std::uint32_t kBatch = 12;
constexpr std::uint32_t kWorkers = 3;

TimePoint due(std::uint64_t call) { return kStart + Nanos(static_cast<std::int64_t>(call) * 1'000'000); }

// What one worker was told by receive().
struct Told {
  std::uint64_t received = 0, duplicate = 0, late = 0;
};

struct Run {
  Books books;
  // Relaxed on purpose: the books alone must order what the threads share.
  std::atomic<std::uint64_t> opened{0};
  std::vector<Tally> tallies{kWorkers};
  std::vector<Told> told{kWorkers};
  Tally caller;

  explicit Run(std::uint64_t window) : books(kBatch, window) {}

  // Receives its places of every call once the call is open: some twice, some never, in an order of its own, and a few
  // much later.
  void work(std::uint32_t worker) {
    std::mt19937 random(worker + 1);
    std::vector<std::pair<std::uint64_t, std::uint32_t>> held_back;
    const auto receive = [&](std::uint64_t call, std::uint32_t position) {
      const TimePoint when = due(call) + Nanos(1'000 * (1 + random() % 5'000));
      Told& t = told[worker];
      switch (books.receive(call, position, when, tallies[worker])) {
        case Receipt::received:
          ++t.received;
          break;
        case Receipt::duplicate:
          ++t.duplicate;
          break;
        case Receipt::late:
          ++t.late;
          break;
      }
    };
    for (std::uint64_t call = 0; call < kCalls; ++call) {
      while (opened.load(std::memory_order_relaxed) <= call) std::this_thread::yield();
      for (std::uint32_t i = 0; i < kBatch / kWorkers; ++i) {
        const std::uint32_t position = i * kWorkers + worker;
        const auto fate = random() % 100;
        if (fate < 2) continue;  // lost
        if (fate < 5) {
          held_back.emplace_back(call, position);
          continue;
        }
        receive(call, position);
        if (fate < 10) receive(call, position);
      }
      if (random() % 16 != 0) continue;
      for (const auto& [late_call, position] : held_back) receive(late_call, position);
      held_back.clear();
    }
    for (const auto& [call, position] : held_back) receive(call, position);
  }

  // Opens call after call, never waits for the workers by more than `ahead`, and answers each a few calls later.
  void call(std::uint64_t answer_after) {
    std::mt19937 random(99);
    for (std::uint64_t call = 0; call < kCalls + answer_after; ++call) {
      if (call < kCalls) {
        books.open(call, due(call), true, caller);
        books.written(call, due(call) + Nanos(500));
        opened.store(call + 1, std::memory_order_relaxed);
      }
      if (random() % 4 == 0) std::this_thread::yield();
      if (call < answer_after || random() % 200 == 0) continue;  // some are never answered
      const auto fate = random() % 20;
      const BridgeClock clock{.received = due(call), .published = due(call)};
      books.answered(call - answer_after,
                     fate == 0   ? CallResult::failed
                     : fate == 1 ? CallResult::rejected
                                 : CallResult::accepted,
                     clock, caller);
    }
  }
};

void expect_balance(std::uint64_t window, std::uint64_t answer_after) {
  Run run(window);
  std::vector<std::thread> workers;
  for (std::uint32_t i = 0; i < kWorkers; ++i) workers.emplace_back([&run, i] { run.work(i); });
  run.call(answer_after);
  for (std::thread& worker : workers) worker.join();
  run.books.close_all(run.caller);

  Told told;
  Tally sum = run.caller;
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    sum.merge(run.tallies[i]);
    told.received += run.told[i].received;
    told.duplicate += run.told[i].duplicate;
    told.late += run.told[i].late;
  }
  const Deliveries& d = sum.deliveries;
  EXPECT_EQ(sum.calls.accepted + sum.calls.rejected + sum.calls.failed, kCalls);
  EXPECT_EQ(d.expected, sum.calls.accepted * kBatch);
  EXPECT_EQ(d.expected, d.received + d.missing);
  EXPECT_EQ(told.received, d.received + d.unaccepted);
  EXPECT_EQ(told.duplicate, d.duplicate);
  EXPECT_EQ(told.late, d.late);
  EXPECT_EQ(sum.times.response.count(), d.received);
  EXPECT_EQ(sum.times.service.count(), d.received);
  EXPECT_EQ(sum.times.hop_broker.count(), sum.times.completion.count());
  EXPECT_LE(sum.times.response.summary().max, 5'000);
  EXPECT_EQ(run.books.open_calls(), 0U);
}

TEST(BooksThreads, BalanceWithAWideWindow) { expect_balance(kCalls, 3); }
TEST(BooksThreads, BalanceWhenTheWindowOftenMovesOverOpenCalls) { expect_balance(64, 5); }
TEST(BooksThreads, BalanceWhenTheWindowIsShorterThanTheWay) {
  expect_balance(3, 2);
  expect_balance(1, 0);
}

// Every worker brings a copy of every message, as nearly at the same instant as threads can; some messages are refused
// meanwhile.
TEST(BooksThreads, OfCopiesThatComeAtOnceOneIsTheFirst) {
  Books books(kBatch, 64, MessageDeal(kBatch, 2, 1));
  std::vector<Tally> tallies(kWorkers);
  std::vector<Told> told(kWorkers);
  Tally caller;
  std::atomic<std::uint64_t> opened{0};
  std::vector<std::atomic<std::uint64_t>> done(kWorkers);
  const auto work = [&](std::uint32_t worker) {
    for (std::uint64_t call = 0; call < kCalls; ++call) {
      while (opened.load(std::memory_order_relaxed) <= call) std::this_thread::yield();
      for (std::uint32_t i = 0; i < kBatch; ++i) {
        const Receipt receipt = books.receive(call, i, due(call) + Nanos(1'000'000 + worker), tallies[worker]);
        ++(receipt == Receipt::received    ? told[worker].received
           : receipt == Receipt::duplicate ? told[worker].duplicate
                                           : told[worker].late);
      }
      done[worker].store(call + 1, std::memory_order_relaxed);
    }
  };
  std::vector<std::thread> workers;
  for (std::uint32_t i = 0; i < kWorkers; ++i) workers.emplace_back(work, i);
  const std::vector<std::uint32_t> refused = {1, 4, 10};
  std::uint64_t not_owed = 0;
  for (std::uint64_t call = 0; call < kCalls; ++call) {
    for (const auto& worker : done) {  // no worker falls behind the window
      while (worker.load(std::memory_order_relaxed) + 32 < call) std::this_thread::yield();
    }
    books.open(call, due(call), true, caller);
    books.written(call, due(call));
    opened.store(call + 1, std::memory_order_relaxed);
    const bool partial = call % 3 == 0;
    if (partial) not_owed += refused.size();
    books.answered(call, CallResult::accepted, std::nullopt, caller,
                   partial ? std::span<const std::uint32_t>(refused) : std::span<const std::uint32_t>());
  }
  for (std::thread& worker : workers) worker.join();
  books.close_all(caller);
  Told sum;
  for (std::uint32_t i = 0; i < kWorkers; ++i) {
    caller.merge(tallies[i]);
    sum.received += told[i].received;
    sum.duplicate += told[i].duplicate;
    sum.late += told[i].late;
  }
  const Deliveries& d = caller.deliveries;
  EXPECT_EQ(sum.received, kCalls * kBatch);
  EXPECT_EQ(sum.duplicate, kCalls * kBatch * (kWorkers - 1));
  EXPECT_EQ(sum.late, 0U);
  EXPECT_EQ(d.expected, kCalls * kBatch - not_owed);
  EXPECT_EQ(d.received, d.expected);
  EXPECT_EQ(d.unaccepted, not_owed);
  EXPECT_EQ(d.duplicate, sum.duplicate);
  EXPECT_EQ(caller.targets[0].deliveries.received + caller.targets[1].deliveries.received, d.received);
  EXPECT_EQ(caller.targets[0].deliveries.duplicate, caller.targets[1].deliveries.duplicate);
  EXPECT_EQ(caller.times.completion.count(), kCalls);
}

TEST(BooksThreads, NothingIsAllocatedAfterTheFirstCall) {
  Books books(100, 64);
  Tally tally;
  const auto play = [&](std::uint64_t call) {
    books.open(call, due(call), true, tally);
    books.written(call, due(call));
    for (std::uint32_t i = 0; i < 100; ++i) books.receive(call, i, due(call) + Nanos(1'000'000 + i * 1'000), tally);
    books.answered(call, CallResult::accepted, BridgeClock{due(call), due(call)}, tally);
    books.receive(call, 0, due(call), tally);
  };
  play(0);
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (std::uint64_t call = 1; call < 1'000; ++call) play(call);
  Histogram histogram;
  const std::uint64_t with_histogram = tests::allocations_of_this_thread();
  for (std::int64_t i = 0; i < 1'000'000; ++i) histogram.record(Nanos(i * 3'000));
  EXPECT_EQ(with_histogram - before, 1U) << "only the histogram's own places";
  EXPECT_EQ(tests::allocations_of_this_thread(), with_histogram);
  EXPECT_EQ(tally.deliveries.received, 100'000U);
  EXPECT_EQ(tally.deliveries.duplicate, 1'000U);
}

}  // namespace
}  // namespace fleet::sim
