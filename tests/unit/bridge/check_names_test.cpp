// BatchCheckDeviceNames: both forms of its list, every way in which names and nicknames can be wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api_fixture.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using Params = std::map<std::string, std::string>;

Config with_x509() {
  Config config = example_config();
  config.products.push_back({.key = "x509product", .x509 = true});
  return config;
}

Params names(const std::vector<std::string>& list, const std::string& product = "a1BwAGVxxxx") {
  Params params = {{"ProductKey", product}};
  for (std::size_t i = 0; i < list.size(); ++i) params[fmt::format("DeviceName.{}", i + 1)] = list[i];
  return params;
}

Params named(const std::vector<std::pair<std::string, std::string>>& list) {
  Params params = {{"ProductKey", "a1BwAGVxxxx"}};
  for (std::size_t i = 0; i < list.size(); ++i) {
    params[fmt::format("DeviceNameList.{}.DeviceName", i + 1)] = list[i].first;
    params[fmt::format("DeviceNameList.{}.DeviceNickname", i + 1)] = list[i].second;
  }
  return params;
}

json checked(const Params& params) {
  ApiUnderTest bridge;
  return bridge.act("BatchCheckDeviceNames", params).json();
}

std::size_t names_in(ApiUnderTest& bridge, const json& answer) {
  const ApplyBatch* const batch = bridge.api.registry().apply_batch(answer.at("Data").at("ApplyId"));
  return batch == nullptr ? 0 : batch->names.size();
}

TEST(CheckNames, GivesAnApplyId) {
  const json answer = checked(names({"light1", "light2"}));
  EXPECT_EQ(answer["Success"], true);
  EXPECT_TRUE(answer["Data"]["ApplyId"].is_number_unsigned());
  EXPECT_FALSE(answer.contains("Code"));
}

TEST(CheckNames, AnswersInXmlToo) {
  ApiUnderTest bridge;
  Params params = params_of("BatchCheckDeviceNames", names({"light1"}));
  params.erase("Format");
  const Reply good = bridge.call(params);
  EXPECT_TRUE(
      good.answer.body.ends_with("<Success>true</Success><Data><ApplyId>1000000</ApplyId></Data>"
                                 "</BatchCheckDeviceNamesResponse>"))
      << good.answer.body;
  params["DeviceName.2"] = "APT$";
  params["DeviceName.3"] = "aw";
  params.erase("Signature");
  const Reply bad = bridge.call(params);
  EXPECT_NE(bad.answer.body.find("<Data><InvalidDeviceNameList><InvalidDeviceName>APT$</InvalidDeviceName>"
                                 "<InvalidDeviceName>aw</InvalidDeviceName></InvalidDeviceNameList>"),
            std::string::npos)
      << bad.answer.body;
}

TEST(CheckNames, ListsWhatIsIllegal) {
  const json answer = checked(names({"good1", "APT$", "aw"}));
  EXPECT_EQ(answer["Code"], "iot.device.InvalidDeviceNameExisted");
  EXPECT_EQ(answer["Data"], json::parse(R"({
      "InvalidDeviceNameList": {"InvalidDeviceName": ["APT$", "aw"]},
      "InvalidDetailList": {"InvalidDetailList": [
        {"DeviceName": "APT$", "ErrorMsg": "The device name is illegal."},
        {"DeviceName": "aw", "ErrorMsg": "The device name is illegal."}]}})"));
}

