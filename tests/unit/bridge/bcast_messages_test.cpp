// Which messages are kept when there are too many?
#include "bridge/bcast/messages.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::bridge::test {
namespace {

using namespace std::chrono_literals;
using Origin = BcastMessages::Origin;

constexpr wire::WallTime kDay{1'767'323'045s};

wire::mqtt::SharedPayload payload(std::size_t bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes, std::byte{1});
}

TEST(BcastMessages, PassingOnesGiveWayTheOldestUsedFirst) {
  BcastMessages messages({.count_max = 3});
  ASSERT_TRUE(messages.put("a", payload(1), Origin::passing, kDay));
  ASSERT_TRUE(messages.put("b", payload(1), Origin::passing, kDay));
  ASSERT_TRUE(messages.put("c", payload(1), Origin::passing, kDay));
  EXPECT_TRUE(messages.refresh("a", kDay));
  ASSERT_TRUE(messages.put("d", payload(1), Origin::passing, kDay));
  EXPECT_EQ(messages.find("b", kDay), nullptr);
  EXPECT_NE(messages.find("a", kDay), nullptr);
  EXPECT_EQ(messages.size(), 3u);
}

TEST(BcastMessages, RegisteredOnesStay) {
  BcastMessages messages({.count_max = 2});
  ASSERT_TRUE(messages.put("a", payload(1), Origin::registered, kDay));
  ASSERT_TRUE(messages.put("b", payload(1), Origin::passing, kDay));
  ASSERT_TRUE(messages.put("a", payload(1), Origin::passing, kDay)) << "stays a registered one";
  ASSERT_TRUE(messages.put("c", payload(1), Origin::registered, kDay));
  EXPECT_EQ(messages.find("b", kDay), nullptr);
  EXPECT_FALSE(messages.put("d", payload(1), Origin::registered, kDay));
  EXPECT_FALSE(messages.put("d", payload(1), Origin::passing, kDay));
  EXPECT_NE(messages.find("a", kDay), nullptr);
  EXPECT_TRUE(messages.erase("a"));
  EXPECT_FALSE(messages.erase("a"));
  EXPECT_TRUE(messages.put("d", payload(1), Origin::registered, kDay));
}

TEST(BcastMessages, APassingOneCanBecomeRegistered) {
  BcastMessages messages({.count_max = 1});
  ASSERT_TRUE(messages.put("a", payload(1), Origin::passing, kDay));
  ASSERT_TRUE(messages.put("a", payload(1), Origin::registered, kDay));
  EXPECT_FALSE(messages.put("b", payload(1), Origin::passing, kDay));
  EXPECT_NE(messages.find("a", kDay), nullptr);
}

TEST(BcastMessages, BytesAreBoundedToo) {
  constexpr std::size_t kOne = BcastMessages::kMessageBytes + 1'000;
  BcastMessages messages({.bytes_max = 3 * kOne});
  for (const char* id : {"a", "b", "c", "d"}) ASSERT_TRUE(messages.put(id, payload(1'000), Origin::passing, kDay));
  EXPECT_EQ(messages.bytes(), 3 * kOne);
  EXPECT_EQ(messages.find("a", kDay), nullptr);
  ASSERT_TRUE(messages.put("e", payload(2'000), Origin::passing, kDay));
  EXPECT_EQ(messages.find("c", kDay), nullptr);
  EXPECT_EQ(messages.size(), 2u);
  EXPECT_FALSE(messages.put("f", payload(3 * kOne), Origin::passing, kDay)) << "can never fit";
  EXPECT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages.put("e", payload(2'000), Origin::registered, kDay));
  EXPECT_TRUE(messages.put("f", payload(1'000), Origin::registered, kDay));
  EXPECT_EQ(messages.size(), 2u) << "the passing one went";
  EXPECT_FALSE(messages.put("g", payload(1'000), Origin::registered, kDay));
}

TEST(BcastMessages, ExpireBehindTheirLastUse) {
  BcastMessages messages({.keep = 10s});
  ASSERT_TRUE(messages.put("a", payload(1), Origin::registered, kDay));
  ASSERT_TRUE(messages.put("b", payload(1), Origin::passing, kDay + 1s));
  EXPECT_TRUE(messages.refresh("a", kDay + 5s));
  EXPECT_EQ(messages.find("b", kDay + 11s), nullptr);
  ASSERT_NE(messages.find("a", kDay + 14s), nullptr);
  EXPECT_EQ(messages.find("a", kDay + 14s)->created, kDay);
  EXPECT_EQ(messages.find("a", kDay + 14s)->expires, kDay + 15s);
  EXPECT_FALSE(messages.refresh("a", kDay + 15s));
  EXPECT_EQ(messages.size(), 0u);
  EXPECT_EQ(messages.bytes(), 0u);
}

TEST(BcastMessages, PagesAreCut) {
  BcastMessages messages;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(messages.put(std::to_string(i), payload(1), Origin::registered, kDay));
  const auto ids = [&](std::size_t offset, std::size_t limit) {
    std::string out;
    for (const BcastMessage* message : messages.page(offset, limit, kDay)) out += message->id;
    return out;
  };
  EXPECT_EQ(ids(0, 100), "43210");
  EXPECT_EQ(ids(1, 2), "32");
  EXPECT_EQ(ids(4, 2), "0");
  EXPECT_EQ(ids(5, 2), "");
  EXPECT_EQ(ids(0, 0), "");
}

}  // namespace
}  // namespace fleet::bridge::test
