#include "bridge/tmc/json_scan.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace fleet::bridge {
namespace {

TEST(JsonScan, TellsJsonFromOtherTexts) {
  for (const char* text : {"{}", "[]", " [ ] \n", "\"\"", "0", "-0", "-12.5e+10", "1E9", "true", "false", "null",
                           R"({"a":{"b":[1,2,{}]}})", R"("\"\\\/\b\f\n\r\t\u12aF")", "\"向阳😀\"", R"("\ud800")",
                           "\"a long text of more than eight bytes\"", "[1,\t2 ,\r\n3]", "\"\x7f\""}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "[1",
                           "[1,]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "'a'",
                           "01",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "-",
                           "tru",
                           "nul",
                           "True",
                           "NaN",
                           "\"",
                           "\"a",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12G4\"",
                           "\"\n\"",
                           "\"\xFF\"",
                           "\"\xC0\x80\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xE5\x90\"",
                           "{}{}",
                           "1 2",
                           "\xEF\xBB\xBF{}"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
  EXPECT_FALSE(is_json(std::string_view("\"a\0b\"", 5)));
  EXPECT_FALSE(is_json(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_json(std::string_view("\0", 1)));
}

TEST(JsonScan, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(is_json(nested(kJsonDepthMax)));
  EXPECT_FALSE(is_json(nested(kJsonDepthMax + 1)));
  EXPECT_FALSE(is_json(std::string(1'000'000, '[')));
}

std::string read(std::string_view text) {
  std::string storage = "before";
  storage.reserve(storage.size() + text.size());
  std::string_view out;
  JsonScan scan(text);
  if (!scan.read_string(storage, out) || !scan.at_end()) return "refused";
  return std::string(out);
}

TEST(JsonScan, DecodesStrings) {
  EXPECT_EQ(read(R"("plain")"), "plain");
  EXPECT_EQ(read(R"( "" )"), "");
  EXPECT_EQ(read(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(read(R"("{\"tid\":1,\"seller_nick\":\"向阳aa\"}")"), R"({"tid":1,"seller_nick":"向阳aa"})");
  EXPECT_EQ(read(R"("\u0041\u00e9\u5411\uD83D\uDE00!")"), "Aé向😀!");
  EXPECT_EQ(read(R"("\u0000")"), std::string(1, '\0'));
  for (const char* text :
       {R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00\ud83d")", "plain", "\"a\"b", ""}) {
    EXPECT_EQ(read(text), "refused") << text;
  }
}

// Another implementation says the same of random texts made of the pieces of JSON.
TEST(JsonScan, AgreesWithAnotherImplementation) {
  std::mt19937 random(1);
  const std::string pieces[] = {"{",        "}",   "[",       "]",     ",",         ":",    "\"a\"", "\"",
                                "\\",       "\\n", "\\u00e9", "1",     "-0.5",      "true", "null",  " ",
                                "\"key\":", "向",  "\xE5",    "[1,2]", "{\"a\":1}", "0",    "x",     "\"12345678901\""};
  int good = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (std::size_t left = random() % 7; left > 0; --left) text += pieces[random() % std::size(pieces)];
    const bool expected = nlohmann::json::accept(text);
    good += expected;
    ASSERT_EQ(is_json(text), expected) << text;
  }
  EXPECT_GT(good, 1'000);
}

}  // namespace
}  // namespace fleet::bridge
