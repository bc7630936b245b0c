// The same bad input wherever it may stand: names, lists, pages, nicknames; and a registry that cannot be written.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cctype>
#include <pugixml.hpp>

#include "api_fixture.h"
#include "fickle_store.h"
#include "tests/support/registry_fixture.h"
#include "wire/device_sign.h"
#include "wire/mqtt/utf8.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using Params = std::map<std::string, std::string>;

constexpr const char* kProduct = "a1BwAGVxxxx";

// An action and the parameter of it that holds a device name; what a name that is well written and of no device gets.
struct NameRow {
  const char* action;
  const char* parameter;
  const char* code;  // "": success
  Params more{};
  const char* illegal = "iot.device.InvalidFormattedDeviceName";
};

const std::vector<NameRow>& name_rows() {
  constexpr const char* kUnknown = "iot.device.NotExistedDevice";
  constexpr const char* kInvalidExisted = "iot.device.InvalidDeviceNameExisted";
  static const Params kMessage = {{"TopicShortName", "get"}, {"MessageContent", "aGVsbG8="}};
  static const Params kPage = {{"PageNo", "1"}, {"PageSize", "10"}};
  static const Params kItem = {{"GwProductKey", kProduct},
                               {"GwDeviceName", "newdevice1"},
                               {"TopoAddItem.1.ProductKey", kProduct},
                               {"TopoAddItem.1.Sign", "00"},
                               {"TopoAddItem.1.SignMethod", "hmacMd5"}};
  static const Params kGateway = {{"GwProductKey", kProduct},
                                  {"TopoAddItem.1.ProductKey", kProduct},
                                  {"TopoAddItem.1.DeviceName", "newdevice1"},
                                  {"TopoAddItem.1.Sign", "00"},
                                  {"TopoAddItem.1.SignMethod", "hmacMd5"}};
  static const std::vector<NameRow> rows = {
      {"BatchPub", "DeviceName.1", kUnknown, kMessage},
      {"BatchCheckDeviceNames", "DeviceName.1", "", {}, kInvalidExisted},
      {"BatchCheckDeviceNames", "DeviceNameList.1.DeviceName", "", {}, kInvalidExisted},
      {"RegisterDevice", "DeviceName", "", {}},
      {"DeleteDevice", "DeviceName", kUnknown},
      {"QueryDeviceDetail", "DeviceName", kUnknown},
      {"GetThingTopo", "DeviceName", kUnknown, kPage},
      {"RemoveThingTopo", "DeviceName", kUnknown},
      {"BatchAddThingTopo", "TopoAddItem.1.DeviceName", kUnknown, kItem},
      {"BatchAddThingTopo", "GwDeviceName", kUnknown, kGateway},
      {"NotifyAddThingTopo", "GwDeviceName", kUnknown, {{"GwProductKey", kProduct}}},
      {"DisableThing", "DeviceName", kUnknown},
      {"EnableThing", "DeviceName", kUnknown},
  };
  return rows;
}

// One bridge for all calls: a name that is registered stays different from the next.
class Names : public ::testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] const NameRow& row() const { return name_rows()[GetParam()]; }
  Reply call(const std::string& name, bool xml = false) {
    Params params = row().more;
    params["ProductKey"] = kProduct;
    params[row().parameter] = name;
    params = params_of(row().action, params);
    if (xml) params["Format"] = "XML";
    return bridge_.call(params);
  }
  void expect(const std::string& name, bool legal) {
    const Reply reply = call(name);
    ASSERT_FALSE(reply.accepted()) << name;
    EXPECT_EQ(reply.member("Code"), legal ? row().code : row().illegal) << row().action << ": " << name;
  }

  ApiUnderTest bridge_;
};

