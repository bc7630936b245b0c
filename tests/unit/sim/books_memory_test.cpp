// Do the books of a run take more memory the longer it is?
#include <gtest/gtest.h>

#include "sim/ledger/books.h"
#include "tests/support/allocations.h"

namespace fleet::sim {
namespace {

constexpr std::uint32_t kBatch = 100;
constexpr std::uint64_t kWindow = 64;  // calls

// Calls [first, end), of which some are refused, some have gaps, copies, excuses and deliveries that are too late.
void play(Books& books, std::uint64_t first, std::uint64_t end, Tally& tally) {
  for (std::uint64_t call = first; call < end; ++call) {
    const wire::TimePoint due{std::chrono::hours(1'000) + std::chrono::milliseconds(call)};
    books.open(call, due, true, tally);
    books.written(call, due);
    const bool refused = call % 7 == 0;
    for (std::uint32_t i = 0; i < kBatch; ++i) {
      const wire::TimePoint when = due + std::chrono::microseconds(100 + i);
      if (call % 5 == 0 && i % 10 == 0) continue;
      if (call % 11 == 0 && i == 1) {
        (void)books.excuse(call, i, Excuse::absent, tally);
        continue;
      }
      (void)books.receive(call, i, when, tally);
      if (i == 50) (void)books.receive(call, i, when, tally);
    }
    books.answered(call, refused ? CallResult::rejected : CallResult::accepted, std::nullopt, tally);
    if (call > 2 * kWindow) (void)books.receive(call - 2 * kWindow, 0, due, tally);
  }
}

TEST(BooksMemory, ARunTenTimesAsLongTakesNoMore) {
  Books books(kBatch, kWindow);
  Tally tally;
  play(books, 0, 1'000, tally);
  const std::uint64_t before = tests::allocations_of_this_thread();
  play(books, 1'000, 11'000, tally);
  EXPECT_EQ(tests::allocations_of_this_thread(), before) << "nothing was allocated, so nothing is kept";
  books.close_all(tally);
  const Deliveries& counts = tally.deliveries;
  EXPECT_EQ(counts.expected, counts.received + counts.missing);
  for (const std::uint64_t count : {counts.missing, counts.duplicate, counts.unaccepted, counts.late, counts.absent}) {
    EXPECT_GT(count, 0U);
  }
}

}  // namespace
}  // namespace fleet::sim
