// Are identities of somebody else's platform read as they stand, and is every bad row told with its line?
#include "sim/scenario/identity_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/temp_dir.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Three lamps of product a1LAMP behind somebody's bridge.
std::string scenario_text() {
  std::string text = small_with("count: 10", "count: 3\n    provision: file\n    identities: ids.csv");
  text.replace(text.find("    topics:"), 0, "    key: a1LAMP\n");
  text.replace(text.find("batch: 5"), 8, "batch: 2");
  return text + "target: { bridge: 'http://127.0.0.1:1' }\n";
}

class IdentityFile : public testing::Test {
 protected:
  // Accepted, or the error without the directory.
  std::string plan(const std::string& rows) {
    directory_.write("ids.csv", rows);
    const auto scenario = load_scenario(directory_.write("s.yaml", scenario_text()).string(), {}, {});
    if (scenario) {
      scenario_ = *scenario;
      return "accepted";
    }
    const std::string error = error_in(scenario);
    const std::string front = directory_.path().string() + "/";
    EXPECT_TRUE(error.starts_with(front)) << error;
    return error.substr(std::min(front.size(), error.size()));
  }

  Scenario scenario_;

 private:
  tests::TempDir directory_;
};

TEST_F(IdentityFile, GivesEachDeviceItsSecret) {
  ASSERT_EQ(plan("product_key,device_name,device_secret\r\n"
                 "# of the north\r\n"
                 "a1LAMP,lamp-00002,c\r\n"
                 "a1LAMP,lamp-00000,a+/=\r\n"
                 "\r\n"
                 "a1HUB,lamp-00001,of another product\r\n"),
            "ids.csv:6: the device secret of 'lamp-00001' is not 1 .. 128 visible ASCII characters");
  ASSERT_EQ(plan("product_key,device_name,device_secret\r\n"
                 "a1LAMP,lamp-00002,c\r\n"
                 "a1LAMP,lamp-00000,a+/=\r\n"
                 "\r\n"
                 "a1HUB,lamp-00001,x\r\n"
                 "a1LAMP,lamp-00003,beyond-the-count\r\n"
                 "a1LAMP,bulb-00001,of-another-group\r\n"
                 "a1LAMP,lamp-00001,b"),
            "accepted");
  ASSERT_EQ(plan("\xEF\xBB\xBFproduct_key,device_name,device_secret\r\n"  // as Excel writes it
                 "a1LAMP,lamp-00000,a+/=\na1LAMP,lamp-00001,b\na1LAMP,lamp-00002,c\n"),
            "accepted");
  std::map<std::uint32_t, std::string> secrets;
  ASSERT_TRUE(
      read_identity_file(scenario_, 0, [&](std::uint32_t index, std::string_view secret) { secrets[index] = secret; }));
  EXPECT_THAT(secrets, ElementsAre(Pair(0, "a+/="), Pair(1, "b"), Pair(2, "c")));
}

TEST_F(IdentityFile, TellsTheLineOfABadRow) {
  const std::string good = "a1LAMP,lamp-00000,a\n";
  EXPECT_EQ(plan(good + "a1LAMP,lamp-00001\n"), "ids.csv:2: 2 columns; a row is product key,device name,device secret");
  EXPECT_EQ(plan(good + "lamp-00001\n"), "ids.csv:2: 1 column; a row is product key,device name,device secret");
  EXPECT_EQ(plan(good + "a1LAMP,lamp-00001,b,c\n"),
            "ids.csv:2: 4 columns; a row is product key,device name,device secret");
  EXPECT_EQ(plan(good + ",lamp-00001,b\n"), "ids.csv:2: the product key is empty");
  EXPECT_EQ(plan(good + "a1LAMP,,b\n"), "ids.csv:2: the device name is empty");
  EXPECT_EQ(plan(good + "a1LAMP,lamp-00001,\n"), "ids.csv:2: the device secret is empty");
  EXPECT_EQ(plan(good + "a1-LAMP,lamp-00001,b\n"),
            "ids.csv:2: 'a1-LAMP' is not a product key; allowed are 1 .. 32 of [A-Za-z0-9]");
  EXPECT_EQ(plan(good + "a1LAMP,\x01\xffmp-00001,b\n"),
            "ids.csv:2: '?\xffmp-00001' is not a device name; allowed are 4 .. 32 of [A-Za-z0-9_@.:-]");
  EXPECT_EQ(plan(good + "a1LAMP,lamp-00001,\"b\"\n"),
            "ids.csv:2: the device secret of 'lamp-00001' is not 1 .. 128 visible ASCII characters");
  EXPECT_EQ(plan(good + "a1LAMP,lamp-00001," + std::string(129, 's') + "\n"),
            "ids.csv:2: the device secret of 'lamp-00001' is not 1 .. 128 visible ASCII characters");
  EXPECT_EQ(plan(good + "\n" + good), "ids.csv:3: device 'lamp-00000' is in the file already");
}

TEST_F(IdentityFile, TellsWhoIsNotInIt) {
  EXPECT_EQ(
      plan("a1LAMP,lamp-00000,a\na1LAMP,lamp-00002,c\n"),
      "ids.csv: 2 of the 3 devices of 'lamps' are in it; 'lamp-00001' of product a1LAMP is the first that is not");
  EXPECT_EQ(
      plan(""),
      "ids.csv: 0 of the 3 devices of 'lamps' are in it; 'lamp-00000' of product a1LAMP is the first that is not");
}

TEST(IdentityFiles, SayWhatDoesNotGoTogether) {
  EXPECT_THAT(error_of(scenario_text()), HasSubstr("ids.csv: cannot open the list of identities: No such file"));
  EXPECT_EQ(
      error_of(scenario_text(), {{"target", "{}"}}),
      "s.yaml:11:16: 'provision: file' needs target.bridge.url: a bridge that is started makes its devices itself");
  EXPECT_EQ(error_of(scenario_text(), {{"fleet.lamps.provision", "config"}}),
            "s.yaml:12:17: 'fleet.lamps.identities' is for provision: file");
  std::string without = scenario_text();
  without.replace(without.find("    identities: ids.csv\n"), 24, "");
  EXPECT_EQ(error_of(without),
            "s.yaml:11:16: fleet group 'lamps' has no 'identities': the file that provision: file reads");
}

}  // namespace
}  // namespace fleet::sim