TEST_P(Names, OfEveryByteAndLength) {
  for (int byte = 1; byte < 256; ++byte) {  // no byte 0: the form refuses it
    const char c = static_cast<char>(byte);
    const bool legal =
        byte < 128 && (std::isalnum(byte) != 0 || std::string_view("_@.:-").find(c) != std::string::npos);
    expect(std::string("name") + c, legal);
    expect(c + std::string("xname"), legal);
  }
  for (const std::size_t size : {4u, 31u, 32u}) expect(std::string(size, 'z'), true);
  for (const std::size_t size : {1u, 3u, 33u, 255u, 256u, 70'000u}) expect(std::string(size, 'z'), false);
  // Characters count as their bytes, and none of several bytes is legal.
  expect("\xe6\x99\xba\xe8\x83\xbd\xe7\x81\xaf\xe6\x99\xba", false);
}

TEST_P(Names, AreRepeatedInXmlThatCanBeRead) {
  for (const char* name : {"a\x01\x1f", "\xff\xfe\xfd\xfc", "<b>&amp;", "]]>--", "\xed\xa0\x80\xed\xb0\x80"}) {
    const std::string body = call(name, true).answer.body;
    pugi::xml_document document;
    EXPECT_TRUE(document.load_buffer(body.data(), body.size())) << body;
    EXPECT_TRUE(wire::mqtt::valid_utf8(body)) << body;
  }
}

INSTANTIATE_TEST_SUITE_P(BadInput, Names, ::testing::Range<std::size_t>(0, name_rows().size()), [](const auto& tested) {
  std::string name;
  for (const char* part : {name_rows()[tested.param].action, name_rows()[tested.param].parameter}) {
    for (const char c : std::string_view(part)) name.append(std::isalnum(c) != 0 ? 1 : 0, c);
  }
  return name;
});

TEST(Nicknames, AreCheckedAlikeInEachAction) {
  ApiUnderTest bridge;
  const std::string wide = "\xe6\x99\xba";
  int number = 0;
  const auto codes = [&](const std::string& nickname) {
    const std::string name = fmt::format("light-{}", ++number);
    return std::pair(
        bridge.act("RegisterDevice", {{"ProductKey", kProduct}, {"DeviceName", name}, {"Nickname", nickname}})
            .member("Code"),
        bridge
            .act("BatchCheckDeviceNames", {{"ProductKey", kProduct},
                                           {"DeviceNameList.1.DeviceName", name + "x"},
                                           {"DeviceNameList.1.DeviceNickname", nickname}})
            .member("Code"));
  };
  const auto times = [](int count, const std::string& text) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  for (const std::string& good : {std::string("abcd"), wide + wide, times(32, wide), times(31, wide) + "ab",
                                  wide + "\xe3\x81\x82_9Z", times(32, "\xf0\xa0\x80\x80"), std::string()}) {
    EXPECT_EQ(codes(good), (std::pair<std::string, std::string>())) << good;
  }
  for (const std::string& bad :
       {std::string("abc"), wide + "a", times(32, wide) + "a", std::string(65, 'a'), std::string("light 1"),
        std::string("caf\xc3\xa9"), std::string("\xea\xb0\x80\xea\xb0\x80"),               // Hangul
        std::string("\xd0\xbb\xd0\xb0\xd0\xbc\xd0\xbf"),                                   // Cyrillic
        std::string("\xed\xa0\xb4\xed\xb4\x9e"), std::string("\xed\xb0\x80\xed\xa0\x80"),  // surrogates
        std::string("abcd\xff"), std::string("\xf5\x80\x80\x80"), wide + "\xe6\x99", std::string("\xc0\xaf\xc0\xaf"),
        std::string("\xf0\x9f\x92\xa1\xf0\x9f\x92\xa1"), std::string("\xef\xbb\xbf") + "abcd"}) {
    EXPECT_EQ(codes(bad), (std::pair<std::string, std::string>("iot.common.InvalidFormattedParameter",
                                                               "iot.device.InvalidDeviceNickNameExisted")))
        << bad;
  }
}

// Elements count in the order of their numbers, from 1 to 9,999,999; what has another number is no element.
TEST(Lists, OfOddNumbers) {
  const Params odd = {{"0", "odd-zero"},
                      {"-1", "odd-negative"},
                      {"99999999999999999999", "odd-huge"},
                      {"10000000", "odd-8digits"},
                      {"01", "odd-padded"},
                      {"1.5", "odd-point"},
                      {"+1", "odd-plus"},
                      {" 1", "odd-space"},
                      {"1e1", "odd-float"},
                      {"\xef\xbc\x91", "odd-wide"},
                      {"", "odd-none"}};
  const Params even = {{"9999999", "lamp-0004"}, {"7", "lamp-0002"}, {"1000", "lamp-0003"}, {"3", "lamp-0001"}};
  ApiUnderTest bridge;
  Params pub = {{"ProductKey", kProduct}, {"TopicShortName", "get"}, {"MessageContent", "aGVsbG8="}};
  Params check = {{"ProductKey", kProduct}};
  Params structs = check;
  for (const auto& [number, name] : odd) {
    pub["DeviceName." + number] = name;
    check["DeviceName." + number] = name;
    structs["DeviceNameList." + number + ".DeviceName"] = name;
  }
  EXPECT_EQ(bridge.act("BatchPub", pub).member("Code"), "MissingDeviceName");
  for (const Params& params : {check, structs}) {
    EXPECT_EQ(bridge.act("BatchCheckDeviceNames", params).member("Code"), "iot.device.NoneDeviceNameElement");
  }
  for (const auto& [number, name] : even) {
    pub["DeviceName." + number] = name;
    check["DeviceName." + number] = "new-" + name;
    structs["DeviceNameList." + number + ".DeviceName"] = "new-" + name;
  }
  EXPECT_THAT(bridge.act("BatchPub", pub).topics(),
              ElementsAre("/a1BwAGVxxxx/lamp-0001/user/get", "/a1BwAGVxxxx/lamp-0002/user/get",
                          "/a1BwAGVxxxx/lamp-0003/user/get", "/a1BwAGVxxxx/lamp-0004/user/get"));
  for (const Params& params : {check, structs}) {
    const json answer = bridge.act("BatchCheckDeviceNames", params).json();
    const ApplyBatch* const batch = bridge.api.registry().apply_batch(answer.at("Data").at("ApplyId"));
    ASSERT_NE(batch, nullptr);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < batch->names.size(); ++i) names.emplace_back(batch->names.name(i));
    EXPECT_THAT(names, ElementsAre("new-lamp-0001", "new-lamp-0002", "new-lamp-0003", "new-lamp-0004"));
  }
}

// The same name under two numbers is a repetition, the same number twice is not: the later one counts.
TEST(Lists, OfRepeatedNumbers) {
  ApiUnderTest bridge;
  const auto codes_of = [&bridge](const std::string& list) {
    Params params = params_of("BatchCheckDeviceNames", {{"ProductKey", kProduct}});
    params["SignatureNonce"] = list;
    std::string form = form_of(params) + list;
    // Signed as the bridge reads it.
    Params read = params;
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = std::min(list.find('&', at + 1), list.size());
      const std::size_t equals = list.find('=', at);
      read[list.substr(at + 1, equals - at - 1)] = list.substr(equals + 1, end - equals - 1);
      at = end;
    }
    sign(read, "POST");
    form += "&" + form_of({{"Signature", read["Signature"]}});
    return bridge.send(
        {.method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = form});
  };
  const json twice = codes_of("&DeviceName.1=bad$&DeviceName.2=light2&DeviceName.1=light1").json();
  EXPECT_EQ(twice["Success"], true) << twice;
  const json repeated = codes_of("&DeviceName.1=light1&DeviceName.1=light2&DeviceName.3=light2").json();
  EXPECT_EQ(repeated["Data"], json::parse(R"({"RepeatedDeviceNameList":{"RepeatedDeviceName":["light2"]}})"));
}

