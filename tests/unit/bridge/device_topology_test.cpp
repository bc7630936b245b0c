// thing/topo/add, delete and get, thing/list/found and thing/sub/register.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "device_fixture.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kAdd = "thing/topo/add";
constexpr const char* kDelete = "thing/topo/delete";
constexpr const char* kGet = "thing/topo/get";
constexpr const char* kFound = "thing/list/found";
constexpr const char* kRegister = "thing/sub/register";

json bare(const std::string& product_key, const std::string& name) {
  return {{"productKey", product_key}, {"deviceName", name}};
}

TEST(TopoAdd, AttachesWhatIsSigned) {
  DeviceApiUnderTest bridge;
  const json answer = bridge.ask("gate-1", kAdd, lamps({1, 2, 3}));
  EXPECT_EQ(answer["code"], 200) << answer;
  EXPECT_EQ(answer["data"], json::array({bare("lamps", "lamp-1"), bare("lamps", "lamp-2"), bare("lamps", "lamp-3")}));
  EXPECT_THAT(bridge.subs("gate-1"), ElementsAre("lamp-1", "lamp-2", "lamp-3"));
  EXPECT_THAT(bridge.told(), IsEmpty()) << "it has its answer";
  EXPECT_EQ(bridge.code("gate-1", kAdd, lamps({1})), 200) << "again";
  EXPECT_EQ(bridge.ask("gate-1", kGet, json::object())["data"], answer["data"]);
}

TEST(TopoAdd, TakesEveryMethodAndSpelling) {
  DeviceApiUnderTest bridge;
  int number = 0;
  for (const char* method : {"hmacMd5", "HMACSHA1", "hmacsha256", "Sha256"}) {
    Sub one = lamp(++number);
    one.method = method;
    one.more = {{"clientId", "x"}, {"timestamp", "1524448722000"}};
    EXPECT_EQ(bridge.code("gate-1", kAdd, json::array({one.json("signmethod")})), 200) << method;
  }
  Sub numeric = lamp(5);
  numeric.more = {{"timestamp", 1767323045678}, {"clientId", ""}};
  EXPECT_EQ(bridge.code("gate-1", kAdd, json::array({numeric.json()})), 200);
  json upper = lamp(6).json();
  for (char& c : upper["sign"].get_ref<std::string&>()) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(bridge.code("gate-1", kAdd, json::array({upper})), 200);
}

TEST(TopoAdd, TakesThePublishedVectors) {
  // Vectors 1 and 2 of the page of BatchAddThingTopo.
  Registry registry({{.key = "gates", .kind = DeviceKind::gateway, .devices = {{"gate-1", ""}}},
                     {.key = "a1PB5fp1234", .devices = {{"868575026974305", "1234"}}}});
  Sessions sessions;
  DeviceApi api({}, {}, registry, sessions);
  const auto code = [&](const json& item) {
    std::vector<Notice> out;
    api.receive("/sys/gates/gate-1/thing/topo/add", json{{"id", "1"}, {"params", {item}}}.dump(),
                wire::mqtt::Qos::at_most_once, {}, out);
    return json::parse(out.at(0).payload)["code"].get<int>();
  };
  json item = bare("a1PB5fp1234", "868575026974305");
  item["clientId"] = "868575026974305";
  item["signmethod"] = "hmacMd5";
  item["sign"] = "C1C1606D61884C5F16C9EA6622E5E3C3";
  EXPECT_EQ(code(item), 200);
  item["timestamp"] = "1646277090411";
  EXPECT_EQ(code(item), 401) << "a timestamp that is sent is signed";
  item["sign"] = "3ba0dfa4c477b40c007d84d30d6466cc";
  EXPECT_EQ(code(item), 200);
  item["timestamp"] = 1646277090411;
  EXPECT_EQ(code(item), 200) << "a number stands for its digits";
}

TEST(TopoAdd, MovesAndTellsTheOldGateway) {
  DeviceApiUnderTest bridge;
  ASSERT_EQ(bridge.code("gate-1", kAdd, lamps({1, 2, 3})), 200);
  ASSERT_EQ(bridge.code("gate-2", kAdd, lamps({4})), 200);
  ASSERT_EQ(bridge.code("gate-1", "combine/login", lamp(2).json()), 200);
  EXPECT_EQ(bridge.code("gate-3", kAdd, lamps({4, 1, 5, 2})), 200);
  EXPECT_THAT(bridge.told(),
              ElementsAre("/sys/gates/gate-2/thing/topo/change 1 lamp-4",
                          "/sys/gates/gate-1/thing/topo/change 1 lamp-1 lamp-2", "/ext/error/gates/gate-1 6401 lamp-2"))
      << "kicked where it had a session, and nowhere else";
  EXPECT_EQ(bridge.state("lamps", "lamp-2"), DeviceState::offline);
  EXPECT_THAT(bridge.subs("gate-1"), ElementsAre("lamp-3"));
}

