// Does a call name the right number of different devices, and does every device know its place?
#include "sim/ledger/pick.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace fleet::sim {
namespace {

std::vector<std::uint32_t> named(const PickPlan& plan, std::uint64_t call) {
  std::vector<std::uint32_t> devices(plan.batch());
  plan.recipients(call, devices);
  return devices;
}

struct Shape {
  std::uint32_t devices, batch;
};
constexpr Shape kShapes[] = {{1, 1},     {2, 1},       {2, 2},        {3, 2},       {5, 5},       {7, 3},
                             {16, 16},   {17, 4},      {100, 100},    {130, 20},    {1'000, 100}, {1'023, 100},
                             {1'024, 7}, {2'000, 100}, {15'000, 100}, {65'537, 256}};

class PickTest : public testing::TestWithParam<Pick> {};

TEST_P(PickTest, NamesNoDeviceTwiceAndEveryDeviceKnowsItsPlace) {
  for (const Shape shape : kShapes) {
    const PickPlan plan(GetParam(), shape.devices, shape.batch, 99);
    for (const std::uint64_t call : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{77},
                                     std::uint64_t{1} << 33, ~std::uint64_t{0}}) {
      const std::vector<std::uint32_t> devices = named(plan, call);
      EXPECT_EQ(std::set(devices.begin(), devices.end()).size(), shape.batch);
      for (std::uint32_t i = 0; i < devices.size(); ++i) {
        ASSERT_LT(devices[i], shape.devices);
        ASSERT_EQ(plan.position(call, devices[i]), i) << shape.devices << "/" << shape.batch << " call " << call;
      }
      std::uint32_t placed = 0;
      for (std::uint32_t device = 0; device < shape.devices; ++device) placed += plan.position(call, device) ? 1 : 0;
      EXPECT_EQ(placed, shape.batch);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PickTest, testing::Values(Pick::round_robin, Pick::random, Pick::zipf, Pick::same));

TEST(Pick, RoundRobinCountsAround) {
  const PickPlan plan(Pick::round_robin, 10, 4, 1);
  EXPECT_EQ(named(plan, 0), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(named(plan, 2), (std::vector<std::uint32_t>{8, 9, 0, 1}));
  EXPECT_EQ(named(plan, 5), (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(plan.position(2, 1), 3U);
  EXPECT_EQ(plan.position(2, 2), std::nullopt);
}

TEST(Pick, ARandomLapNamesEveryDeviceAtMostOnce) {
  for (const Shape shape : kShapes) {
    const PickPlan plan(Pick::random, shape.devices, shape.batch, 5);
    const std::uint32_t calls = shape.devices / shape.batch;
    for (std::uint64_t lap = 0; lap < 3; ++lap) {
      std::vector<bool> seen(shape.devices);
      for (std::uint64_t call = lap * calls; call < (lap + 1) * calls; ++call) {
        for (const std::uint32_t device : named(plan, call)) {
          EXPECT_FALSE(seen[device]);
          seen[device] = true;
        }
      }
      EXPECT_EQ(std::ranges::count(seen, true), calls * shape.batch);
    }
  }
}

TEST(Pick, RandomDependsOnTheSeedAndOnTheLap) {
  const PickPlan one(Pick::random, 1'000, 100, 1);
  const PickPlan again(Pick::random, 1'000, 100, 1);
  const PickPlan two(Pick::random, 1'000, 100, 2);
  EXPECT_EQ(named(one, 3), named(again, 3));
  EXPECT_NE(named(one, 3), named(two, 3));
  EXPECT_NE(named(one, 3), named(one, 13));
}

TEST(Pick, RandomFavoursNobody) {
  // 3,000 laps of 6 out of 7 devices, 2 a call: each device sits out a lap in seven. Chi-square over the devices and
  // over the places in a call, 6 degrees of freedom: 22.5 is exceeded once in a thousand, and the seed is fixed.
  const PickPlan plan(Pick::random, 7, 2, 12);
  std::vector<double> times(7), first(7);
  constexpr int kCalls = 9'000;
  for (std::uint64_t call = 0; call < kCalls; ++call) {
    const std::vector<std::uint32_t> devices = named(plan, call);
    ++first[devices[0]];
    for (const std::uint32_t device : devices) ++times[device];
  }
  const auto chi_square = [](const std::vector<double>& seen, double wanted) {
    double sum = 0;
    for (const double n : seen) sum += (n - wanted) * (n - wanted) / wanted;
    return sum;
  };
  EXPECT_LT(chi_square(times, 2.0 * kCalls / 7), 22.5);
  EXPECT_LT(chi_square(first, 1.0 * kCalls / 7), 22.5);
}

TEST(Pick, SameNamesTheFirstOfTheGroup) {
  const PickPlan plan(Pick::same, 10, 3, 1);
  for (const std::uint64_t call : {0U, 1U, 77U}) {
    EXPECT_EQ(named(plan, call), (std::vector<std::uint32_t>{0, 1, 2}));
    EXPECT_EQ(plan.position(call, 3), std::nullopt);
  }
}

TEST(Pick, AllNamesEverybody) {
  const PickPlan plan(Pick::all, 5, 5, 1);
  for (const std::uint64_t call : {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{0}}) {
    EXPECT_EQ(named(plan, call), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
    for (std::uint32_t device = 0; device < 5; ++device) EXPECT_EQ(plan.position(call, device), device);
  }
}

TEST(Pick, ZipfNamesADeviceAsOftenAsItsRankSays) {
  // 4 of 50 devices: the weights 1 / rank sum to 4.4992, so that the first has a share of 0.889 of the calls, the
  // second half of it, and so on. Five standard deviations of 20,000 independent calls are allowed.
  constexpr std::uint32_t kDevices = 50, kBatch = 4;
  constexpr int kCalls = 20'000;
  const PickPlan plan(Pick::zipf, kDevices, kBatch, 3);
  double weights = 0;
  for (std::uint32_t i = 0; i < kDevices; ++i) weights += 1.0 / (i + 1);
  std::vector<double> times(kDevices);
  for (std::uint64_t call = 0; call < kCalls; ++call) {
    for (const std::uint32_t device : named(plan, call)) ++times[device];
  }
  for (std::uint32_t i = 0; i < kDevices; ++i) {
    const double share = kBatch / weights / (i + 1);
    EXPECT_NEAR(times[i], kCalls * share, 5 * std::sqrt(kCalls * share * (1 - share))) << i;
  }
}

TEST(Pick, ZipfNamesTheFirstInEveryCallWhereTheirShareIsLarger) {
  // 20 of 40: by weight alone the first four would be named more than once a call.
  const PickPlan plan(Pick::zipf, 40, 20, 3);
  std::set<std::uint32_t> others;
  for (std::uint64_t call = 0; call < 200; ++call) {
    for (std::uint32_t device = 0; device < 7; ++device) EXPECT_EQ(plan.position(call, device), device);
    for (const std::uint32_t device : named(plan, call)) others.insert(device);
  }
  EXPECT_EQ(others.size(), 40U);
}

TEST(Pick, ZipfDependsOnTheSeed) {
  EXPECT_EQ(named(PickPlan(Pick::zipf, 1'000, 10, 1), 3), named(PickPlan(Pick::zipf, 1'000, 10, 1), 3));
  EXPECT_NE(named(PickPlan(Pick::zipf, 1'000, 10, 1), 3), named(PickPlan(Pick::zipf, 1'000, 10, 2), 3));
}

}  // namespace
}  // namespace fleet::sim
