#include "wire/identifiers.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::wire {
namespace {

TEST(Identifiers, FollowTheirGrammar) {
  EXPECT_TRUE(is_product_key("a1BwAGVxxxx"));
  for (const char* text : {"", "a-b", "a b", "\xC3\xA9", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(is_product_key(text)) << text;
  }
  EXPECT_TRUE(is_device_name("dev@2:x.y-z_1"));
  for (const char* text :
       {"", "abc", "new/device", "new device", "dev+", "\xC3\xA9xxx", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(is_device_name(text)) << text;
  }
  EXPECT_TRUE(is_device_name_piece(""));
  EXPECT_TRUE(is_device_name_piece("-"));
  EXPECT_FALSE(is_device_name_piece("a/b"));
  EXPECT_TRUE(is_topic_short_name("get"));
  EXPECT_TRUE(is_topic_short_name("a_b/C/9"));
  for (const char* text : {"", "/", "/a", "a/", "a//b", "+", "#", "a-b", "a.b", "$SYS"}) {
    EXPECT_FALSE(is_topic_short_name(text)) << text;
  }
  for (const char* text : {"12345678", "taobao_trade_TradeCreate", "a b.c", "向阳"}) EXPECT_TRUE(is_tmc_name(text));
  EXPECT_TRUE(is_tmc_name(std::string(kTmcNameBytesMax, 'x')));
  EXPECT_FALSE(is_tmc_name(std::string(kTmcNameBytesMax + 1, 'x')));
  for (const char* text : {"", "a/b", "+", "a#", "a\tb", "\x7F", "\xFF"}) EXPECT_FALSE(is_tmc_name(text)) << text;
  EXPECT_FALSE(is_tmc_name(std::string_view("a\0", 2)));
}

}  // namespace
}  // namespace fleet::wire
