// IotIds: the index that they hold, and texts that hold none.
#include "bridge/registry/iot_id.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::bridge {
namespace {

TEST(IotId, HoldsAnyIndex) {
  for (const std::uint32_t index : {0u, 1u, 2u, 61u, 62u, 12'345u, 16'777'215u, 0x7FFF'FFFFu, 0xFFFF'FFFFu}) {
    std::string id = "??????VRdZRRlDnTLv12000100";
    write_index(index, id.data());
    EXPECT_EQ(id.substr(6), "VRdZRRlDnTLv12000100");
    EXPECT_EQ(index_in(id), index);
  }
}

TEST(IotId, NeighboursDoNotLookAlike) {
  std::string first = "000000";
  std::string second = "000000";
  write_index(1'000, first.data());
  write_index(1'001, second.data());
  EXPECT_NE(first.substr(0, 3), second.substr(0, 3));
}

TEST(IotId, OtherTextsHoldNone) {
  for (const char* text : {"", "a", "abcde", "abc-ef", "zzzzzz", "\xff\xff\xff\xff\xff\xff"}) {
    EXPECT_FALSE(index_in(text)) << text;
  }
}

}  // namespace
}  // namespace fleet::bridge