TEST(Pages, AreCheckedAlikeInEachAction) {
  ApiUnderTest bridge;
  const std::string id =
      bridge.act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "3"}}).json()["Data"]["ApplyId"].dump();
  bridge.now += std::chrono::milliseconds(200);
  struct Row {
    const char* action;
    const char* number;
    Params params;
    const char* list;
  };
  const Row rows[] = {
      {"QueryPageByApplyId", "CurrentPage", {{"ApplyId", id}}, "/ApplyDeviceList/ApplyDeviceInfo"},
      {"QueryDevice", "CurrentPage", {{"ProductKey", kProduct}}, "/Data/DeviceInfo"},
      {"GetThingTopo", "PageNo", {{"ProductKey", kProduct}, {"DeviceName", "newdevice1"}}, "/Data/List/deviceInfo"},
  };
  for (const Row& row : rows) {
    const auto page = [&](const std::string& number, const std::string& size) {
      Params params = row.params;
      params[row.number] = number;
      params["PageSize"] = size;
      return bridge.act(row.action, params).json();
    };
    for (const char* bad : {"0", "-1", "x", "1.0", "4294967296", "99999999999999999999", " 1", "0x1"}) {
      EXPECT_EQ(page(bad, "10")["Code"], "iot.common.InvalidPageParams") << row.action << " " << bad;
      EXPECT_EQ(page("1", bad)["Code"], "iot.common.InvalidPageParams") << row.action << " " << bad;
    }
    EXPECT_EQ(page("1", "51")["Code"], "iot.common.InvalidPageParams");
    for (const char* number : {"1", "1000", "4294967295"}) {
      for (const char* size : {"1", "50"}) EXPECT_EQ(page(number, size)["Success"], true) << row.action << number;
    }
    EXPECT_EQ(page("1000", "50").at(json::json_pointer(row.list)), json::array()) << "past the end";
  }
}

