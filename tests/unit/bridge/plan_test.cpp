#include "bridge/fanout/plan.h"

#include <gtest/gtest.h>

namespace fleet::bridge {
namespace {

TEST(Plan, SharesOnePayloadAndReservesExactly) {
  const std::vector<std::string_view> names = {"a", "device-2", "x:y"};
  std::vector<std::byte> payload(1'000, std::byte{7});
  const std::byte* const bytes = payload.data();
  const FanoutTopic topic{.product_key = "pk", .short_name = "deep/get"};
  const auto batch = plan_fanout(topic, names, std::move(payload), wire::mqtt::Qos::at_least_once);
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_EQ(batch->topic(0), "/pk/a/user/deep/get");
  EXPECT_EQ(batch->topic(1), "/pk/device-2/user/deep/get");
  EXPECT_EQ(batch->topic(2), "/pk/x:y/user/deep/get");
  EXPECT_EQ(batch->payload_bytes().data(), bytes) << "the payload was copied";
  EXPECT_EQ(batch->topics.capacity(), batch->topics.size());
  EXPECT_EQ(batch->qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(topic.size_with(8), batch->topic(1).size());
}

}  // namespace
}  // namespace fleet::bridge
