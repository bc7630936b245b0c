// BatchAddThingTopo, GetThingTopo and RemoveThingTopo, and what the gateways concerned are told.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api_fixture.h"
#include "wire/device_sign.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using Params = std::map<std::string, std::string>;
using ::testing::ElementsAre;

Config with_gateways() {
  Config config = example_config();
  ProductConfig gateways{.key = "gateways", .kind = DeviceKind::gateway};
  for (const char* name : {"gate-1", "gate-2", "gate-3"}) gateways.devices.push_back({name, "gatesecret"});
  ProductConfig lamps{.key = "lamps", .kind = DeviceKind::sub_device};
  for (int i = 1; i <= 1'502; ++i) lamps.devices.push_back({fmt::format("lamp-{}", i), fmt::format("secret{}", i)});
  config.products.push_back(std::move(gateways));
  config.products.push_back(std::move(lamps));
  return config;
}

struct Item {
  std::string product, name, secret;
  std::string method = "hmacMd5";
  std::map<std::string, std::string> more{};  // Timestamp, ClientId
};

Item lamp(int number, const std::string& method = "hmacMd5") {
  return {"lamps", fmt::format("lamp-{}", number), fmt::format("secret{}", number), method};
}

Params call_of(const std::string& gateway, const std::vector<Item>& items) {
  Params params = {{"GwProductKey", "gateways"}, {"GwDeviceName", gateway}};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    std::vector<wire::Param> fields = {{"ProductKey", item.product}, {"DeviceName", item.name}};
    const std::string prefix = fmt::format("TopoAddItem.{}.", i + 1);
    for (const auto& [name, value] : item.more) {
      fields.push_back({name, value});
      params[prefix + name] = value;
    }
    const std::string content = wire::device_sign_content(fields);
    params[prefix + "ProductKey"] = item.product;
    params[prefix + "DeviceName"] = item.name;
    params[prefix + "SignMethod"] = item.method;
    params[prefix + "Sign"] = wire::device_sign(wire::parse_sign_method(item.method).value_or(wire::SignMethod::sha256),
                                                item.secret, content);
  }
  return params;
}

// The members of an item under any number.
Params item_at(const std::string& number, const Item& item) {
  constexpr std::string_view kFirst = "TopoAddItem.1";
  Params members;
  for (const auto& [name, value] : call_of("gate-1", {item})) {
    if (name.starts_with(kFirst)) members["TopoAddItem." + number + name.substr(kFirst.size())] = value;
  }
  return members;
}

class Topology : public ::testing::Test {
 protected:
  json add(const std::string& gateway, const std::vector<Item>& items) {
    return bridge.act("BatchAddThingTopo", call_of(gateway, items)).json();
  }
  json code_after(const std::string& gateway, const std::vector<Item>& items, const auto& change) {
    Params params = call_of(gateway, items);
    change(params);
    return bridge.act("BatchAddThingTopo", params).json()["Code"];
  }
  std::vector<std::string> subs(const std::string& gateway) {
    const Registry& registry = bridge.api.registry();
    std::vector<std::string> names;
    for (const Device* device : registry.sub_device_page(*registry.device({"gateways", gateway}), 0, 100)) {
      names.emplace_back(device->name());
    }
    return names;
  }
  // Topics of what devices were told since the last time; kicks as "kick NAME at TOPIC".
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const Notice& notice : bridge.api.take_notices()) {
      const json payload = json::parse(notice.payload);
      std::string line = notice.is_kick() ? fmt::format("kick {} ", notice.kicked_device_name) : "";
      line += notice.topic;
      if (payload.contains("params")) {
        line += fmt::format(" {}", payload["params"]["status"].get<int>());
        for (const json& sub : payload["params"]["subList"]) line += " " + sub["deviceName"].get<std::string>();
      } else {
        line += fmt::format(" {}", payload["code"].get<int>());
      }
      out.push_back(line);
    }
    return out;
  }

  ApiUnderTest bridge{with_gateways()};
};

