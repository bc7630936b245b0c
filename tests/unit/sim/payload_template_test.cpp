// Is a payload template read as it is written, and refused where it cannot be filled?
#include "sim/scenario/payload_template.h"

#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using Kind = PayloadPart::Kind;

std::string error_of(std::string_view text) {
  const auto made = parse_payload(text);
  return made ? "accepted" : made.error();
}

TEST(PayloadTemplates, KnowTheirFields) {
  const auto made =
      parse_payload(R"({"t": {random:-1.5..26.25}, "n": {sequence}, "s": "{choice:on,off,}"}{index}{name}{timestamp})");
  ASSERT_TRUE(made) << made.error();
  std::vector<Kind> kinds;
  for (const PayloadPart& part : made->parts) kinds.push_back(part.kind);
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::literal, Kind::random, Kind::literal, Kind::sequence, Kind::literal,
                                      Kind::choice, Kind::literal, Kind::index, Kind::name, Kind::timestamp}));
  EXPECT_EQ(made->parts[0].text, R"({"t": )");
  EXPECT_EQ(made->parts[1].low, -150);
  EXPECT_EQ(made->parts[1].high, 2'625);
  EXPECT_EQ(made->parts[1].decimals, 2u);
  EXPECT_EQ(made->parts[5].words, (std::vector<std::string>{"on", "off", ""}));
}

TEST(PayloadTemplates, LeaveJsonAlone) {
  const auto made = parse_payload(R"({"a": {"b": [{}, { "c": 1 }]}})");
  ASSERT_TRUE(made) << made.error();
  ASSERT_EQ(made->parts.size(), 1u);
  EXPECT_EQ(made->parts[0].text, R"({"a": {"b": [{}, { "c": 1 }]}})");
}

TEST(PayloadTemplates, RefuseWhatTheyCannotFill) {
  EXPECT_EQ(error_of("{sequense}"), "the template has an unknown field '{sequense}'; did you mean 'sequence'?");
  EXPECT_EQ(error_of("{x}"),
            "the template has an unknown field '{x}'; allowed: index, sequence, name, timestamp, random, choice");
  EXPECT_EQ(error_of("a {index"), "'{index' lacks its closing brace");
  EXPECT_EQ(error_of("{index:5}"), "'{index:5}' takes nothing behind a colon");
  EXPECT_EQ(error_of("{random:5}"),
            "'{random:5}' has no range; write it like {random:18.0..26.0}, with at most 9 digits before and 6 behind "
            "the point");
  EXPECT_EQ(error_of("{random:2..1}"), "'{random:2..1}' ends below its beginning");
  EXPECT_EQ(error_of("{choice:on}"), "'{choice:on}' has nothing to choose from; write it like {choice:on,off}");
  for (const char* text : {"{random}", "{random:}", "{random:1..}", "{random:..1}", "{random:1.2.3..4}",
                           "{random:a..b}", "{random:1...2}", "{random:1e3..2e3}", "{random:0.0000001..1}",
                           "{random:1234567890..2}", "{random:--1..2}", "{choice}", "{choice:}"}) {
    EXPECT_NE(error_of(text), "accepted") << text;
  }
}

}  // namespace
}  // namespace fleet::sim
