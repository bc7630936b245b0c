#include "settings/units.h"

#include <gtest/gtest.h>

#include "settings/spelling.h"

namespace fleet::settings {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parse_duration("250ms"), wire::Nanos(250ms));
  EXPECT_EQ(parse_duration("10s"), wire::Nanos(10s));
  EXPECT_EQ(parse_duration("5m"), wire::Nanos(5min));
  EXPECT_EQ(parse_duration("1h"), wire::Nanos(1h));
  EXPECT_EQ(parse_duration("7us"), wire::Nanos(7us));
  EXPECT_EQ(parse_duration("1.5s"), wire::Nanos(1500ms));
  EXPECT_EQ(parse_duration("0s"), wire::Nanos(0));
}

TEST(Units, RefusesWhatIsNoDuration) {
  EXPECT_EQ(parse_duration("10").error(), "'10' has no unit; write 10us, 10ms, 10s, 10m or 10h");
  for (const char* text : {"", "s", "10 s", "-1s", "1e3s", "1.s", ".5s", "10sec", "0x1s", "1_000ms", "infs", "nans"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("99999999999999999999h").error(), "'99999999999999999999h' is longer than 292 years");
  EXPECT_FALSE(parse_duration(std::string(400, '9') + "s"));
}

TEST(Units, QuotesWhatIsShortAndPrintable) {
  EXPECT_EQ(shortened("10\n\x1b[2Jms"), "10??[2Jms");
  EXPECT_EQ(shortened(std::string(61, 'a')), std::string(60, 'a') + "…");
  EXPECT_LT(parse_duration(std::string(300, '9')).error().size(), 600U);
  EXPECT_LT(parse_rate(std::string(1'000, '9') + "/s").error().size(), 200U);
}

TEST(Units, ReadsRates) {
  EXPECT_DOUBLE_EQ(parse_rate("50/s").value(), 50);
  EXPECT_DOUBLE_EQ(parse_rate("30/m").value(), 0.5);
  EXPECT_DOUBLE_EQ(parse_rate("2.5/s").value(), 2.5);
  EXPECT_EQ(parse_rate("50").error(), "'50' has no unit; write 50/s, 50/m or 50/h");
  EXPECT_EQ(parse_rate("fast").error(), "'fast' is not a rate; write it like 50/s or 30/m");
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(parse_size("256B").value(), 256u);
  EXPECT_EQ(parse_size("64KB").value(), 65'536u);
  EXPECT_EQ(parse_size("1MB").value(), 1'048'576u);
  EXPECT_EQ(parse_size("0.5KB").value(), 512u);
  EXPECT_EQ(parse_size("256").error(), "'256' has no unit; write 256B, 256KB, 256MB or 256GB");
  EXPECT_EQ(parse_size("0.3B").error(), "'0.3B' is not a whole number of bytes");
  EXPECT_FALSE(parse_size("64kb"));
  EXPECT_FALSE(parse_size("99999999999GB"));
}

TEST(Units, ReadsShares) {
  EXPECT_DOUBLE_EQ(parse_share("20%").value(), 0.2);
  EXPECT_DOUBLE_EQ(parse_share("0.5%").value(), 0.005);
  EXPECT_DOUBLE_EQ(parse_share("100%").value(), 1);
  EXPECT_EQ(parse_share("20").error(), "'20' has no unit; write 20%");
  EXPECT_EQ(parse_share("half").error(), "'half' is not a share; write it like 20%");
  EXPECT_FALSE(parse_share("-5%"));
  EXPECT_FALSE(parse_share("5%%"));
}

TEST(Units, ReadsNumbers) {
  EXPECT_EQ(parse_integer("42").value(), 42);
  EXPECT_EQ(parse_integer("-1").value(), -1);
  for (const char* text : {"", "1.5", "ten", "1 ", "0x10", "1e3", "99999999999999999999", "9007199254740993"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  EXPECT_DOUBLE_EQ(parse_number("-0.5").value(), -0.5);
  EXPECT_FALSE(parse_number("5x"));
}

TEST(Units, WritesWhatPeopleRead) {
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(120s), "2m");
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(wire::Nanos(1)), "0.001us");
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000'000), "1,000,000");
  EXPECT_EQ(size_text(512), "512 B");
  EXPECT_EQ(size_text(1'536), "1.5 KB");
  EXPECT_EQ(exact_size_text(0), "0B");
  EXPECT_EQ(exact_size_text(1'536), "1536B");
  EXPECT_EQ(exact_size_text(262'144), "256KB");
  EXPECT_EQ(exact_size_text(std::uint64_t{4} << 40), "4096GB");
}

TEST(Spelling, FindsTheNearestWord) {
  EXPECT_EQ(nearest("cuont", {"count", "name", "connect"}), "count");
  EXPECT_EQ(nearest("namee", {"count", "name"}), "name");
  EXPECT_EQ(nearest("xyz", {"count", "name"}), "");
  EXPECT_EQ(nearest("", {"count"}), "");
  EXPECT_EQ(nearest("3", {"0", "1", "2"}), "");
  EXPECT_EQ(nearest("onn", {"on", "off"}), "on");
  EXPECT_EQ(nearest(std::string(1'000'000, 'a'), {"count"}), "");
  EXPECT_EQ(suggestion("xyz", {"count", "name"}), "; allowed: count, name");
}

TEST(Spelling, CutsLongTextBetweenCharacters) {
  const std::string umlauts = "x" + std::string(100, '\xC3');
  EXPECT_LE(shortened(umlauts).size(), 64u);
  EXPECT_EQ(shortened("short"), "short");
}

}  // namespace
}  // namespace fleet::settings
