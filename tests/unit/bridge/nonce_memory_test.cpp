#include "bridge/envelope/nonce_memory.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::bridge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const wire::WallTime kStart = wire::WallTime(seconds(1'767'323'045));

TEST(NonceMemory, RemembersForFifteenMinutesAndNotMuchLonger) {
  NonceMemory memory;
  EXPECT_TRUE(memory.use(0, "n", kStart, kStart));
  EXPECT_FALSE(memory.use(0, "n", kStart, kStart));
  const auto still = kStart + minutes(15);
  EXPECT_FALSE(memory.use(0, "n", still, still));
  const auto later = kStart + minutes(16) + seconds(1);
  EXPECT_TRUE(memory.use(0, "n", later, later));
}

// A request dated 15 minutes ahead could be sent again for half an hour.
TEST(NonceMemory, CountsFromTheLaterOfTimestampAndNow) {
  NonceMemory memory;
  EXPECT_TRUE(memory.use(0, "n", kStart + minutes(15), kStart));
  EXPECT_FALSE(memory.use(0, "n", kStart + minutes(15), kStart + minutes(30)));
}

TEST(NonceMemory, KeepsAccountsApart) {
  NonceMemory memory;
  EXPECT_TRUE(memory.use(0, "n", kStart, kStart));
  EXPECT_TRUE(memory.use(1, "n", kStart, kStart));
}

// Short ones that differ in one character, of accounts that are neighbours, and with any seed.
TEST(NonceMemory, KeepsShortNoncesOfNeighboursApart) {
  for (int seed = 0; seed < 50; ++seed) {
    NonceMemory memory(1'000);
    for (std::size_t account = 0; account < 10; ++account) {
      for (char last = '0'; last <= '9'; ++last) {
        EXPECT_TRUE(memory.use(account, std::string("n-") + last, kStart, kStart)) << account << ' ' << last;
      }
    }
  }
}

TEST(NonceMemory, FindsEveryOneOfMany) {
  NonceMemory memory;
  for (int i = 0; i < 20'000; ++i) {
    const auto at = kStart + seconds(i / 50);
    ASSERT_TRUE(memory.use(0, "nonce-" + std::to_string(i), at, at));
  }
  const auto now = kStart + seconds(400);
  for (int i = 0; i < 20'000; ++i) ASSERT_FALSE(memory.use(0, "nonce-" + std::to_string(i), now, now));
  EXPECT_EQ(memory.size(), 20'000u);
}

TEST(NonceMemory, LetsGoOfWhatIsOld) {
  NonceMemory memory;
  for (int i = 0; i < 7'200; ++i) {
    const auto at = kStart + seconds(i);
    ASSERT_TRUE(memory.use(0, std::to_string(i), at, at));
    ASSERT_LE(memory.size(), 16u * 60 + 1);
  }
}

TEST(NonceMemory, ForgetsTheOldestMinuteAtItsBound) {
  NonceMemory memory(100);
  for (int i = 0; i < 1'000; ++i) {
    const auto at = kStart + seconds(i);
    ASSERT_TRUE(memory.use(0, std::to_string(i), at, at));
    ASSERT_LE(memory.size(), 100u);
  }
  const auto now = kStart + seconds(999);
  EXPECT_FALSE(memory.use(0, "999", now, now));
}

TEST(NonceMemory, SurvivesAClockThatIsSetBack) {
  NonceMemory memory;
  EXPECT_TRUE(memory.use(0, "n", kStart, kStart));
  const auto back = kStart - minutes(32);
  EXPECT_TRUE(memory.use(0, "m", back, back));
  EXPECT_FALSE(memory.use(0, "m", back, back));
  EXPECT_EQ(memory.size(), 1u);
}

}  // namespace
}  // namespace fleet::bridge
