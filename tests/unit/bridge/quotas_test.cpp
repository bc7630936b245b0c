#include "bridge/actions/quotas.h"

#include <gtest/gtest.h>

namespace fleet::bridge {
namespace {

using std::chrono::milliseconds;

const Action& batch_pub() { return *find_action("BatchPub"); }

int taken(Quotas& quotas, int calls, wire::TimePoint now, std::size_t account = 0) {
  int count = 0;
  for (int i = 0; i < calls; ++i) count += quotas.take(account, batch_pub(), now) ? 1 : 0;
  return count;
}

TEST(Quotas, HoldOneSecondOfCalls) {
  Quotas quotas({}, 1);
  const wire::TimePoint start{std::chrono::hours(5)};
  EXPECT_EQ(taken(quotas, 80, start), 50);
  EXPECT_EQ(taken(quotas, 80, start + milliseconds(500)), 25);
  EXPECT_EQ(taken(quotas, 80, start + std::chrono::hours(1)), 50);
}

TEST(Quotas, CallsAtExactlyTheirPaceAllPass) {
  Quotas quotas({.enforced = true, .per_second = {{"BatchPub", 3.0}}}, 1);
  const wire::TimePoint start{};
  EXPECT_EQ(taken(quotas, 10, start), 3);
  for (int i = 1; i <= 10'000; ++i) {
    ASSERT_EQ(taken(quotas, 1, start + wire::Nanos(static_cast<std::int64_t>(i) * 1'000'000'000 / 3)), 1) << i;
  }
}

TEST(Quotas, ARateBelowOneLetsASingleCallThrough) {
  Quotas quotas({.enforced = true, .per_second = {{"BatchPub", 0.5}}}, 1);
  const wire::TimePoint start{std::chrono::hours(5)};
  EXPECT_EQ(taken(quotas, 5, start), 1);
  EXPECT_EQ(taken(quotas, 5, start + milliseconds(1'900)), 0);
  EXPECT_EQ(taken(quotas, 5, start + milliseconds(2'000)), 1);
}

TEST(Quotas, AreOfAnAccount) {
  Quotas quotas({}, 2);
  const wire::TimePoint start{std::chrono::hours(5)};
  EXPECT_EQ(taken(quotas, 80, start, 0), 50);
  EXPECT_EQ(taken(quotas, 80, start, 1), 50);
}

TEST(Quotas, OffMeansOff) {
  Quotas quotas({.enforced = false, .per_second = {}}, 1);
  EXPECT_EQ(taken(quotas, 10'000, wire::TimePoint{}), 10'000);
}

}  // namespace
}  // namespace fleet::bridge