TEST(CheckNames, KnowsTheLengthsAndCharactersOfNames) {
  for (const std::string& name :
       {std::string(4, 'a'), std::string(31, 'a'), std::string(32, 'a'), std::string("aA0-_@.:")}) {
    EXPECT_EQ(checked(names({name}))["Success"], true) << name;
  }
  for (const std::string& name : {std::string(), std::string(3, 'a'), std::string(33, 'a'), std::string("caf\xc3\xa9"),
                                  std::string("\xff\xfe\xfd\xfc"), std::string("\xe6\x99\xba\xe8\x83\xbd")}) {
    EXPECT_EQ(checked(names({name}))["Code"], "iot.device.InvalidDeviceNameExisted") << name;
  }
  for (int byte = 1; byte < 256; ++byte) {  // no byte 0: the form refuses it
    const char c = static_cast<char>(byte);
    const bool legal = std::isalnum(byte) != 0 ? byte < 128 : std::string_view("_@.:-").find(c) != std::string::npos;
    EXPECT_EQ(checked(names({std::string("name") + c}))["Success"], legal) << byte;
  }
}

TEST(CheckNames, TellsEachRepeatedNameOnce) {
  const json answer = checked(names({"light1", "light2", "light1", "light1", "light2", "light3"}));
  EXPECT_EQ(answer["Code"], "iot.device.InvalidDeviceNameExisted");
  EXPECT_EQ(answer["Data"], json::parse(R"({"RepeatedDeviceNameList": {"RepeatedDeviceName": ["light1", "light2"]}})"));
}

TEST(CheckNames, CountsWideCharactersOfNicknamesTwice) {
  const auto takes = [](const std::string& nickname) { return checked(named({{"light1", nickname}}))["Success"]; };
  const auto times = [](int count, const std::string& text) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  const std::string chinese = "\xe6\x99\xba";   // U+667A
  const std::string rare = "\xf0\xa0\x80\x80";  // U+20000, four bytes, a surrogate pair in UTF-16
  const std::string hiragana = "\xe3\x81\x82";  // U+3042
  const std::string katakana = "\xe3\x82\xa2";  // U+30A2
  EXPECT_EQ(takes("abc"), false);
  EXPECT_EQ(takes("abcd"), true);
  EXPECT_EQ(takes(times(64, "a")), true);
  EXPECT_EQ(takes(times(65, "a")), false);
  EXPECT_EQ(takes(chinese), false);
  EXPECT_EQ(takes(chinese + "a"), false);
  EXPECT_EQ(takes(chinese + chinese), true);
  EXPECT_EQ(takes(times(32, chinese)), true);
  EXPECT_EQ(takes(times(32, chinese) + "a"), false);
  EXPECT_EQ(takes(times(31, hiragana) + "ab"), true);
  EXPECT_EQ(takes(katakana + rare + "_9Z"), true);
  EXPECT_EQ(takes(times(32, rare)), true);
  for (const std::string& bad :
       {std::string("light-1"), std::string("light 1"), std::string("caf\xc3\xa9"),
        std::string("\xf0\x9f\x92\xa1"
                    "ab"),
        std::string("\xed\xa0\x80\xed\xb0\x80"), std::string("ab\xe6\x99"), std::string("\xc0\xafxx"),
        std::string("\xea\xb0\x80\xea\xb0\x80"), std::string("\xef\xbc\xa1\xef\xbc\xa1")}) {
    EXPECT_EQ(takes(bad), false) << bad;
  }
  EXPECT_EQ(takes(""), true) << "none is given";
}

TEST(CheckNames, TellsBothErrorsOfAnElement) {
  const json answer = checked(named({{"APT$", "bad nick"}, {"light2", "x"}, {"light3", "good_nick"}}));
  EXPECT_EQ(answer["Code"], "iot.device.InvalidDeviceNameExisted");
  EXPECT_EQ(answer["Data"], json::parse(R"({
      "InvalidDeviceNameList": {"InvalidDeviceName": ["APT$"]},
      "InvalidDeviceNicknameList": {"InvalidDeviceNickname": ["bad nick", "x"]},
      "InvalidDetailList": {"InvalidDetailList": [
        {"DeviceName": "APT$", "NickName": "bad nick",
         "ErrorMsg": "The device name is illegal.|The nick name is illegal."},
        {"DeviceName": "light2", "NickName": "x", "ErrorMsg": "The nick name is illegal."}]}})"));
  EXPECT_EQ(checked(named({{"light2", "x"}}))["Code"], "iot.device.InvalidDeviceNickNameExisted");
}

