// Login and logout of sub-devices, one by one and in batches; what ends a session; the states that follow.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "bridge/devices/notices.h"
#include "device_fixture.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kLogin = "combine/login";
constexpr const char* kLogout = "combine/logout";
constexpr const char* kBatchLogin = "combine/batch_login";
constexpr const char* kBatchLogout = "combine/batch_logout";

json batch_of(const std::vector<int>& numbers) { return {{"deviceList", lamps(numbers)}}; }

class DeviceSessions : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<DeviceName> items;
    for (const auto& name : names_) items.push_back({"lamps", name});
    ASSERT_TRUE(bridge.registry.add_sub_devices({"gates", "gate-1"}, items));
  }

  const std::vector<std::string> names_ = {"lamp-1", "lamp-2", "lamp-3", "lamp-4"};
  DeviceApiUnderTest bridge;
};

TEST_F(DeviceSessions, BeginWithALoginAndEndWithALogout) {
  EXPECT_EQ(bridge.state("lamps", "lamp-1"), DeviceState::unactive);
  json params = lamp(1).json();
  params["cleanSession"] = "true";
  const json answer = bridge.ask("gate-1", kLogin, params);
  EXPECT_EQ(answer["code"], 200) << answer;
  EXPECT_EQ(answer["data"], json::parse(R"({"productKey":"lamps","deviceName":"lamp-1"})"));
  EXPECT_EQ(bridge.state("lamps", "lamp-1"), DeviceState::online);
  EXPECT_EQ(bridge.state("gates", "gate-1"), DeviceState::online);
  EXPECT_EQ(bridge.code("gate-1", kLogin, params), 200) << "again, as after a reconnect";
  EXPECT_EQ(bridge.sessions.size(), 1u);
  const json out = bridge.ask("gate-1", kLogout, json::parse(R"({"productKey":"lamps","deviceName":"lamp-1"})"));
  EXPECT_EQ(out["code"], 200);
  EXPECT_EQ(out["data"], answer["data"]);
  EXPECT_EQ(bridge.state("lamps", "lamp-1"), DeviceState::offline);
  EXPECT_EQ(bridge.state("gates", "gate-1"), DeviceState::offline);
  EXPECT_EQ(bridge.code("gate-1", kLogout, params), 520);
}

// As the official Node SDK of devices sends it: a number as timestamp, an empty method, no cleanSession.
TEST(DeviceSessionVectors, TakesTheLoginOfThePublicSdk) {
  Registry registry({{.key = "a1gw", .kind = DeviceKind::gateway, .devices = {{"gateway1", "gwsecret"}}},
                     {.key = "a1sub", .kind = DeviceKind::sub_device, .devices = {{"sub1", "s1"}, {"sub2", "s2"}}}});
  const DeviceName subs[] = {{"a1sub", "sub1"}, {"a1sub", "sub2"}};
  ASSERT_TRUE(registry.add_sub_devices({"a1gw", "gateway1"}, subs));
  Sessions sessions;
  DeviceApi api({}, {}, registry, sessions);
  const auto answer = [&api](const std::string& name, const std::string& sign) {
    std::vector<Notice> out;
    api.receive("/ext/session/a1gw/gateway1/combine/login",
                R"({"id":"4|exp-topic|/ext/session","params":{"productKey":"a1sub","deviceName":")" + name +
                    R"(","clientId":"a1sub&)" + name +
                    R"(","timestamp":1767323045678,"signMethod":"hmacsha1","sign":")" + sign + R"("},"method":""})",
                wire::mqtt::Qos::at_least_once, {}, out);
    return out.at(0).payload;
  };
  EXPECT_EQ(answer("sub1", "72ea4598aec4f8773d483586c88a8589676d427b"),
            R"({"id":"4|exp-topic|/ext/session","code":200,"message":"success",)"
            R"("data":{"productKey":"a1sub","deviceName":"sub1"}})");
  EXPECT_THAT(answer("sub2", "72ea4598aec4f8773d483586c88a8589676d427b"), ::testing::HasSubstr("\"code\":6287"));
  EXPECT_THAT(answer("sub2", "093eb6783744e2bfdfc59ec4286571bad22fc541"), ::testing::HasSubstr("\"code\":200"));
}

