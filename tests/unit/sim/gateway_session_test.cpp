// Does a gateway bring up its sub-devices step by step, and tell what a platform refuses?
#include "sim/fleet/gateway_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/scenario/identities.h"
#include "tests/support/allocations.h"
#include "wire/device_sign.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using Step = GatewaySession::Step;
using Answer = GatewaySession::Answer;

const wire::TimePoint kNow{100s};
constexpr std::int64_t kWallMs = 1'767'323'045'678;

// Three gateways; 250 sensors and 4 meters behind them.
class GatewayTest : public testing::Test {
 protected:
  explicit GatewayTest(const std::string& sensors = "topology: mqtt", const std::string& meters = "login: false")
      : scenario_(parse_scenario(R"(name: gateways
products:
  hub: { kind: gateway, key: a1hub, topics: { get: subscribe } }
  sensor: { kind: sub-device, key: a1sensor, topics: { get: subscribe, set: subscribe } }
  meter: { kind: sub-device, key: a1meter, topics: { get: subscribe } }
fleet:
  hubs: { product: hub, count: 3, name: "hub-{index}", subscribe: [ { topic: get, qos: 1 } ] }
  sensors:
    product: sensor
    count: 250
    name: sensor-{index:3}
    gateway: { group: hubs, )" + sensors +
                                     R"( }
    subscribe: [ { topic: get, qos: 1 }, { topic: set } ]
  meters:
    product: meter
    count: 4
    name: "{index}-meter"
    gateway: { group: hubs, )" + meters +
                                     R"( }
    subscribe: [ { topic: get } ]
calls:
  push: { api: BatchPub, to: sensors, topic: get, batch: 5, rate: 50/s }
)",
                                 "s.yaml", {}, std::nullopt)
                      .value()) {}

  Step next() { return session_.next(kNow, kWallMs); }
  Answer answer(const Step& request, const std::string& code, const std::string& more = "") {
    const std::string id = json::parse(request.payload)["id"];
    return session_.receive(request.topic + "_reply", R"({"id":")" + id + R"(","code":)" + code + more + "}");
  }

  const Scenario scenario_;
  const Identities identities_{scenario_};
  const GatewayGroup group_{scenario_, 0};
  GatewaySession session_{group_, identities_, 1, 10s};
};

TEST_F(GatewayTest, KnowsItsSubDevicesByTheirTopics) {
  // Gateway 1 has the sensors 1, 4, 7, … and the meter 1.
  const auto found = group_.find("/a1sensor/sensor-004/user/get", 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->group, 0u);
  EXPECT_EQ(found->index, 4u);
  EXPECT_EQ(found->rank, 1u);
  EXPECT_EQ(group_.find("/a1meter/1-meter/user/get", 1)->group, 1u);
  for (const char* topic :
       {"/a1sensor/sensor-005/user/get", "/a1sensor/sensor-250/user/get", "/a1sensor/sensor-4/user/get",
        "/a1sensor/sensor-0004/user/get", "/a1meter/sensor-004/user/get", "/a1hub/hub-1/user/get", "/a1sensor", "", "/",
        "a1sensor/sensor-004/user/get", "/a1sensor/sensor-00x/user/get", "/a1sensor/sensor-/user/get",
        "/a1sensor/sensor-99999999999999/user/get", "/ext/session/a1hub/hub-1/combine/batch_login_reply"}) {
    EXPECT_FALSE(group_.find(topic, 1)) << topic;
  }
  const std::uint64_t before = tests::allocations_of_this_thread();
  EXPECT_TRUE(group_.find("/a1sensor/sensor-004/user/get", 1));
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
}

TEST_F(GatewayTest, NumbersEveryFilterOnce) {
  // 250 = 84 + 83 + 83 sensors, 4 = 2 + 1 + 1 meters.
  EXPECT_EQ(group_.sub_devices(0), 86u);
  EXPECT_EQ(group_.sub_devices(1), 84u);
  EXPECT_EQ(group_.own_filters(), 5u);
  ASSERT_EQ(group_.filters(1), 5u + 83 * 2 + 1);
  EXPECT_EQ(group_.filter(1, 0).filter, "/a1hub/hub-1/user/get");
  EXPECT_EQ(group_.filter(1, 0).qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(group_.filter(1, 1).filter, "/sys/a1hub/hub-1/thing/topo/add_reply");
  EXPECT_EQ(group_.filter(1, 2).filter, "/ext/session/a1hub/hub-1/combine/batch_login_reply");
  EXPECT_EQ(group_.filter(1, 3).filter, "/sys/a1hub/hub-1/thing/topo/change");
  EXPECT_EQ(group_.filter(1, 4).filter, "/ext/error/a1hub/hub-1");
  EXPECT_EQ(group_.filter(1, 5).filter, "/a1sensor/sensor-001/user/get");
  EXPECT_EQ(group_.filter(1, 6).filter, "/a1sensor/sensor-001/user/set");
  EXPECT_EQ(group_.filter(1, 5 + 82 * 2).filter, "/a1sensor/sensor-247/user/get");
  EXPECT_EQ(group_.filter(1, 5 + 83 * 2).filter, "/a1meter/1-meter/user/get");
  for (std::uint32_t number = group_.own_filters(); number < group_.filters(1); ++number) {
    const auto owner = group_.owner(1, number);
    ASSERT_EQ(owner.kind, GatewayGroup::FilterOwner::Kind::sub_device);
    const auto found = group_.find(group_.filter(1, number).filter, 1);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->index, owner.sub_device.index);
    EXPECT_EQ(found->rank, owner.sub_device.rank);
  }
}

