// Are the secrets of devices those that a started bridge is told, until others are kept?
#include "sim/scenario/identities.h"

#include <gtest/gtest.h>

#include "sim/scenario/naming.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

class IdentitiesTest : public testing::Test {
 protected:
  const Scenario scenario_ = parse_scenario(std::string(kSmallScenario), "s.yaml", {}, std::nullopt).value();
  Identities identities_{scenario_};
};

TEST_F(IdentitiesTest, ComeFromTheSeed) {
  EXPECT_EQ(identities_.secret(0, 3), device_secret(scenario_.products[0].key, "lamp-00003", scenario_.seed));
  EXPECT_NE(identities_.secret(0, 3), identities_.secret(0, 4));
  EXPECT_EQ(identities_.kept(0), 0u);
}

TEST_F(IdentitiesTest, AreThoseThatWereKept) {
  identities_.keep(0, 9, "made-elsewhere");
  identities_.keep(0, 3, "s");
  EXPECT_EQ(identities_.secret(0, 9), "made-elsewhere");
  EXPECT_EQ(identities_.secret(0, 3), "s");
  EXPECT_EQ(identities_.secret(0, 4), "");
  EXPECT_EQ(identities_.kept(0), 2u);
}

TEST_F(IdentitiesTest, TheNewestCountsWhateverItsLength) {
  identities_.keep(0, 1, "first");
  identities_.keep(0, 2, "second");
  identities_.keep(0, 1, "1st");
  EXPECT_EQ(identities_.secret(0, 1), "1st");
  identities_.keep(0, 1, std::string(Identities::kSecretBytesMax, 'x'));
  EXPECT_EQ(identities_.secret(0, 1), std::string(Identities::kSecretBytesMax, 'x'));
  EXPECT_EQ(identities_.secret(0, 2), "second");
  EXPECT_EQ(identities_.kept(0), 2u);
}

}  // namespace
}  // namespace fleet::sim
