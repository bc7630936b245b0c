// Products that belong to one account: others cannot use them, whatever they ask.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_fixture.h"
#include "wire/device_sign.h"

namespace fleet::bridge::test {
namespace {

using Params = std::map<std::string, std::string>;

Config owned() {
  Config config = example_config();
  config.products.push_back({.key = "mine",
                             .account = "testid",
                             .topics = {{"get", TopicOperation::subscribe}},
                             .devices = {{"lamp-1", "s"}}});
  config.products.push_back(
      {.key = "gates", .account = "testid", .kind = DeviceKind::gateway, .devices = {{"gate-1", "s"}}});
  config.products.push_back(
      {.key = "open", .kind = DeviceKind::gateway, .devices = {{"gate-2", "s"}, {"lamp-2", "s"}}});
  return config;
}

class Ownership : public ::testing::Test {
 protected:
  // The Code of a call by the account, "" for a success.
  std::string code(const char* account, const std::string& action, const Params& business) {
    Params params = params_of(action, business);
    params["AccessKeyId"] = account;
    params["SignatureNonce"] = fmt::format("n-{}", ++nonces_);
    sign(params, "POST", account == std::string("second") ? "other" : "testsecret");
    const Reply reply = bridge_.call(params);
    return reply.accepted() ? "" : reply.member("Code");
  }
  static Params attach(const std::string& gateway_product, const std::string& gateway, const std::string& product,
                       const std::string& name) {
    std::vector<wire::Param> fields = {{"ProductKey", product}, {"DeviceName", name}};
    return {
        {"GwProductKey", gateway_product},
        {"GwDeviceName", gateway},
        {"TopoAddItem.1.ProductKey", product},
        {"TopoAddItem.1.DeviceName", name},
        {"TopoAddItem.1.SignMethod", "hmacMd5"},
        {"TopoAddItem.1.Sign", wire::device_sign(wire::SignMethod::hmac_md5, "s", wire::device_sign_content(fields))}};
  }

