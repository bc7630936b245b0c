// Is what was lost told by the moment its call was due?
#include "sim/ledger/losses.h"

#include <gtest/gtest.h>

#include "sim/ledger/books.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using wire::TimePoint;

constexpr TimePoint kStart = TimePoint{} + 1000s;

TEST(Losses, AddUpOverAHalfOpenSpan) {
  Losses first, second;
  first.add(kStart, {.missing = 7});  // nobody has asked yet
  first.keep();
  second.keep();
  first.add(kStart + 1s, {.missing = 3});
  first.add(kStart + 2s, {.rejected = 1});
  second.add(kStart + 1s, {.failed = 1});
  Losses all;
  all.merge(first);
  all.merge(second);
  const Loss one = all.between(kStart + 1s, kStart + 2s);
  EXPECT_EQ(one.missing, 3u);
  EXPECT_EQ(one.rejected, 0u);
  EXPECT_EQ(one.failed, 1u);
  EXPECT_EQ(all.between(kStart, kStart + 1h).rejected, 1u);
  EXPECT_EQ(all.dropped(), 0u);
}

TEST(Losses, AreBoundedAndSaySo) {
  Losses losses;
  losses.keep();
  for (std::size_t i = 0; i < Losses::kCallsMax + 5; ++i) losses.add(kStart, {.failed = 1});
  EXPECT_EQ(losses.between(kStart, kStart + 1s).failed, Losses::kCallsMax);
  EXPECT_EQ(losses.dropped(), 5u);
}

TEST(Losses, AreThoseOfTheBooks) {
  Tally tally;
  tally.losses.keep();
  Books books(2, 8);
  for (std::uint64_t call = 0; call < 4; ++call) {
    books.open(call, kStart + call * 1s, true, tally);
    books.written(call, kStart + call * 1s);
  }
  books.receive(0, 1, kStart + 1ms, tally);
  books.answered(0, CallResult::accepted, std::nullopt, tally);
  books.answered(1, CallResult::rejected, std::nullopt, tally);
  books.answered(2, CallResult::failed, std::nullopt, tally);
  books.close_all(tally);  // call 3 was never answered
  EXPECT_EQ(tally.losses.between(kStart, kStart + 1s).missing, 1u);
  EXPECT_EQ(tally.losses.between(kStart + 1s, kStart + 2s).rejected, 1u);
  EXPECT_EQ(tally.losses.between(kStart + 2s, kStart + 1h).failed, 2u);
  const Loss all = tally.losses.between(kStart, kStart + 1h);
  EXPECT_EQ(all.missing, tally.deliveries.missing);
  EXPECT_EQ(all.rejected, tally.calls.rejected);
  EXPECT_EQ(all.failed, tally.calls.failed);
}

}  // namespace
}  // namespace fleet::sim
