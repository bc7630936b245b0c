#include "bridge/registry/registry.h"

#include <gtest/gtest.h>

#include <set>

namespace fleet::bridge {
namespace {

TEST(Registry, FindsProductsDevicesAndTopicClasses) {
  const Registry registry({{.key = "p1",
                            .kind = DeviceKind::gateway,
                            .topics = {{"get", TopicOperation::subscribe}},
                            .devices = {{"dev1", "s1"}, {"dev2", "s2"}}},
                           {.key = "p2", .devices = {{"dev1", "other"}}}});
  const Product* const product = registry.product("p1");
  ASSERT_NE(product, nullptr);
  EXPECT_EQ(product->key(), "p1");
  EXPECT_EQ(product->kind(), DeviceKind::gateway);
  EXPECT_EQ(product->device_count(), 2u);
  EXPECT_EQ(product->device("dev2")->secret, "s2");
  EXPECT_EQ(product->device("dev3"), nullptr);
  EXPECT_EQ(*product->topic_class("get"), TopicOperation::subscribe);
  EXPECT_EQ(product->topic_class("gets"), nullptr);
  EXPECT_EQ(registry.product("p2")->device("dev1")->secret, "other");
  EXPECT_EQ(registry.product("p3"), nullptr);
}

TEST(Registry, IndexesAreWithoutGaps) {
  const Registry registry({{.key = "p", .devices = {{"aaaa", ""}, {"bbbb", ""}, {"cccc", ""}}}});
  std::set<std::uint32_t> indexes;
  for (const char* name : {"aaaa", "bbbb", "cccc"}) indexes.insert(registry.product("p")->device(name)->index);
  EXPECT_EQ(indexes, (std::set<std::uint32_t>{0, 1, 2}));
}

TEST(Registry, MakesTheSecretsThatAreNotGiven) {
  const Registry registry({{.key = "p", .devices = {{"aaaa", ""}, {"bbbb", ""}}}});
  const std::string& a = registry.product("p")->device("aaaa")->secret;
  EXPECT_EQ(a.size(), 32u);
  EXPECT_NE(a, registry.product("p")->device("bbbb")->secret);
}

}  // namespace
}  // namespace fleet::bridge