TEST(CheckNames, TheListOfStructsWins) {
  ApiUnderTest bridge;
  Params params = names({"APT$"});
  params["DeviceNameList.2.DeviceName"] = "light2";
  params["DeviceNameList.7.DeviceName"] = "light7";
  params["DeviceNameList.7.DeviceNickname"] = "lamp_seven";
  const json answer = bridge.act("BatchCheckDeviceNames", params).json();
  const ApplyBatch* const batch = bridge.api.registry().apply_batch(answer.at("Data").at("ApplyId"));
  ASSERT_EQ(batch->names.size(), 2u);
  EXPECT_EQ(batch->names.name(1), "light7");
  EXPECT_EQ(batch->names.nickname(1), "lamp_seven");
  EXPECT_EQ(batch->names.nickname(0), "");
}

TEST(CheckNames, ANicknameNeedsItsName) {
  ApiUnderTest bridge;
  const Reply reply = bridge.act(
      "BatchCheckDeviceNames",
      {{"ProductKey", "a1BwAGVxxxx"}, {"DeviceName.1", "light1"}, {"DeviceNameList.3.DeviceNickname", "lamp"}});
  EXPECT_EQ(reply.answer.status, 400u);
  EXPECT_EQ(reply.member("Code"), "MissingDeviceNameList.3.DeviceName");
}

TEST(CheckNames, NamesBeyondTheLimitAreDroppedWithoutAWord) {
  ApiUnderTest bridge(with_x509());
  std::vector<std::string> list;
  for (int i = 0; i < 10'001; ++i) list.push_back(fmt::format("light-{}", i));
  list.push_back("$");  // dropped before it is looked at
  EXPECT_EQ(names_in(bridge, bridge.act("BatchCheckDeviceNames", names(list)).json()), 10'000u);
  EXPECT_EQ(names_in(bridge, bridge.act("BatchCheckDeviceNames", names(list, "x509product")).json()), 1'000u);
  list.resize(1'000);
  EXPECT_EQ(names_in(bridge, bridge.act("BatchCheckDeviceNames", names(list, "x509product")).json()), 1'000u);
}

TEST(CheckNames, TenThousandNamesWithNicknamesFitIntoACall) {
  ApiUnderTest bridge;
  Params params = {{"ProductKey", "a1BwAGVxxxx"}};
  for (int i = 1; i <= 10'000; ++i) {
    params[fmt::format("DeviceNameList.{}.DeviceName", i)] = fmt::format("a-name-of-32-characters-is:{:05}", i);
    params[fmt::format("DeviceNameList.{}.DeviceNickname", i)] =
        "\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba\xe6\x99\xba";
  }
  EXPECT_EQ(names_in(bridge, bridge.act("BatchCheckDeviceNames", params).json()), 10'000u);
}

TEST(CheckNames, EveryFailureHoldsData) {
  const std::pair<Params, std::string> rows[] = {
      {{{"ProductKey", "a1BwAGVxxxx"}}, "iot.device.NoneDeviceNameElement"},
      {names({"light1"}, "nobody"), "iot.prod.NotExistedProduct"},
      {names({"light1"}, "a b"), "iot.prod.InvalidFormattedProductkey"},
      {names({"light1"}, ""), "iot.prod.NullProductKey"},
  };
  for (const auto& [params, code] : rows) {
    const json answer = checked(params);
    EXPECT_EQ(answer["Code"], code);
    EXPECT_EQ(answer["Data"], json::object()) << code;
  }
  ApiUnderTest bridge;
  EXPECT_EQ(bridge.act("BatchCheckDeviceNames", {{"DeviceName.1", "light1"}}).member("Code"), "MissingProductKey");
}

}  // namespace
}  // namespace fleet::bridge::test