TEST_F(DeviceSessions, RefuseALogin) {
  ASSERT_TRUE(bridge.registry.set_disabled({"lamps", "lamp-4"}, true));
  Sub wrong = lamp(1);
  wrong.secret = "x";
  EXPECT_EQ(bridge.code("gate-1", kLogin, wrong.json()), 6287);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(30).json()), 6401) << "no gateway's";
  EXPECT_EQ(bridge.code("gate-2", kLogin, lamp(1).json()), 6401) << "another gateway's";
  EXPECT_EQ(bridge.code("gate-1", kLogin, Sub{.name = "lamp-99", .secret = "x"}.json()), 6100);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(4).json()), 522);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamps({1})), 460);
  EXPECT_EQ(bridge.code("gate-1", kLogin, nullptr), 460);
  json no_method = lamp(1).json();
  no_method.erase("signMethod");
  EXPECT_EQ(bridge.code("gate-1", kLogin, no_method), 460);
  EXPECT_EQ(bridge.sessions.size(), 0u);
  EXPECT_EQ(bridge.state("lamps", "lamp-4"), DeviceState::disabled);
}

TEST_F(DeviceSessions, BatchesAreAllOrNothing) {
  const json answer = bridge.ask("gate-1", kBatchLogin, batch_of({1, 2, 3}));
  EXPECT_EQ(answer["code"], 200);
  EXPECT_EQ(answer["data"], lamps({1, 2, 3}, false));
  EXPECT_EQ(bridge.sessions.size(), 3u);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogout, lamps({1, 4}, false)), 520);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogout, lamps({1, 1}, false)), 460);
  EXPECT_EQ(bridge.code("gate-2", kBatchLogout, lamps({1}, false)), 520);
  EXPECT_EQ(bridge.sessions.size(), 3u);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogout, lamps({1, 2}, false)), 200);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogout, {{"deviceList", lamps({3}, false)}}), 200) << "in the login's form";
  EXPECT_EQ(bridge.sessions.size(), 0u);

  const json refused = bridge.ask("gate-1", kBatchLogin, batch_of({1, 2, 30}));
  EXPECT_EQ(refused["code"], 6401);
  EXPECT_EQ(refused["data"]["deviceName"], "lamp-30");
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, batch_of({1, 2, 1})), 427);
  EXPECT_EQ(bridge.sessions.size(), 0u);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, lamps({1, 2})), 200) << "without deviceList";
}

TEST_F(DeviceSessions, BatchesTakeOneToFifty) {
  std::vector<NewDevice> more(51);
  const auto made = bridge.registry.register_devices("lamps", more, bridge.moment.wall);
  ASSERT_TRUE(made);
  std::vector<DeviceName> items;
  json list = json::array();
  for (const Device* device : *made) {
    items.push_back({"lamps", device->name()});
    list.push_back(Sub{.name = std::string(device->name()), .secret = std::string(device->secret())}.json());
  }
  ASSERT_TRUE(bridge.registry.add_sub_devices({"gates", "gate-1"}, items));
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, {{"deviceList", list}}), 460);
  list.erase(list.begin());
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, {{"deviceList", list}}), 200);
  for (const char* params : {R"({"deviceList":[]})", R"({"deviceList":{}})", "{}", "[]", "null"}) {
    EXPECT_EQ(bridge.code("gate-1", kBatchLogin, json::parse(params)), 460) << params;
    EXPECT_EQ(bridge.code("gate-1", kBatchLogout, json::parse(params)), 460) << params;
  }
}

TEST_F(DeviceSessions, AFirstLoginThatCannotBeWrittenIsNone) {
  bridge.disk_is_full = true;
  const std::string before = dump(bridge.registry);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 500);
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, batch_of({1, 2})), 500);
  EXPECT_EQ(bridge.sessions.size(), 0u);
  EXPECT_EQ(dump(bridge.registry), before);
  EXPECT_EQ(bridge.state("lamps", "lamp-1"), DeviceState::unactive);
  bridge.disk_is_full = false;
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 200);

  bridge.disk_is_full = true;
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, batch_of({1, 2})), 500) << "one of them was never online";
  EXPECT_EQ(bridge.sessions.size(), 1u) << "which was there before";
  EXPECT_EQ(bridge.state("lamps", "lamp-2"), DeviceState::unactive);
  EXPECT_EQ(bridge.code("gate-1", kLogout, lamp(1).json()), 200) << "nothing is to be written";
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 200) << "nor now";
}