TEST_F(Topology, AttachesWithEverySignMethodInAnyCase) {
  const json answer =
      add("gate-1", {lamp(1, "hmacMd5"), lamp(2, "HMACSHA1"), lamp(3, "hmacSha256"), lamp(4, "sha256")});
  EXPECT_EQ(answer["Success"], true) << answer;
  EXPECT_EQ(answer.size(), 2u);
  EXPECT_THAT(subs("gate-1"), ElementsAre("lamp-1", "lamp-2", "lamp-3", "lamp-4"));
  EXPECT_THAT(told(), ElementsAre("/sys/gateways/gate-1/thing/topo/change 0 lamp-1 lamp-2 lamp-3 lamp-4"));
}

TEST_F(Topology, TheNoticeIsAlink) {
  (void)add("gate-1", {lamp(1)});
  const auto notices = bridge.api.take_notices();
  ASSERT_EQ(notices.size(), 1u);
  const json payload = json::parse(notices[0].payload);
  EXPECT_EQ(payload["version"], "1.0");
  EXPECT_EQ(payload["method"], "thing.topo.change");
  EXPECT_EQ(payload["params"], json::parse(R"({"status":0,"subList":[{"productKey":"lamps","deviceName":"lamp-1"}]})"));
  EXPECT_LE(std::stoull(payload["id"].get<std::string>()), 0xFFFF'FFFFu);
  EXPECT_FALSE(notices[0].is_kick());
}

TEST_F(Topology, SignsTimestampAndClientIdWhereTheyAreSent) {
  Item item = lamp(1);
  item.more = {{"Timestamp", "1579335899000"}, {"ClientId", "sn-1"}};
  EXPECT_EQ(add("gate-1", {item})["Success"], true);
  item.more = {{"ClientId", ""}};
  EXPECT_EQ(add("gate-2", {item})["Success"], true) << "an empty one is signed too";
  EXPECT_EQ(code_after("gate-1", {item}, [](Params& p) { p["TopoAddItem.1.Timestamp"] = "1"; }),
            "iot.device.VerifyDeviceFailed");
}

TEST_F(Topology, TakesThePublishedSignature) {
  Config config = example_config();
  config.products.push_back({.key = "gateways", .kind = DeviceKind::gateway, .devices = {{"gate-1", ""}}});
  config.products.push_back({.key = "a1PB5fp1234", .devices = {{"868575026974305", "1234"}}});
  ApiUnderTest published(config);
  const Reply reply = published.act("BatchAddThingTopo", {{"GwProductKey", "gateways"},
                                                          {"GwDeviceName", "gate-1"},
                                                          {"TopoAddItem.1.ProductKey", "a1PB5fp1234"},
                                                          {"TopoAddItem.1.DeviceName", "868575026974305"},
                                                          {"TopoAddItem.1.ClientId", "868575026974305"},
                                                          {"TopoAddItem.1.SignMethod", "hmacmd5"},
                                                          {"TopoAddItem.1.Sign", "C1C1606D61884C5F16C9EA6622E5E3C3"}});
  EXPECT_EQ(reply.member("Success"), "true") << reply.answer.body;
}

TEST_F(Topology, MovesFromOldGatewaysAndTellsThem) {
  (void)add("gate-1", {lamp(1), lamp(2)});
  (void)add("gate-2", {lamp(3)});
  (void)told();
  EXPECT_EQ(add("gate-3", {lamp(3), lamp(1), lamp(4), lamp(2)})["Success"], true);
  EXPECT_THAT(subs("gate-1"), ElementsAre());
  EXPECT_THAT(subs("gate-2"), ElementsAre());
  EXPECT_THAT(subs("gate-3"), ElementsAre("lamp-1", "lamp-2", "lamp-3", "lamp-4"));
  EXPECT_THAT(
      told(),
      ElementsAre("/sys/gateways/gate-2/thing/topo/change 1 lamp-3", "kick lamp-3 /ext/error/gateways/gate-2 6401",
                  "/sys/gateways/gate-1/thing/topo/change 1 lamp-1 lamp-2",
                  "kick lamp-1 /ext/error/gateways/gate-1 6401", "kick lamp-2 /ext/error/gateways/gate-1 6401",
                  "/sys/gateways/gate-3/thing/topo/change 0 lamp-3 lamp-1 lamp-4 lamp-2"));
  EXPECT_EQ(add("gate-3", {lamp(1)})["Success"], true);
  EXPECT_THAT(told(), ElementsAre()) << "nothing has changed";
}

TEST_F(Topology, OneBadItemOfTenChangesNothing) {
  (void)add("gate-2", {lamp(1)});
  (void)told();
  std::vector<Item> items;
  for (int i = 1; i <= 10; ++i) items.push_back(lamp(i));
  for (const auto& [name, value, code] : {std::tuple{"TopoAddItem.10.Sign", "00", "iot.device.VerifyDeviceFailed"},
                                          {"TopoAddItem.10.Sign", "", "iot.device.VerifyDeviceFailed"},
                                          {"TopoAddItem.10.SignMethod", "md5", "iot.common.InvalidFormattedParameter"},
                                          {"TopoAddItem.10.SignMethod", "", "iot.common.InvalidFormattedParameter"},
                                          {"TopoAddItem.10.DeviceName", "lamp-0", "iot.device.NotExistedDevice"},
                                          {"TopoAddItem.10.DeviceName", "$", "iot.device.InvalidFormattedDeviceName"},
                                          {"TopoAddItem.10.DeviceName", "", "iot.device.NullDeviceName"},
                                          {"TopoAddItem.10.ProductKey", "nobody", "iot.prod.NotExistedProduct"},
                                          {"TopoAddItem.10.ProductKey", "", "iot.prod.NullProductKey"}}) {
    EXPECT_EQ(code_after("gate-1", items, [&, member = name, text = value](Params& p) { p[member] = text; }), code)
        << name << "=" << value;
    EXPECT_THAT(subs("gate-1"), ElementsAre());
    EXPECT_THAT(subs("gate-2"), ElementsAre("lamp-1"));
    EXPECT_THAT(told(), ElementsAre());
  }
  for (const char* name : {"ProductKey", "DeviceName", "Sign", "SignMethod"}) {
    const std::string member = std::string("TopoAddItem.10.") + name;
    EXPECT_EQ(code_after("gate-1", items, [&](Params& p) { p.erase(member); }), "Missing" + member);
  }
  EXPECT_EQ(add("gate-1", items)["Success"], true);
}

// Items count in the order of their numbers, from 1 to 9,999,999; what has another number is no item.
TEST_F(Topology, ItemsHaveOddNumbers) {
  Params params = call_of("gate-1", {});
  for (const char* odd : {"0", "-1", "99999999999999999999", "10000000", "01", "1.5", "+1", " 1", "1e1", ""}) {
    params.merge(item_at(odd, lamp(9)));
  }
  EXPECT_EQ(bridge.act("BatchAddThingTopo", params).member("Code"), "MissingTopoAddItem");
  params.merge(item_at("9999999", lamp(4)));
  params.merge(item_at("7", lamp(2)));
  params.merge(item_at("1000", lamp(3)));
  params.merge(item_at("3", lamp(1)));
  Params incomplete = params;
  incomplete.erase("TopoAddItem.1000.Sign");
  EXPECT_EQ(bridge.act("BatchAddThingTopo", incomplete).member("Code"), "MissingTopoAddItem.1000.Sign");
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_EQ(bridge.act("BatchAddThingTopo", params).member("Success"), "true");
  EXPECT_THAT(told(), ElementsAre("/sys/gateways/gate-1/thing/topo/change 0 lamp-1 lamp-2 lamp-3 lamp-4"));
  EXPECT_THAT(subs("gate-1"), ElementsAre("lamp-1", "lamp-2", "lamp-3", "lamp-4"));
}

TEST_F(Topology, OfAnItemGivenTwiceTheLaterCounts) {
  const auto reply_to = [this](const Params& before, const Item& item) {
    Params params = params_of("BatchAddThingTopo", call_of("gate-1", {item}));
    params["SignatureNonce"] = "again-" + item.name;
    sign(params, "POST");  // over what counts
    const std::string form = form_of(before) + "&" + form_of(params);
    return bridge.send(
        {.method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = form});
  };
  EXPECT_EQ(reply_to(item_at("1", lamp(1)), lamp(2)).member("Success"), "true");
  EXPECT_THAT(subs("gate-1"), ElementsAre("lamp-2"));
  EXPECT_EQ(reply_to({{"TopoAddItem.1.DeviceName", "$"}}, lamp(3)).member("Success"), "true")
      << "each member for itself";
  EXPECT_THAT(subs("gate-1"), ElementsAre("lamp-2", "lamp-3"));
  Params twice = call_of("gate-1", {lamp(4)});
  twice.merge(item_at("8", lamp(4)));
  EXPECT_EQ(bridge.act("BatchAddThingTopo", twice).member("Code"), "iot.device.AddTopoRelationFailed");
}

TEST_F(Topology, RefusesWhatCannotBe) {
  std::vector<Item> eleven;
  for (int i = 1; i <= 11; ++i) eleven.push_back(lamp(i));
  EXPECT_EQ(add("gate-1", eleven)["Code"], "iot.common.InvalidFormattedParameter");
  EXPECT_EQ(add("gate-1", {lamp(1), lamp(1)})["Code"], "iot.device.AddTopoRelationFailed");
  EXPECT_EQ(add("gate-1", {{"gateways", "gate-1", "gatesecret"}})["Code"], "iot.device.AddTopoRelationFailed");
  EXPECT_EQ(add("gate-9", {lamp(1)})["Code"], "iot.device.NotExistedDevice");
  EXPECT_EQ(add("gate-1", {})["Code"], "MissingTopoAddItem");
  EXPECT_EQ(code_after("gate-1", {lamp(1)}, [](Params& p) { p["GwProductKey"] = "lamps"; }),
            "iot.device.NotExistedDevice");
  EXPECT_EQ(code_after("lamp-2", {lamp(1)}, [](Params& p) { p["GwProductKey"] = "lamps"; }),
            "iot.prod.InvalidNodeType");
  EXPECT_EQ(code_after("gate-1", {lamp(1)}, [](Params& p) { p["GwProductKey"] = ""; }), "iot.prod.NullProductKey");
  EXPECT_EQ(code_after("gate-1", {lamp(1)}, [](Params& p) { p["GwDeviceName"] = ""; }), "iot.device.NullDeviceName");
  EXPECT_EQ(code_after("gate-1", {lamp(1)}, [](Params& p) { p.erase("GwProductKey"); }), "MissingGwProductKey");
  EXPECT_EQ(code_after("gate-1", {lamp(1)}, [](Params& p) { p.erase("GwDeviceName"); }), "MissingGwDeviceName");
  EXPECT_THAT(told(), ElementsAre());
}

TEST_F(Topology, AGatewayUnderItsOwnSubDeviceIsALoop) {
  EXPECT_EQ(add("gate-1", {{"gateways", "gate-2", "gatesecret"}})["Success"], true);
  EXPECT_EQ(add("gate-2", {{"gateways", "gate-3", "gatesecret"}})["Success"], true);
  EXPECT_EQ(add("gate-3", {{"gateways", "gate-1", "gatesecret"}})["Code"], "iot.device.AddTopoRelationFailed");
}

TEST_F(Topology, AGatewayHasRoomForSoMany) {
  for (int first = 1; first <= 1'500; first += 10) {
    std::vector<Item> items;
    for (int i = first; i < first + 10; ++i) items.push_back(lamp(i));
    ASSERT_EQ(add("gate-1", items)["Success"], true);
  }
  EXPECT_EQ(add("gate-1", {lamp(1'501)})["Code"], "iot.device.TopoRelationCountExceeded");
  EXPECT_EQ(add("gate-1", {lamp(1'500)})["Success"], true);
}

TEST_F(Topology, IsListedInPages) {
  (void)add("gate-1", {lamp(1), lamp(2), lamp(3)});
  const Params whole = {{"ProductKey", "gateways"}, {"DeviceName", "gate-1"}, {"PageNo", "1"}, {"PageSize", "2"}};
  const json data = bridge.act("GetThingTopo", whole).json()["Data"];
  EXPECT_EQ(data["Total"], 3);
  EXPECT_EQ(data["PageCount"], 2);
  EXPECT_EQ(data["CurrentPage"], 1);
  EXPECT_EQ(data["PageSize"], 2);
  const json first = data["List"]["deviceInfo"][0];
  EXPECT_EQ(first["DeviceName"], "lamp-1");
  EXPECT_EQ(first["ProductKey"], "lamps");
  EXPECT_EQ(first["DeviceSecret"], "secret1");
  const auto with = [&](const char* name, const char* value) {
    Params params = whole;
    params[name] = value;
    return bridge.act("GetThingTopo", params).json();
  };
  EXPECT_EQ(with("PageNo", "2")["Data"]["List"]["deviceInfo"].size(), 1u);
  EXPECT_EQ(with("PageNo", "3")["Data"]["List"]["deviceInfo"].size(), 0u);
  EXPECT_EQ(with("PageNo", "0")["Code"], "iot.common.InvalidPageParams");
  EXPECT_EQ(with("PageNo", "")["Code"], "iot.common.InvalidPageParams");
  EXPECT_EQ(with("PageSize", "51")["Code"], "iot.common.InvalidPageParams");
  EXPECT_EQ(with("DeviceName", "gate-9")["Code"], "iot.device.NotExistedDevice");
  EXPECT_EQ(with("DeviceName", "")["Code"], "iot.device.NullDeviceName");
  EXPECT_EQ(with("ProductKey", "")["Code"], "iot.prod.NullProductKey");
  EXPECT_EQ(bridge.act("GetThingTopo", {{"PageNo", "1"}}).member("Code"), "MissingPageSize");
  EXPECT_EQ(bridge.act("GetThingTopo", {{"PageSize", "1"}}).member("Code"), "MissingPageNo");
}

TEST_F(Topology, IsRemovedForAGatewayOrASubDevice) {
  (void)add("gate-1", {lamp(1), lamp(2), lamp(3)});
  (void)told();
  const json one = bridge.act("RemoveThingTopo", {{"ProductKey", "lamps"}, {"DeviceName", "lamp-2"}}).json();
  EXPECT_EQ(one["Data"], true);
  EXPECT_THAT(subs("gate-1"), ElementsAre("lamp-1", "lamp-3"));
  EXPECT_THAT(told(), ElementsAre("/sys/gateways/gate-1/thing/topo/change 1 lamp-2",
                                  "kick lamp-2 /ext/error/gateways/gate-1 6401"));
  const json all = bridge.act("RemoveThingTopo", {{"ProductKey", "gateways"}, {"DeviceName", "gate-1"}}).json();
  EXPECT_EQ(all["Data"], true);
  EXPECT_THAT(subs("gate-1"), ElementsAre());
  EXPECT_EQ(told().size(), 3u);
  const json none = bridge.act("RemoveThingTopo", {{"ProductKey", "gateways"}, {"DeviceName", "gate-1"}}).json();
  EXPECT_EQ(none["Success"], true);
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_EQ(bridge.act("RemoveThingTopo", {}).member("Code"), "iot.prod.NullProductKey");
}

TEST_F(Topology, AGatewayIsAskedToAttach) {
  const std::string iot_id(bridge.api.registry().device({"lamps", "lamp-2"})->iot_id());
  const auto ask = [&](const std::string& list, Params more = {}) {
    more.insert({{"GwProductKey", "gateways"}, {"GwDeviceName", "gate-1"}, {"DeviceListStr", list}});
    return bridge.act("NotifyAddThingTopo", more).json();
  };
  const json answer = ask(R"([{"productKey":"lamps","deviceName":"lamp-1"},{"IotId":")" + iot_id + R"("}])");
  EXPECT_EQ(answer["Success"], true) << answer;
  const auto notices = bridge.api.take_notices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].topic, "/sys/gateways/gate-1/thing/topo/add/notify");
  const json payload = json::parse(notices[0].payload);
  EXPECT_EQ(payload["id"], answer["Data"]["MessageId"]);
  EXPECT_EQ(payload["params"], json::parse(R"([{"productKey":"lamps","deviceName":"lamp-1"},)"
                                           R"({"productKey":"lamps","deviceName":"lamp-2"}])"));
  EXPECT_THAT(subs("gate-1"), ElementsAre()) << "asked, not done";
  EXPECT_EQ(ask("")["Success"], true) << "no list, no sub-devices";
  for (const char* bad : {"x", "{}", "[1]", "[[]]", "[{\"productKey\":\"lamps\"", "null"}) {
    EXPECT_EQ(ask(bad)["Code"], "iot.common.InvalidFormattedParameter") << bad;
  }
  EXPECT_EQ(ask(R"([{"productKey":"lamps"}])")["Code"], "iot.device.InvalidFormattedDeviceName");
  EXPECT_EQ(ask(R"([{"productKey":7,"deviceName":"lamp-1"}])")["Code"], "iot.prod.InvalidFormattedProductkey");
  EXPECT_EQ(ask(R"([{"productKey":"lamps","deviceName":"nobody"}])")["Code"], "iot.device.NotExistedDevice");
  EXPECT_EQ(ask(R"([{"IotId":"nobody"}])")["Code"], "iot.device.NotExistedDevice");
  std::string many = "[";
  for (int i = 1; i <= 31; ++i) many += fmt::format(R"({{"productKey":"lamps","deviceName":"lamp-{}"}},)", i);
  many.back() = ']';
  EXPECT_EQ(ask(many)["Code"], "iot.common.InvalidFormattedParameter");
  EXPECT_EQ(ask("[]", {{"GwProductKey", "lamps"}, {"GwDeviceName", "lamp-1"}})["Code"], "iot.prod.InvalidNodeType");
  EXPECT_EQ(ask("[]", {{"GwIotId", "x"}})["Code"], "iot.device.InvalidIoTId");
  EXPECT_EQ(bridge.act("NotifyAddThingTopo", {{"DeviceListStr", "[]"}}).member("Code"), "iot.prod.NullProductKey");
}

TEST_F(Topology, FindsDevicesByIotId) {
  (void)add("gate-1", {lamp(1)});
  const std::string gateway(bridge.api.registry().device({"gateways", "gate-1"})->iot_id());
  const Params params = {{"IotId", gateway}, {"ProductKey", "nobody"}, {"PageNo", "1"}, {"PageSize", "10"}};
  EXPECT_EQ(bridge.act("GetThingTopo", params).json()["Data"]["Total"], 1) << "it wins over names";
  EXPECT_EQ(bridge.act("RemoveThingTopo", {{"IotId", gateway}}).json()["Data"], true);
  std::string other = gateway;
  other[10] = other[10] == 'a' ? 'b' : 'a';
  EXPECT_EQ(bridge.act("RemoveThingTopo", {{"IotId", other}}).member("Code"), "iot.device.NotExistedDevice");
  EXPECT_EQ(bridge.act("RemoveThingTopo", {{"IotId", "x"}}).member("Code"), "iot.device.InvalidIoTId");
}

}  // namespace
}  // namespace fleet::bridge::test