TEST(TopoAdd, OneBadItemChangesNothing) {
  DeviceApiUnderTest bridge;
  ASSERT_TRUE(bridge.registry.set_disabled({"lamps", "lamp-40"}, true));
  struct Row {
    const char* what;
    json item;
    int code;
  };
  Sub wrong_secret = lamp(3);
  wrong_secret.secret = "x";
  json unsigned_method = lamp(3).json();
  unsigned_method["signMethod"] = "md5";
  json no_sign = lamp(3).json();
  no_sign.erase("sign");
  json empty_sign = lamp(3).json();
  empty_sign["sign"] = "";
  json later = lamp(3).json();
  later["timestamp"] = "1";
  json fraction = lamp(3).json();
  fraction["timestamp"] = 1.5;
  json negative = lamp(3).json();
  negative["timestamp"] = -1;
  json number = lamp(3).json();
  number["deviceName"] = 3;
  const Row rows[] = {
      {"wrong secret", wrong_secret.json(), 401},
      {"unsigned timestamp", later, 401},
      {"unknown method", unsigned_method, 460},
      {"no sign", no_sign, 460},
      {"empty sign", empty_sign, 460},
      {"a fraction", fraction, 460},
      {"a negative number", negative, 460},
      {"a name that is a number", number, 460},
      {"no names", json::object(), 460},
      {"no object", json("lamp-3"), 460},
      {"unknown device", Sub{.name = "lamp-99", .secret = "x"}.json(), 6100},
      {"unknown product", Sub{.product_key = "nobody", .name = "lamp-3", .secret = "x"}.json(), 6100},
      {"itself", Sub{.product_key = "gates", .name = "gate-1", .secret = "gatesecret"}.json(), 6402},
      {"disabled", lamp(40).json(), 6204},
      {"twice", lamp(1).json(), 460},
  };
  for (const Row& row : rows) {
    json items = lamps({1, 2});
    items.push_back(row.item);
    EXPECT_EQ(bridge.code("gate-1", kAdd, items), row.code) << row.what;
    EXPECT_THAT(bridge.subs("gate-1"), IsEmpty()) << row.what;
  }
  const json answer = bridge.ask("gate-1", kAdd, json::array({wrong_secret.json()}));
  EXPECT_EQ(answer["data"], bare("lamps", "lamp-3")) << "the device that does not fit";
}

TEST(TopoAdd, TakesOneToThirty) {
  DeviceApiUnderTest bridge;
  std::vector<int> numbers;
  for (int i = 1; i <= 31; ++i) numbers.push_back(i);
  EXPECT_EQ(bridge.code("gate-1", kAdd, lamps(numbers)), 460);
  numbers.pop_back();
  EXPECT_EQ(bridge.code("gate-1", kAdd, lamps(numbers)), 200);
  for (const char* params : {"[]", "{}", "null", "7", "\"x\"", "[[]]"}) {
    EXPECT_EQ(bridge.code("gate-1", kAdd, json::parse(params)), 460) << params;
  }
}

TEST(TopoAdd, AGatewayHasRoomForSoMany) {
  DeviceApiUnderTest bridge;
  std::vector<NewDevice> devices(Registry::kSubDevicesMax);
  const auto made = bridge.registry.register_devices("lamps", devices, bridge.moment.wall);
  ASSERT_TRUE(made);
  std::vector<DeviceName> items;
  for (const Device* device : *made) items.push_back({"lamps", device->name()});
  ASSERT_TRUE(bridge.registry.add_sub_devices({"gates", "gate-1"}, items));
  EXPECT_EQ(bridge.code("gate-1", kAdd, lamps({1})), 6400);
  EXPECT_EQ(bridge.code("gate-2", kAdd, lamps({1})), 200);
}

TEST(TopoAdd, ADeviceIsNoGatewayAndALoopIsItself) {
  DeviceApiUnderTest bridge;
  bridge.send("/sys/lamps/lamp-1/thing/topo/add", json{{"id", "1"}, {"params", lamps({2})}}.dump());
  EXPECT_EQ(json::parse(bridge.out.at(0).payload)["code"], 400);
  const Sub second{.product_key = "gates", .name = "gate-2", .secret = "gatesecret"};
  const Sub first{.product_key = "gates", .name = "gate-1", .secret = "gatesecret"};
  EXPECT_EQ(bridge.code("gate-1", kAdd, json::array({second.json()})), 200);
  EXPECT_EQ(bridge.code("gate-2", kAdd, json::array({first.json()})), 6402);
}

