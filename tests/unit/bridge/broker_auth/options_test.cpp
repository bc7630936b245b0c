// The plugin's lines in mosquitto.conf, and what it keeps beside the guard.
#include "bridge/broker_auth/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/broker_auth/refusal_log.h"

namespace fleet::bridge {
namespace {

using ::testing::HasSubstr;

const std::vector<GuardOption> kGood = {
    {"registry", "/run/registry.db"}, {"bridge_username", "bridge"}, {"bridge_password", "a b"}};

std::string refusal(std::vector<GuardOption> options) {
  const auto read = read_options(options);
  return read ? "read" : read.error().text();
}

TEST(GuardOptions, AreRead) {
  const auto options = read_options(kGood);
  ASSERT_TRUE(options.has_value()) << options.error().text();
  EXPECT_EQ(options->registry, "/run/registry.db");
  EXPECT_EQ(options->bridge_username, "bridge");
  EXPECT_EQ(options->bridge_password, "a b");
}

TEST(GuardOptions, AreRefusedWithASentence) {
  EXPECT_EQ(refusal({}), "plugin_opt_registry is missing");
  EXPECT_EQ(refusal({kGood[0], kGood[1]}), "plugin_opt_bridge_password is missing");
  auto given = kGood;
  given.push_back({"regisrty", "x"});
  EXPECT_THAT(refusal(given), HasSubstr("unknown option plugin_opt_regisrty; known: registry,"));
  given = kGood;
  given[1].value = "bridge&lamp";
  EXPECT_THAT(refusal(given), HasSubstr("must hold no '&'"));
}

TEST(RefusalLog, CountsWhatItDoesNotTell) {
  std::vector<std::string> lines;
  RefusalLog log([&lines](const std::string& line) { lines.push_back(line); });
  const wire::TimePoint start{};
  log.tick(start);
  for (std::uint32_t i = 0; i < RefusalLog::kLinesMax + 5; ++i) log.tell([] { return std::string("no"); });
  EXPECT_EQ(lines.size(), RefusalLog::kLinesMax);
  log.tick(start + RefusalLog::kWindow / 2);
  EXPECT_EQ(lines.size(), RefusalLog::kLinesMax);
  log.tick(start + RefusalLog::kWindow);
  EXPECT_EQ(lines.back(), "5 more refusals in the last second");
  log.tell([] { return std::string("again"); });
  EXPECT_EQ(lines.back(), "again");
}

TEST(RefusalLog, ShowsTextsOfOthersHarmlessly) {
  EXPECT_EQ(shown("lamp-1&lamp"), "'lamp-1&lamp'");
  EXPECT_EQ(shown("a\nb\x1b[0m\xff"), "'a?b?[0m?'");
  EXPECT_EQ(shown(std::string(200, 'x')), "'" + std::string(96, 'x') + "...'");
}

}  // namespace
}  // namespace fleet::bridge
