#include "wire/mqtt/in_flight.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace fleet::wire::mqtt {
namespace {

TEST(InFlightTable, IdleHasNoMemory) {
  InFlightTable table;
  EXPECT_EQ(table.slots().capacity(), 0u);
  EXPECT_EQ(table.find(1), nullptr);
  ASSERT_NE(table.take(InFlight::State::awaits_suback, 5), nullptr);
  EXPECT_EQ(table.slots().size(), 4u);
}

// Against a plain map: random takes and releases, sizes up to everything.
TEST(InFlightTable, AgreesWithASimpleModel) {
  std::mt19937 random(7);
  InFlightTable table;
  std::set<std::uint16_t> taken;
  std::uint64_t cookie = 0;
  for (int step = 0; step < 300'000; ++step) {
    const bool fill = step / 70'000 % 2 == 0;
    if (random() % 100 < (fill ? 90u : 10u)) {
      InFlight* entry = table.take(InFlight::State::awaits_puback, ++cookie);
      ASSERT_NE(entry, nullptr);
      ASSERT_NE(entry->packet_id, 0);
      ASSERT_TRUE(taken.insert(entry->packet_id).second);
    } else if (!taken.empty()) {
      auto at = taken.lower_bound(static_cast<std::uint16_t>(random()));
      if (at == taken.end()) at = taken.begin();
      InFlight* entry = table.find(*at);
      ASSERT_NE(entry, nullptr);
      ASSERT_EQ(entry->packet_id, *at);
      table.release(*entry);
      ASSERT_EQ(table.find(*at), nullptr);
      taken.erase(at);
    }
    ASSERT_EQ(table.size(), taken.size());
  }
}

TEST(PacketIdSet, AgreesWithASimpleModel) {
  std::mt19937 random(11);
  PacketIdSet set;
  EXPECT_FALSE(set.contains(1));
  EXPECT_FALSE(set.erase(1));
  std::set<std::uint16_t> model;
  for (int step = 0; step < 200'000; ++step) {
    // Few distinct values, many of them equal modulo small powers of two.
    const auto id = static_cast<std::uint16_t>(1 + (random() % 64) * 16 % 1000 + random() % 8);
    if (random() % 2 == 0) {
      ASSERT_EQ(set.insert(id), model.insert(id).second);
    } else {
      ASSERT_EQ(set.erase(id), model.erase(id) == 1);
    }
    ASSERT_EQ(set.size(), model.size());
    ASSERT_EQ(set.contains(id), model.contains(id));
  }
  for (std::uint32_t id = 1; id <= 65'535; ++id) {
    ASSERT_EQ(set.contains(static_cast<std::uint16_t>(id)), model.contains(static_cast<std::uint16_t>(id)));
  }
  set.clear();
  EXPECT_EQ(set.size(), 0u);
}

}  // namespace
}  // namespace fleet::wire::mqtt