TEST_F(DeviceSessions, EndWithAKickWhereThereIsOne) {
  ASSERT_EQ(bridge.code("gate-1", kBatchLogin, batch_of({1, 2})), 200);
  const NamedDevice gateway{"gates", "gate-1"};
  std::vector<Notice> notices = {
      kick({"gates", "gate-2"}, {"lamps", "lamp-1"}, DeviceCode::no_topology, 1),  // it has none there
      kick(gateway, {"lamps", "lamp-3"}, DeviceCode::no_topology, 2),              // nor has this one
      kick(gateway, {"lamps", "lamp-1"}, DeviceCode::device_deleted, 3),
      topology_change(gateway, TopologyStatus::removed, std::vector<NamedDevice>{{"lamps", "lamp-1"}}, 4),
      kick(gateway, {"lamps", "lamp-1"}, DeviceCode::device_deleted, 5),  // not again
  };
  bridge.out.clear();
  bridge.api.tell(notices, bridge.out);
  EXPECT_THAT(bridge.told(),
              ElementsAre("/ext/error/gates/gate-1 521 lamp-1", "/sys/gates/gate-1/thing/topo/change 1 lamp-1"));
  EXPECT_EQ(bridge.sessions.size(), 1u);
  EXPECT_EQ(json::parse(bridge.out[0].payload), json::parse(R"({"id":"3","code":521,"message":"device deleted",)"
                                                            R"("data":{"productKey":"lamps","deviceName":"lamp-1"}})"));
}

TEST(DeviceSessionLimits, ASubDeviceLogsInFiveTimesAMinute) {
  DeviceApiUnderTest bridge({}, true);
  const DeviceName item{"lamps", "lamp-1"};
  ASSERT_TRUE(bridge.registry.add_sub_devices({"gates", "gate-1"}, {&item, 1}));
  Sub wrong = lamp(1);
  wrong.secret = "x";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 200);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(bridge.code("gate-1", kLogin, wrong.json()), 6287);
  const json refused = bridge.ask("gate-1", kLogin, lamp(1).json());
  EXPECT_EQ(refused["code"], 429);
  EXPECT_EQ(refused["message"], "rate limit, too many subDeviceOnline msg in one minute");
  EXPECT_EQ(bridge.code("gate-1", kLogout, lamp(1).json()), 200) << "is not limited";
  bridge.moment.now += std::chrono::minutes(1);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 200);
}

TEST(DeviceSessionLimits, SessionsAreBounded) {
  DeviceApiUnderTest bridge;
  const DeviceName items[] = {{"lamps", "lamp-1"}, {"lamps", "lamp-2"}};
  ASSERT_TRUE(bridge.registry.add_sub_devices({"gates", "gate-1"}, items));
  for (std::size_t i = 1; i < Sessions::kSessionsMax; ++i) {
    ASSERT_TRUE(bridge.sessions.open({"others", std::to_string(i)}, {"gates", "gate-3"}));
  }
  EXPECT_EQ(bridge.code("gate-1", kBatchLogin, batch_of({1, 2})), 428);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(1).json()), 200);
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(2).json()), 428);
  EXPECT_FALSE(bridge.sessions.open({"others", "0"}, {"gates", "gate-3"}));
  EXPECT_TRUE(bridge.sessions.open({"others", "1"}, {"gates", "gate-2"})) << "moved, not new";
  EXPECT_TRUE(bridge.sessions.close({"others", "1"}, "gates/gate-2"));
  EXPECT_EQ(bridge.code("gate-1", kLogin, lamp(2).json()), 200);
}

TEST(LoginLimit, ForgetsNamesWithTheMinuteAndBoundsThem) {
  LoginLimit limit(true);
  wire::TimePoint now{std::chrono::hours(1)};
  for (std::size_t i = 0; i < Sessions::kSessionsMax; ++i) ASSERT_TRUE(limit.take(std::to_string(i), now));
  EXPECT_FALSE(limit.take("one more", now));
  EXPECT_TRUE(limit.take("1", now)) << "known in this minute";
  now += std::chrono::seconds(60);
  EXPECT_TRUE(limit.take("one more", now));
  LoginLimit off(false);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(off.take("a", now));
}

}  // namespace
}  // namespace fleet::bridge::test