TEST(TopoDelete, DetachesAndLogsOut) {
  DeviceApiUnderTest bridge;
  ASSERT_EQ(bridge.code("gate-1", kAdd, lamps({1, 2, 3})), 200);
  ASSERT_EQ(bridge.code("gate-1", "combine/login", lamp(1).json()), 200);
  const json answer = bridge.ask("gate-1", kDelete, lamps({1, 2}, false));
  EXPECT_EQ(answer["code"], 200) << answer;
  EXPECT_EQ(answer["data"], lamps({1, 2}, false));
  EXPECT_THAT(bridge.told(), IsEmpty());
  EXPECT_THAT(bridge.subs("gate-1"), ElementsAre("lamp-3"));
  EXPECT_EQ(bridge.sessions.size(), 0u);
  EXPECT_EQ(bridge.code("gate-1", "combine/login", lamp(1).json()), 6401);
  EXPECT_EQ(bridge.code("gate-1", kDelete, lamps({3, 1}, false)), 6401);
  EXPECT_EQ(bridge.code("gate-2", kDelete, lamps({3}, false)), 6401) << "another's";
  EXPECT_EQ(bridge.code("gate-1", kDelete, lamps({3, 3}, false)), 460);
  EXPECT_EQ(bridge.code("gate-1", kDelete, json::array({bare("lamps", "nobody")})), 6100);
  EXPECT_EQ(bridge.code("gate-1", kDelete, json::array()), 460);
  EXPECT_THAT(bridge.subs("gate-1"), ElementsAre("lamp-3"));
}

TEST(ListFound, ChecksNames) {
  DeviceApiUnderTest bridge;
  const json answer = bridge.ask("gate-1", kFound, json::array({bare("lamps", "never-seen"), bare("lamps", "lamp-1")}));
  EXPECT_EQ(answer["code"], 200);
  EXPECT_EQ(answer["data"], json::object());
  EXPECT_EQ(bridge.code("gate-1", kFound, json::array({bare("nobody", "lamp-1")})), 6250);
  EXPECT_EQ(bridge.code("gate-1", kFound, json::array({bare("lamps", "a b c")})), 6280);
  EXPECT_EQ(bridge.code("gate-1", kFound, json::array({bare("lamps", "abc")})), 6280);
  EXPECT_EQ(bridge.code("gate-1", kFound, json::array()), 460);
  EXPECT_EQ(bridge.registry.device({"lamps", "never-seen"}), nullptr);
}

TEST(SubRegister, AnswersWithSecretsAndMakesWhatIsLacking) {
  DeviceApiUnderTest bridge;
  const json items = json::array({bare("lamps", "lamp-1"), bare("lamps", "new-lamp"), bare("a1sub", "new-sub")});
  const json answer = bridge.ask("gate-1", kRegister, items);
  ASSERT_EQ(answer["code"], 200) << answer;
  std::set<std::string> iot_ids;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const json& made = answer["data"][i];
    EXPECT_EQ(made["productKey"], items[i]["productKey"]);
    EXPECT_EQ(made["deviceName"], items[i]["deviceName"]);
    const Device* const device = bridge.registry.device(
        {items[i]["productKey"].get_ref<const std::string&>(), items[i]["deviceName"].get_ref<const std::string&>()});
    ASSERT_NE(device, nullptr);
    EXPECT_EQ(made["deviceSecret"], std::string(device->secret()));
    EXPECT_EQ(made["iotId"], std::string(device->iot_id()));
    iot_ids.insert(made["iotId"]);
  }
  EXPECT_EQ(answer["data"][0]["deviceSecret"], "secret1");
  EXPECT_EQ(iot_ids.size(), 3u);
  EXPECT_EQ(bridge.ask("gate-1", kRegister, items)["data"], answer["data"]) << "again";
}

TEST(SubRegister, RefusesWhole) {
  DeviceApiUnderTest bridge;
  ASSERT_EQ(bridge.code("gate-1", kAdd, lamps({1})), 200);
  ASSERT_TRUE(bridge.registry.set_disabled({"lamps", "lamp-40"}, true));
  const std::size_t devices = bridge.registry.device_count();
  const auto code = [&](const char* gateway, const json& item) {
    return bridge.code(gateway, kRegister, json::array({bare("lamps", "new-lamp"), item}));
  };
  EXPECT_EQ(code("gate-2", bare("lamps", "lamp-1")), 6619);
  EXPECT_EQ(code("gate-2", bare("nobody", "lamp-1")), 6250);
  EXPECT_EQ(code("gate-2", bare("lamps", "abc")), 6280);
  EXPECT_EQ(code("gate-2", bare("lamps", "new-lamp")), 460);
  EXPECT_EQ(code("gate-2", bare("gates", "gate-2")), 6402);
  EXPECT_EQ(code("gate-2", bare("lamps", "lamp-40")), 6204);
  EXPECT_EQ(code("gate-2", bare("lamps", "")), 460);
  EXPECT_EQ(bridge.registry.device_count(), devices);
  EXPECT_EQ(code("gate-1", bare("lamps", "lamp-1")), 200) << "its own";
}

