// Registration in batches, as a caller sees it: CHECK, CREATE and how they end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_fixture.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using Params = std::map<std::string, std::string>;
constexpr const char* kProduct = "a1BwAGVxxxx";

class ApplyBatches : public ::testing::Test {
 protected:
  json act(const std::string& action, Params params) { return bridge.act(action, params).json(); }

  std::string check(const std::vector<std::string>& names) {
    Params params = {{"ProductKey", kProduct}};
    for (std::size_t i = 0; i < names.size(); ++i) params[fmt::format("DeviceName.{}", i + 1)] = names[i];
    return act("BatchCheckDeviceNames", params).at("Data").at("ApplyId").dump();
  }
  json status(const std::string& id) {
    return act("QueryBatchRegisterDeviceStatus", {{"ProductKey", kProduct}, {"ApplyId", id}}).at("Data");
  }
  json create(const std::string& id) {
    return act("BatchRegisterDeviceWithApplyId", {{"ProductKey", kProduct}, {"ApplyId", id}});
  }
  json page(const std::string& id, Params more = {}) {
    more["ApplyId"] = id;
    return act("QueryPageByApplyId", more);
  }
  void wait() { bridge.now += std::chrono::milliseconds(200); }

  ApiUnderTest bridge;
};

TEST_F(ApplyBatches, GoFromCheckToCreated) {
  const std::string id = check({"light1", "light2"});
  EXPECT_EQ(status(id), json::parse(R"({"Status":"CHECK","ValidList":{"Name":[]},"InvalidList":{"Name":[]}})"));
  bridge.now += std::chrono::milliseconds(199);
  EXPECT_EQ(status(id)["Status"], "CHECK");
  bridge.now += std::chrono::milliseconds(1);
  EXPECT_EQ(status(id), json::parse(R"({"Status":"CHECK_SUCCESS","ValidList":{"Name":[]},"InvalidList":{"Name":[]}})"));
  EXPECT_EQ(page(id)["Total"], 0);

  const json begun = create(id);
  EXPECT_EQ(begun["Success"], true);
  EXPECT_EQ(begun["Data"]["ApplyId"].dump(), id);
  EXPECT_EQ(status(id)["Status"], "CREATE");
  EXPECT_EQ(page(id)["ApplyDeviceList"], json::parse(R"({"ApplyDeviceInfo":[]})"));
  EXPECT_EQ(bridge.api.registry().device({kProduct, "light1"}), nullptr);
  wait();
  EXPECT_EQ(status(id),
            json::parse(R"({"Status":"CREATE_SUCCESS","ValidList":{"Name":[]},"InvalidList":{"Name":[]}})"));
  ASSERT_NE(bridge.api.registry().device({kProduct, "light1"}), nullptr);

  const json made = page(id);
  EXPECT_EQ(made["Page"], 1);
  EXPECT_EQ(made["PageSize"], 10);
  EXPECT_EQ(made["PageCount"], 1);
  EXPECT_EQ(made["Total"], 2);
  const json device = made["ApplyDeviceList"]["ApplyDeviceInfo"][1];
  EXPECT_EQ(device["DeviceName"], "light2");
  EXPECT_EQ(device["DeviceSecret"].get<std::string>().size(), 32u);
  EXPECT_EQ(device["IotId"].get<std::string>().substr(0, 20), device["DeviceId"]);
}

TEST_F(ApplyBatches, TheStatusInXmlHasEmptyLists) {
  Params params =
      params_of("QueryBatchRegisterDeviceStatus", {{"ProductKey", kProduct}, {"ApplyId", check({"light1"})}});
  params.erase("Format");
  const Reply reply = bridge.call(params);
  EXPECT_TRUE(reply.answer.body.ends_with(
      "<Success>true</Success><Data><Status>CHECK</Status><ValidList></ValidList><InvalidList></InvalidList></Data>"
      "</QueryBatchRegisterDeviceStatusResponse>"))
      << reply.answer.body;
}

TEST_F(ApplyBatches, TakenNamesFailTheCheck) {
  const std::string id = check({"light1", "newdevice1", "light2", "newdevice2"});
  wait();
  EXPECT_EQ(status(id), json::parse(R"({
      "Status": "CHECK_FAILED",
      "ValidList": {"Name": ["light1", "light2"]},
      "InvalidList": {"Name": ["newdevice1", "newdevice2"]},
      "InvalidDetailList": {"invalidDetailList": [
        {"DeviceName": "newdevice1", "ErrorMsg": "The device name already exists."},
        {"DeviceName": "newdevice2", "ErrorMsg": "The device name already exists."}]}})"));
  EXPECT_EQ(create(id)["Code"], "iot.device.IncorrentDeviceApplyInfo");
}

TEST_F(ApplyBatches, ACheckReservesNothing) {
  const std::string first = check({"light1", "light2"});
  const std::string second = check({"light2", "light3"});
  wait();
  EXPECT_EQ(create(first)["Success"], true);
  EXPECT_EQ(create(second)["Success"], true);
  wait();
  EXPECT_EQ(status(first)["Status"], "CREATE_SUCCESS");
  const json failed = status(second);
  EXPECT_EQ(failed["Status"], "CREATE_FAILED");
  EXPECT_EQ(failed["ValidList"]["Name"], json::parse(R"(["light3"])"));
  EXPECT_EQ(failed["InvalidList"]["Name"], json::parse(R"(["light2"])"));
  EXPECT_EQ(page(second)["Total"], 1);
}