TEST_F(GatewayTest, AsksForTopologyThenLogsInThenSubscribes) {
  session_.begin();
  std::vector<std::size_t> added, logged_in;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> subscribed;
  for (Step step = next(); step.kind != Step::Kind::none; step = next()) {
    if (step.kind == Step::Kind::subscribe) {
      subscribed.emplace_back(step.first, step.end);
      continue;
    }
    EXPECT_FALSE(session_.done());
    const json request = json::parse(step.payload);
    if (step.topic == "/sys/a1hub/hub-1/thing/topo/add") {
      EXPECT_EQ(request["method"], "thing.topo.add");
      added.push_back(request["params"].size());
    } else {
      EXPECT_EQ(step.topic, "/ext/session/a1hub/hub-1/combine/batch_login");
      logged_in.push_back(request["params"]["deviceList"].size());
    }
    EXPECT_EQ(next().kind, Step::Kind::none);  // one at a time
    EXPECT_EQ(answer(step, "200"), Answer::accepted);
  }
  EXPECT_TRUE(session_.done());
  EXPECT_EQ(added, (std::vector<std::size_t>{30, 30, 23}));
  EXPECT_EQ(logged_in, (std::vector<std::size_t>{50, 33}));
  // The meter is not logged in.
  EXPECT_EQ(subscribed, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{5, 105}, {105, 171}, {171, 172}}));
}

TEST_F(GatewayTest, SignsWithTheSecretOfEachSubDevice) {
  session_.begin();
  const json topology = json::parse(next().payload)["params"][0];
  EXPECT_EQ(topology["productKey"], "a1sensor");
  EXPECT_EQ(topology["deviceName"], "sensor-001");
  EXPECT_EQ(topology["signmethod"], "hmacSha256");
  EXPECT_TRUE(wire::device_sign_matches(
      wire::SignMethod::hmac_sha256, identities_.secret(1, 1),
      "clientIda1sensor&sensor-001deviceNamesensor-001productKeya1sensortimestamp1767323045678",
      topology["sign"].get<std::string>()));
}

TEST_F(GatewayTest, LogsInAnewOnEachConnectionAndAsksForTheTopologyOnce) {
  session_.begin();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(answer(next(), "200"), Answer::accepted);
  const Step login = next();
  EXPECT_THAT(login.topic, HasSubstr("batch_login"));
  session_.begin();
  EXPECT_EQ(answer(login, "200"), Answer::not_mine);  // of the lost connection
  const Step again = next();
  EXPECT_THAT(again.topic, HasSubstr("batch_login"));
  EXPECT_EQ(json::parse(again.payload)["params"]["deviceList"][0]["deviceName"], "sensor-001");
  EXPECT_EQ(json::parse(again.payload)["params"]["deviceList"][0]["cleanSession"], "true");
  EXPECT_EQ(answer(again, "200"), Answer::accepted);
}

TEST_F(GatewayTest, TellsWhatWasRefused) {
  session_.begin();
  EXPECT_EQ(answer(next(), "401", R"(,"message":"request auth error")"), Answer::refused);
  EXPECT_EQ(session_.failure(), "topo/add was refused with code 401: request auth error");
  EXPECT_EQ(next().kind, Step::Kind::none);
  EXPECT_FALSE(session_.done());
  session_.begin();
  EXPECT_EQ(answer(next(), "429"), Answer::try_again);
  EXPECT_EQ(session_.failure(), "topo/add was refused with code 429");
  session_.begin();
  const Step step = next();
  EXPECT_EQ(session_.receive(step.topic + "_reply", "[]"), Answer::refused);
  EXPECT_EQ(session_.failure(), "topo/add was answered with what is no answer");
}

TEST_F(GatewayTest, OtherMessagesAreNotForTheSession) {
  session_.begin();
  const Step step = next();
  EXPECT_EQ(session_.receive("/a1hub/hub-1/user/get", "{}"), Answer::not_mine);
  EXPECT_EQ(session_.receive("/sys/a1hub/hub-2/thing/topo/add_reply", R"({"id":"1","code":200})"), Answer::not_mine);
  EXPECT_EQ(session_.receive(step.topic + "_reply", R"({"id":"77","code":200})"), Answer::not_mine);
  EXPECT_EQ(session_.receive(step.topic + "_reply", R"({"id":1,"code":200})"), Answer::accepted);
  EXPECT_EQ(session_.receive(step.topic + "_reply", R"({"id":1,"code":200})"), Answer::not_mine);
}

TEST_F(GatewayTest, SilenceIsAFailureInTheEnd) {
  session_.begin();
  EXPECT_FALSE(session_.overdue(kNow + 1h));
  (void)next();
  EXPECT_FALSE(session_.overdue(kNow + 9s));
  EXPECT_TRUE(session_.overdue(kNow + 10s));
  EXPECT_EQ(session_.failure(), "topo/add was not answered within 10 s");
  EXPECT_FALSE(session_.overdue(kNow + 11s));
}

class QuietGatewayTest : public GatewayTest {
 protected:
  QuietGatewayTest() : GatewayTest("login: false", "login: false") {}
};

TEST_F(QuietGatewayTest, SubscribesAtOnceWhereNobodyIsLoggedIn) {
  EXPECT_EQ(group_.own_filters(), 1u);
  session_.begin();
  EXPECT_FALSE(session_.done());
  std::uint32_t at = 1;
  for (Step step = next(); step.kind == Step::Kind::subscribe; step = next()) {
    EXPECT_EQ(step.first, at);
    at = step.end;
  }
  EXPECT_EQ(at, group_.filters(1));
  EXPECT_TRUE(session_.done());
}

}  // namespace
}  // namespace fleet::sim