// A gateway is no way to the secrets of another account.
TEST(SubRegister, KeepsToTheProductsOfItsAccount) {
  Registry registry({{.key = "gates", .account = "one", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}}},
                     {.key = "own", .account = "one", .kind = DeviceKind::sub_device, .devices = {{"lamp-1", "s"}}},
                     {.key = "open", .kind = DeviceKind::sub_device, .devices = {{"lamp-1", "s"}}},
                     {.key = "foreign", .account = "two", .kind = DeviceKind::sub_device, .devices = {{"lamp-1", "s"}}},
                     {.key = "anybodys", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}}}});
  Sessions sessions;
  DeviceApi api({}, {}, registry, sessions);
  const auto code = [&](const std::string& gates, const std::string& method, const json& item) {
    std::vector<Notice> out;
    api.receive("/sys/" + gates + "/gate-1/" + method, json{{"id", "1"}, {"params", json::array({item})}}.dump(),
                wire::mqtt::Qos::at_most_once, {}, out);
    return json::parse(out.at(0).payload)["code"].get<int>();
  };
  for (const char* method : {kRegister, kFound}) {
    EXPECT_EQ(code("gates", method, bare("own", "lamp-1")), 200);
    EXPECT_EQ(code("gates", method, bare("open", "lamp-1")), 200);
    EXPECT_EQ(code("gates", method, bare("foreign", "lamp-1")), 6250);
    EXPECT_EQ(code("gates", method, bare("foreign", "new-lamp")), 6250);
    EXPECT_EQ(code("anybodys", method, bare("own", "lamp-1")), 6250);
    EXPECT_EQ(code("anybodys", method, bare("open", "lamp-1")), 200);
  }
  const auto item = [](const char* product_key) { return Sub{product_key, "lamp-1", "s"}.json(); };
  EXPECT_EQ(code("gates", kAdd, item("foreign")), 6100);
  EXPECT_EQ(code("gates", kAdd, item("own")), 200);
}

TEST(SubRegister, DoesWhatTheConfigurationAllows) {
  DeviceApiUnderTest known({.registration = SubRegistration::known});
  EXPECT_EQ(known.code("gate-1", kRegister, json::array({bare("lamps", "lamp-1")})), 200);
  EXPECT_EQ(known.code("gate-1", kRegister, json::array({bare("lamps", "new-lamp")})), 6100);
  DeviceApiUnderTest off({.registration = SubRegistration::off});
  EXPECT_EQ(off.code("gate-1", kRegister, json::array({bare("lamps", "lamp-1")})), 6288);
  EXPECT_EQ(off.code("gate-1", kRegister, json::array()), 460);
}

TEST(FullDisk, IsToldByEveryRequestThatChangesTheRegistry) {
  DeviceApiUnderTest bridge;
  ASSERT_EQ(bridge.code("gate-1", kAdd, lamps({1, 2})), 200);
  ASSERT_EQ(bridge.code("gate-1", "combine/batch_login", lamps({1, 2})), 200);
  struct Row {
    const char* gateway;
    const char* method;
    json params;
  };
  const Row rows[] = {
      {"gate-1", kAdd, lamps({3})},
      {"gate-1", kDelete, lamps({2, 3}, false)},  // of which one is logged in
      {"gate-2", kAdd, lamps({4, 1})},            // moves one that is logged in
      {"gate-1", kRegister,
       json::array({bare("lamps", "new-lamp"), bare("a1sub", "new-sub"), bare("lamps", "lamp-5")})},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.method);
    const std::string before = dump(bridge.registry);
    const std::size_t sessions = bridge.sessions.size();
    bridge.disk_is_full = true;
    const json refused = bridge.ask(row.gateway, row.method, row.params);
    EXPECT_EQ(refused["code"], 500);
    EXPECT_EQ(refused["data"], json::object()) << "it is no device's fault";
    EXPECT_THAT(bridge.told(), IsEmpty()) << "nobody is told of what was not done";
    EXPECT_EQ(dump(bridge.registry), before);
    EXPECT_EQ(bridge.sessions.size(), sessions);
    bridge.disk_is_full = false;
    EXPECT_EQ(bridge.code(row.gateway, row.method, row.params), 200);
    EXPECT_NE(dump(bridge.registry), before);
  }
  EXPECT_EQ(bridge.sessions.size(), 0u);
  bridge.disk_is_full = true;
  EXPECT_EQ(bridge.code("gate-1", kRegister, json::array({bare("lamps", "new-lamp")})), 200) << "nothing is new";
  EXPECT_EQ(bridge.code("gate-2", kGet, json::object()), 200);
}

}  // namespace
}  // namespace fleet::bridge::test
