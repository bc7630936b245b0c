// What changes when the target speaks the dialect of EMQX's bcast plugin?
#include "sim/scenario/dialect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/scenario/plan.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string in_bcast(const std::string& bridge, std::string_view from = "", std::string_view to = "") {
  return small_with(from, to) + "target: { bridge: " + bridge + " }\n";
}

TEST(Dialect, IsThatOfALocalBridgeOrOfAUrl) {
  const auto local = parse_scenario(in_bcast("{ dialect: emqx-bcast }"), "s.yaml", {}, {});
  ASSERT_TRUE(local) << local.error().text();
  EXPECT_EQ(local->target.dialect, Dialect::emqx_bcast);
  EXPECT_FALSE(local->target.bridge);
  const auto remote = parse_scenario(
      in_bcast("{ url: 'http://h:18083', dialect: emqx-bcast, access_key_id: k, access_key_secret: 's:t' }"), "s.yaml",
      {}, {});
  ASSERT_TRUE(remote) << remote.error().text();
  EXPECT_EQ(remote->target.dialect, Dialect::emqx_bcast);
  EXPECT_EQ(remote->target.access_key_secret, "s:t");
  EXPECT_EQ(parse_scenario(std::string(kSmallScenario), "s.yaml", {}, {})->target.dialect, Dialect::aliyun);
}

TEST(Dialect, DecidesHowManyDevicesACallNames) {
  constexpr std::string_view kCount = "count: 10\n";
  const std::string many = small_with(kCount, "count: 20000\n");
  const auto with_batch = [&many](const std::string& batch, const std::string& bridge) {
    return error_of(many + "target: { bridge: " + bridge + " }\n", {{"calls.push.batch", batch}});
  };
  EXPECT_EQ(with_batch("10000", "{ dialect: emqx-bcast }"), "accepted");
  EXPECT_THAT(with_batch("10001", "{ dialect: emqx-bcast }"), HasSubstr("allowed is 1 .. 10,000"));
  EXPECT_EQ(with_batch("100", "local"), "accepted");
  EXPECT_THAT(with_batch("101", "local"), HasSubstr("'calls.push.batch': '101' is out of range; allowed is 1 .. 100"));
}

TEST(Dialect, DecidesHowLongAMessageOfOurOwnBridgeIs) {
  const auto with_payload = [](const std::string& bytes, const std::string& bridge) {
    return error_of(in_bcast(bridge, "batch: 5", "batch: 5\n    payload: " + bytes));
  };
  EXPECT_EQ(with_payload("10KB", "{ dialect: emqx-bcast }"), "accepted");
  EXPECT_EQ(with_payload("10241B", "{ dialect: emqx-bcast }"),
            "s.yaml:18:14: 'calls.push.payload' is above 10KB, the most that dialect emqx-bcast takes");
  // Another product's limit is its own.
  EXPECT_EQ(with_payload("256KB", "{ url: 'http://h', dialect: emqx-bcast }"), "accepted");
}

TEST(Dialect, HasNoQuotas) {
  EXPECT_EQ(error_of(std::string(kSmallScenario) + "target: { limits: api, bridge: { dialect: emqx-bcast } }\n"),
            "s.yaml:23:19: 'limits: api' is for dialect aliyun; emqx-bcast has no quotas");
}

TEST(Dialect, WantsKeysThatHttpBasicCanSay) {
  EXPECT_EQ(error_of(in_bcast("{ dialect: emqx-bcast, access_key_id: 'a:b' }")),
            "s.yaml:23:57: an API key must have no ':' (RFC 7617)");
  EXPECT_EQ(error_of(in_bcast("{ access_key_id: 'a:b' }")), "accepted");
}

TEST(Dialect, WantsDeviceNamesThatDifferOverProducts) {
  constexpr std::string_view kFleet = "fleet:\n";
  const std::string two_products =
      "  bulb:\n    topics: { get: subscribe }\nfleet:\n  bulbs: { product: bulb, count: 3, name: ";
  const std::string same = two_products + "'lamp-{index:5}', subscribe: [ { topic: get } ] }\n";
  const std::string other = two_products + "'bulb-{index:5}', subscribe: [ { topic: get } ] }\n";
  EXPECT_EQ(error_of(small_with(kFleet, same)), "accepted");
  EXPECT_EQ(error_of(in_bcast("{ dialect: emqx-bcast }", kFleet, other)), "accepted");
  EXPECT_THAT(error_of(in_bcast("{ dialect: emqx-bcast }", kFleet, same)),
              HasSubstr("device 'lamp-00000' is in another group already, of another product"));
}

TEST(Dialect, DecidesHowDevicesLogIn) {
  const wire::mqtt::Login aliyun = device_login(Dialect::aliyun, {"a1", "lamp-1"}, "secret", "789");
  EXPECT_EQ(aliyun.client_id, "a1&lamp-1|securemode=3,signmethod=hmacsha256,timestamp=789|");
  EXPECT_EQ(aliyun.username, "lamp-1&a1");
  EXPECT_EQ(aliyun.password.size(), 64u);
  const wire::mqtt::Login bcast = device_login(Dialect::emqx_bcast, {"a1", "lamp-1"}, "secret", "789");
  EXPECT_EQ(bcast.client_id, "lamp-1");
  EXPECT_EQ(bcast.username, "a1-lamp-1");
  EXPECT_EQ(bcast.password, "");
}

TEST(Dialect, StandsInThePlan) {
  const auto told = [](const std::string& text) {
    const Scenario scenario = parse_scenario(text, "s.yaml", {}, {}).value();
    return plan_text(scenario, make_plan(scenario, 2), {});
  };
  EXPECT_THAT(told(in_bcast("{ dialect: emqx-bcast }")),
              HasSubstr("fleet-bridge, started for the run, dialect emqx-bcast"));
  EXPECT_THAT(told(std::string(kSmallScenario)), Not(HasSubstr("dialect")));
}

}  // namespace
}  // namespace fleet::sim