TEST(ApplyIds, OfBatchesThatNobodyChecked) {
  ApiUnderTest bridge;
  const std::string id =
      bridge.act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "3"}}).json()["Data"]["ApplyId"].dump();
  const Params params = {{"ProductKey", kProduct}, {"ApplyId", id}};
  EXPECT_EQ(bridge.act("BatchRegisterDeviceWithApplyId", params).member("Code"),
            "iot.device.CreateDeviceTaskIsRunning");
  bridge.now += std::chrono::milliseconds(200);
  EXPECT_EQ(bridge.act("BatchRegisterDeviceWithApplyId", params).member("Success"), "true");
  EXPECT_EQ(bridge.act("QueryPageByApplyId", {{"ApplyId", id}}).json()["Total"], 3) << "and not six";
  const json taken =
      bridge.act("BatchCheckDeviceNames", {{"ProductKey", kProduct}, {"DeviceName.1", "newdevice1"}}).json();
  bridge.now += std::chrono::milliseconds(200);
  EXPECT_EQ(bridge.act("QueryPageByApplyId", {{"ApplyId", taken["Data"]["ApplyId"].dump()}}).json()["Total"], 0);
}

TEST(FullDisk, IsToldByEveryActionThatChangesAnything) {
  bool refuses = false;
  Config config = example_config();
  config.products.push_back(
      {.key = "gates", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}, {"gate-2", "s"}}});
  auto registry = Registry::open(std::make_unique<FickleStore>(refuses), config.registry, config.products, kDay);
  ASSERT_TRUE(registry.has_value());
  ApiUnderTest bridge(config, *std::move(registry));
  std::vector<wire::Param> item = {{"ProductKey", kProduct}, {"DeviceName", "lamp-0001"}};
  const std::string sign = wire::device_sign(wire::SignMethod::hmac_sha1, "1234", wire::device_sign_content(item));
  const auto attach = [&sign](const char* gateway) {
    return Params{{"GwProductKey", "gates"},
                  {"GwDeviceName", gateway},
                  {"TopoAddItem.1.ProductKey", kProduct},
                  {"TopoAddItem.1.DeviceName", "lamp-0001"},
                  {"TopoAddItem.1.SignMethod", "hmacSha1"},
                  {"TopoAddItem.1.Sign", sign}};
  };
  const std::string checked = bridge.act("BatchCheckDeviceNames", {{"ProductKey", kProduct}, {"DeviceName.1", "light"}})
                                  .json()["Data"]["ApplyId"]
                                  .dump();
  bridge.now += std::chrono::milliseconds(200);
  const std::pair<const char*, Params> calls[] = {
      {"CreateProduct", {{"ProductName", "Light"}, {"NodeType", "0"}}},
      {"RegisterDevice", {{"ProductKey", kProduct}, {"DeviceName", "another"}}},
      {"BatchCheckDeviceNames", {{"ProductKey", kProduct}, {"DeviceName.1", "light2"}}},
      {"BatchRegisterDeviceWithApplyId", {{"ProductKey", kProduct}, {"ApplyId", checked}}},
      {"BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "5"}}},
      {"BatchAddThingTopo", attach("gate-1")},
      {"BatchAddThingTopo", attach("gate-2")},  // moves it
      {"DisableThing", {{"ProductKey", kProduct}, {"DeviceName", "lamp-0001"}}},
      {"EnableThing", {{"ProductKey", kProduct}, {"DeviceName", "lamp-0001"}}},
      {"RemoveThingTopo", {{"ProductKey", "gates"}, {"DeviceName", "gate-2"}}},
      {"DeleteDevice", {{"ProductKey", kProduct}, {"DeviceName", "lamp-0001"}}},
  };
  for (const auto& [action, params] : calls) {
    SCOPED_TRACE(action);
    (void)bridge.act("QueryDevice", {{"ProductKey", kProduct}});  // whatever is due is done
    (void)bridge.api.take_notices();
    const std::string before = dump(bridge.api.registry());
    refuses = true;
    const Reply refused = bridge.act(action, params);
    refuses = false;
    EXPECT_EQ(refused.answer.status, 200U);
    EXPECT_EQ(refused.member("Code"), "iot.system.SystemException");
    EXPECT_EQ(dump(bridge.api.registry()), before);
    EXPECT_TRUE(bridge.api.take_notices().empty()) << "nobody is told of what was not done";
    EXPECT_EQ(bridge.act(action, params).member("Success"), "true");
    EXPECT_NE(dump(bridge.api.registry()), before);
  }
}

}  // namespace
}  // namespace fleet::bridge::test
