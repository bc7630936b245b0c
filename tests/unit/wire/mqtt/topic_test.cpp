#include "wire/mqtt/topic.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/mqtt/utf8.h"

namespace fleet::wire::mqtt {
namespace {

using namespace std::string_literals;

TEST(TopicName, Valid) {
  for (const std::string& topic : {"a"s, "/"s, "//"s, "a b"s, "/a1BwAGVxxxx/dev1/user/get"s, "$SYS/x"s, "\xC3\xA9"s,
                                   "\xF0\x9F\x98\x80/eight bytes and more"s, std::string(65'535, 'x')}) {
    EXPECT_TRUE(valid_topic_name(topic)) << topic.substr(0, 40);
  }
}

TEST(TopicName, Invalid) {
  for (const std::string& topic :
       {""s, "+"s, "#"s, "a/+"s, "a#b"s, "a\0b"s, "\0"s, "\xFF"s, "\xC3"s, "\xED\xA0\x80"s, "\xC0\xAF"s,
        "\xE0\x80\xAF"s, "\xF0\x80\x80\xAF"s, "\xF5\x80\x80\x80"s, std::string(65'536, 'x')}) {
    EXPECT_FALSE(valid_topic_name(topic)) << topic.substr(0, 40);
  }
}

// Eight bytes are judged at a time: each bad byte in each position of each short length.
TEST(TopicName, OneBadByteAnywhere) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string good(size, 'x');
    EXPECT_TRUE(valid_topic_name(good));
    for (std::size_t at = 0; at < size; ++at) {
      for (const char bad : {'\0', '+', '#', '\x80', '\xFF', '\xAB', '\xA3'}) {
        std::string topic = good;
        topic[at] = bad;
        EXPECT_FALSE(valid_topic_name(topic)) << size << " " << at;
      }
      for (const char fine : {'\x01', '*', ',', '"', '$', '\x7F', '/'}) {
        std::string topic = good;
        topic[at] = fine;
        EXPECT_TRUE(valid_topic_name(topic)) << size << " " << at;
      }
    }
  }
}

TEST(Utf8, EveryCodePointAndNoSurrogate) {
  for (char32_t point = 1; point <= 0x10FFFF; ++point) {
    std::string text;
    const auto tail = [&](unsigned shift) { text.push_back(static_cast<char>(0x80 | (point >> shift & 0x3F))); };
    if (point < 0x80) {
      text.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
      text.push_back(static_cast<char>(0xC0 | point >> 6));
      tail(0);
    } else if (point < 0x10000) {
      text.push_back(static_cast<char>(0xE0 | point >> 12));
      tail(6);
      tail(0);
    } else {
      text.push_back(static_cast<char>(0xF0 | point >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    ASSERT_EQ(valid_utf8(text), !surrogate) << static_cast<std::uint32_t>(point);
    const bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    const bool no_character = (point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE;
    ASSERT_EQ(harmless_utf8(text), !surrogate && !control && !no_character) << static_cast<std::uint32_t>(point);
  }
  EXPECT_TRUE(harmless_utf8(""));
  EXPECT_TRUE(harmless_utf8("lamp 灯 ~"));
  for (const std::string& text : {"a\nb"s, "a\0b"s, "\xFF"s, "\xE7\x81"s, "\xC2"s}) EXPECT_FALSE(harmless_utf8(text));
}

TEST(TopicFilter, Valid) {
  for (const std::string& filter : {"a"s, "#"s, "+"s, "/"s, "a/#"s, "+/+"s, "/+"s, "a/+/b"s, "+/#"s, "$SYS/#"s,
                                    "$share/g/a"s, "$share/g/#"s, "$share/g//"s, "$share"s, "$shared/x"s, "a//b"s}) {
    EXPECT_TRUE(valid_topic_filter(filter)) << filter;
  }
}

TEST(TopicFilter, Invalid) {
  for (const std::string& filter :
       {""s, "a#"s, "#/a"s, "a/#/b"s, "a+"s, "+a"s, "a/b+/c"s, "##"s, "++"s, "a\0"s, "\xFF"s, "$share/"s, "$share/g"s,
        "$share/g/"s, "$share//a"s, "$share/+/a"s, "$share/g#/a"s, "$share/g/a#"s, std::string(65'536, 'x')}) {
    EXPECT_FALSE(valid_topic_filter(filter)) << filter.substr(0, 40);
  }
}

struct Match {
  std::string_view filter;
  std::string_view topic;
  bool expected;
};

TEST(TopicFilter, Matches) {
  constexpr Match kMatches[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"a", "a/", false},
      {"a/", "a", false},
      {"a/b", "a/b", true},
      {"sport/tennis/player1/#", "sport/tennis/player1", true},  // §4.7.1.2
      {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
      {"sport/#", "sport", true},
      {"sport/#", "sports", false},
      {"#", "a/b/c", true},
      {"sport/tennis/+", "sport/tennis/player1", true},  // §4.7.1.3
      {"sport/tennis/+", "sport/tennis/player1/ranking", false},
      {"sport/+", "sport", false},
      {"sport/+", "sport/", true},
      {"+/+", "/finance", true},
      {"/+", "/finance", true},
      {"+", "/finance", false},
      {"+/b", "/b", true},
      {"+/#", "a", true},
      {"a/+/c", "a//c", true},
      {"a/+/#", "a", false},
      {"a/+/#", "a/b", true},
      {"#", "$SYS/x", false},  // §4.7.2
      {"+/x", "$SYS/x", false},
      {"+", "$SYS", false},
      {"$SYS/#", "$SYS/x", true},
      {"$SYS/+", "$SYS/x", true},
      {"a/#", "a/$x", true},
      {"$share/g/a/+", "a/b", true},
      {"$share/g/a", "a", true},
      {"$share/g/#", "$SYS/x", false},
      {"$share/g/a", "b", false},
      {"A", "a", false},
  };
  for (const Match& match : kMatches) {
    EXPECT_EQ(matches(match.filter, match.topic), match.expected) << match.filter << " " << match.topic;
  }
}

TEST(TopicFilter, SharedOnesAreKnownByTheirPrefix) {
  EXPECT_TRUE(is_shared("$share/g/a"));
  EXPECT_FALSE(is_shared("$share"));
  EXPECT_FALSE(is_shared("a/$share/g"));
}

}  // namespace
}  // namespace fleet::wire::mqtt
