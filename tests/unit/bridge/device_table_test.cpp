#include "bridge/registry/device_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace fleet::bridge {
namespace {

constexpr std::string_view kIotId = "AbCdEfGhIjKlMnOpQrSt000100";

// Puts, replaces and removes at random and compares with what the standard library keeps.
TEST(DeviceTable, AgreesWithAMap) {
  struct Known {
    std::uint32_t index;
    std::string secret;
  };
  DeviceTable table;
  std::map<std::pair<std::uint32_t, std::string>, Known> known;
  std::mt19937 random(1);
  for (int step = 0; step < 60'000; ++step) {
    const auto product = static_cast<std::uint32_t>(random() % 3);
    const std::string name = fmt::format("dev-{}", random() % 4'000);
    const auto at = known.find({product, name});
    const Device* const found = table.find(product, name);
    ASSERT_EQ(found != nullptr, at != known.end());
    if (found == nullptr || random() % 4 == 0) {
      const std::uint32_t index = found == nullptr ? table.free_indexes(1).front() : found->index();
      std::string secret(random() % 100, 'a');
      table.put({.index = index, .product = product, .name = name, .iot_id = kIotId, .secret = secret});
      known[{product, name}] = {index, std::move(secret)};
      continue;
    }
    ASSERT_EQ(found->index(), at->second.index);
    ASSERT_EQ(found->secret(), at->second.secret);
    ASSERT_EQ(found->iot_id(), kIotId);
    if (random() % 2 == 0) continue;
    table.remove(found->index());
    known.erase(at);
  }
  EXPECT_EQ(table.size(), known.size());
  for (const auto& [key, device] : known) {
    ASSERT_NE(table.find(key.first, key.second), nullptr);
    EXPECT_EQ(table.at(device.index), table.find(key.first, key.second));
  }
  // Places are used again: there are never more of them than devices at once.
  EXPECT_LE(table.limit(), 12'000u);
}

TEST(DeviceTable, LeavesGapsFree) {
  DeviceTable table;
  table.put({.index = 5, .product = 0, .name = "dev5", .iot_id = kIotId});
  EXPECT_EQ(table.limit(), 6u);
  EXPECT_EQ(table.at(3), nullptr);
  EXPECT_EQ(table.at(6), nullptr);
  EXPECT_EQ(table.free_indexes(7), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 6, 7}));
}

}  // namespace
}  // namespace fleet::bridge