  ApiUnderTest bridge_{owned()};
  int nonces_ = 0;
};

TEST_F(Ownership, IsCheckedByEveryActionThatNamesAProduct) {
  const std::string iot_id(bridge_.api.registry().device({"mine", "lamp-1"})->iot_id());
  const Params device = {{"ProductKey", "mine"}, {"DeviceName", "lamp-1"}};
  const auto with = [](Params params, const Params& more) {
    params.insert(more.begin(), more.end());
    return params;
  };
  const std::pair<const char*, Params> calls[] = {
      {"BatchPub",
       {{"ProductKey", "mine"}, {"DeviceName.1", "lamp-1"}, {"TopicShortName", "get"}, {"MessageContent", "aGVsbG8="}}},
      {"Pub", {{"ProductKey", "mine"}, {"TopicFullName", "/mine/lamp-1/user/get"}, {"MessageContent", "aGVsbG8="}}},
      {"PubBroadcast", {{"ProductKey", "mine"}, {"MessageContent", "aGVsbG8="}}},
      {"QueryProductTopic", {{"ProductKey", "mine"}}},
      {"QueryDevice", {{"ProductKey", "mine"}}},
      {"QueryDeviceDetail", device},
      {"QueryDeviceDetail", {{"IotId", iot_id}}},
      {"GetThingTopo", with(device, {{"PageNo", "1"}, {"PageSize", "1"}})},
      {"BatchCheckDeviceNames", {{"ProductKey", "mine"}, {"DeviceName.1", "new-1"}}},
      {"BatchRegisterDevice", {{"ProductKey", "mine"}, {"Count", "1"}}},
      {"RegisterDevice", {{"ProductKey", "mine"}, {"DeviceName", "new-2"}}},
      {"DisableThing", device},
      {"EnableThing", {{"IotId", iot_id}}},
      {"NotifyAddThingTopo", {{"GwProductKey", "gates"}, {"GwDeviceName", "gate-1"}}},
      {"NotifyAddThingTopo",
       {{"GwProductKey", "open"}, {"GwDeviceName", "gate-2"}, {"DeviceListStr", "[{\"IotId\":\"" + iot_id + "\"}]"}}},
      {"RemoveThingTopo", device},
      {"RemoveThingTopo", {{"IotId", iot_id}}},
      {"DeleteDevice", {{"IotId", iot_id}}},
      {"DeleteDevice", device},
  };
  for (const auto& [action, params] : calls) {
    EXPECT_EQ(code("second", action, params), "iot.Prod.NotProductOwner") << action;
  }
  for (const auto& [action, params] : calls) {
    if (params == device && action == std::string_view("DeleteDevice")) continue;  // gone by its IotId
    EXPECT_EQ(code("testid", action, params), "") << action;
  }
}

TEST_F(Ownership, OfAGatewayHasACodeOfItsOwn) {
  EXPECT_EQ(code("second", "BatchAddThingTopo", attach("gates", "gate-1", "open", "lamp-2")),
            "iot.common.AuthActionPermissionDeny");
  EXPECT_EQ(code("second", "BatchAddThingTopo", attach("gates", "gate-9", "open", "lamp-2")),
            "iot.common.AuthActionPermissionDeny");
  EXPECT_EQ(code("second", "BatchAddThingTopo", attach("open", "gate-2", "mine", "lamp-1")),
            "iot.Prod.NotProductOwner");
  EXPECT_EQ(code("second", "BatchAddThingTopo", attach("open", "gate-2", "open", "lamp-2")), "");
  EXPECT_EQ(code("testid", "BatchAddThingTopo", attach("gates", "gate-1", "mine", "lamp-1")), "");
}

TEST_F(Ownership, OfABatchIsThatOfItsProduct) {
  const Params params = params_of("BatchRegisterDevice", {{"ProductKey", "mine"}, {"Count", "1"}});
  const std::string id = bridge_.call(params).json()["Data"]["ApplyId"].dump();
  const Params apply = {{"ProductKey", "mine"}, {"ApplyId", id}};
  for (const char* action : {"QueryBatchRegisterDeviceStatus", "BatchRegisterDeviceWithApplyId"}) {
    EXPECT_EQ(code("second", action, apply), "iot.Prod.NotProductOwner");
  }
  EXPECT_EQ(code("second", "QueryPageByApplyId", {{"ApplyId", id}}), "iot.device.DeviceApplyIsNotFound");
  EXPECT_EQ(code("testid", "QueryPageByApplyId", {{"ApplyId", id}}), "");
}

// A name is taken within an account, as that of a product that is anybody's is for all.
TEST_F(Ownership, OfAProductIsTheAccountsThatMadeIt) {
  const Params make = {{"ProductName", "thermometer"}, {"NodeType", "0"}};
  EXPECT_EQ(code("second", "CreateProduct", make), "");
  EXPECT_EQ(code("second", "CreateProduct", make), "iot.prod.AlreadyExistedProductName");
  EXPECT_EQ(code("testid", "CreateProduct", make), "");
  const std::string key = bridge_.api.registry().products().back()->key();
  EXPECT_EQ(code("testid", "RegisterDevice", {{"ProductKey", key}, {"DeviceName", "lamp-9"}}), "");
  EXPECT_EQ(code("second", "RegisterDevice", {{"ProductKey", key}, {"DeviceName", "lamp-8"}}),
            "iot.Prod.NotProductOwner");
}

TEST_F(Ownership, IsNobodysWhereTheConfigurationNamesNone) {
  EXPECT_EQ(code("second", "QueryDevice", {{"ProductKey", "open"}}), "");
  EXPECT_EQ(code("testid", "QueryDevice", {{"ProductKey", "open"}}), "");
}

}  // namespace
}  // namespace fleet::bridge::test