TEST_F(ApplyBatches, CreationWaitsForTheCheckAndIsAnsweredAlikeAgain) {
  const std::string id = check({"light1"});
  EXPECT_EQ(create(id)["Code"], "iot.device.CreateDeviceTaskIsRunning");
  wait();
  EXPECT_EQ(create(id)["Success"], true);
  EXPECT_EQ(create(id)["Code"], "iot.device.CreateDeviceTaskIsRunning");
  wait();
  const json again = create(id);
  EXPECT_EQ(again["Success"], true);
  EXPECT_EQ(again["Data"]["ApplyId"].dump(), id);
  EXPECT_EQ(page(id)["Total"], 1);
}

TEST_F(ApplyBatches, RandomNamesAreCreatedAtOnce) {
  const json begun = act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "23"}});
  const std::string id = begun["Data"]["ApplyId"].dump();
  EXPECT_EQ(status(id)["Status"], "CREATE");
  wait();
  EXPECT_EQ(status(id)["Status"], "CREATE_SUCCESS");
  EXPECT_EQ(page(id)["PageCount"], 3);
  const json last = page(id, {{"CurrentPage", "3"}});
  EXPECT_EQ(last["Total"], 23);
  EXPECT_EQ(last["ApplyDeviceList"]["ApplyDeviceInfo"].size(), 3u);
  const json whole = page(id, {{"PageSize", "50"}});
  std::set<std::string> names;
  for (const json& device : whole["ApplyDeviceList"]["ApplyDeviceInfo"]) names.insert(device["DeviceName"]);
  EXPECT_EQ(names.size(), 23u);
  const json past = page(id, {{"CurrentPage", "4"}});
  EXPECT_EQ(past["Success"], true);
  EXPECT_EQ(past["ApplyDeviceList"]["ApplyDeviceInfo"].size(), 0u);
  EXPECT_EQ(page(id, {{"CurrentPage", "4294967295"}, {"PageSize", "50"}})["Success"], true);
  EXPECT_EQ(page(id, {{"CurrentPage", ""}, {"PageSize", ""}})["PageSize"], 10);
}

TEST_F(ApplyBatches, RefusesBadCounts) {
  for (const char* count : {"0", "-1", "x", "1.5", "", " 1", "99999999999"}) {
    EXPECT_EQ(act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", count}})["Code"],
              "iot.common.InvalidFormattedParameter")
        << count;
  }
  EXPECT_EQ(act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "10001"}})["Code"],
            "iot.device.DeviceCountExceeded");
  EXPECT_EQ(act("BatchRegisterDevice", {{"ProductKey", kProduct}, {"Count", "10000"}})["Success"], true);
  EXPECT_EQ(act("BatchRegisterDevice", {{"ProductKey", kProduct}})["Code"], "MissingCount");
}

TEST_F(ApplyBatches, RefusesBadPages) {
  const std::string id = check({"light1"});
  for (const auto& [name, value] : {std::pair{"CurrentPage", "0"},
                                    {"CurrentPage", "-1"},
                                    {"CurrentPage", "x"},
                                    {"CurrentPage", "4294967296"},
                                    {"PageSize", "0"},
                                    {"PageSize", "51"},
                                    {"PageSize", "1e1"}}) {
    EXPECT_EQ(page(id, {{name, value}})["Code"], "iot.common.InvalidPageParams") << name << "=" << value;
  }
  EXPECT_EQ(page(id, {{"PageSize", "50"}})["Success"], true);
}

TEST_F(ApplyBatches, RefusesBadApplyIds) {
  const std::string id = check({"light1"});
  for (const char* action :
       {"QueryBatchRegisterDeviceStatus", "BatchRegisterDeviceWithApplyId", "QueryPageByApplyId"}) {
    const auto code = [&](Params params) {
      params.try_emplace("ProductKey", kProduct);
      return act(action, params).value("Code", "");
    };
    EXPECT_EQ(code({}), "MissingApplyId");
    EXPECT_EQ(code({{"ApplyId", ""}}), "iot.device.NullApplyId");
    for (const char* bad : {"0", "-5", "12x", "+1", " 1", "9223372036854775808", "99999999999999999999999"}) {
      EXPECT_EQ(code({{"ApplyId", bad}}), "iot.device.InvalidFormattedApplyId") << bad;
    }
    EXPECT_EQ(code({{"ApplyId", "4711"}}), "iot.device.DeviceApplyIsNotFound");
    if (std::string_view(action) == "QueryPageByApplyId") continue;
    EXPECT_EQ(code({{"ApplyId", id}, {"ProductKey", "otherproduct"}}), "iot.device.IncorrentDeviceApplyInfo");
    EXPECT_EQ(code({{"ApplyId", id}, {"ProductKey", "nobody"}}), "iot.prod.NotExistedProduct");
    EXPECT_EQ(code({{"ApplyId", id}, {"ProductKey", ""}}), "iot.prod.NullProductKey");
  }
}

}  // namespace
}  // namespace fleet::bridge::test
