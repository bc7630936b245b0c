// The bcast API as a whole: who is let in, which call is meant, bodies good and bad, and the management calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bcast_fixture.h"
#include "bridge/bcast/action.h"
#include "bridge/bcast_api.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

json register_message(const std::string& content) {
  return {{"Action", "RegisterMessage"}, {"MessageContent", content}};
}

json batch_pub_qos_1() {
  json body = batch_pub();
  body["Qos"] = 1;
  return body;
}

TEST(BcastGate, LetsKeysWithTheirSecretIn) {
  BcastUnderTest bridge;
  const std::string path = std::string(kBcastPath) + "messages";
  const auto status = [&](const std::string& authorization) {
    return bridge.send({.method = "GET", .path = path, .authorization = authorization}).answer.status;
  };
  EXPECT_EQ(status(basic("key:se:cret")), 200u);
  EXPECT_EQ(status(basic("other:x")), 200u);
  EXPECT_EQ(status("basic  " + basic("other:x").substr(6)), 200u);
  for (const char* pair : {"key:se", "key:", ":se:cret", "key:x", "other:se:cret", "Key:se:cret"}) {
    const BcastReply reply = bridge.send({.method = "GET", .path = path, .authorization = basic(pair)});
    EXPECT_EQ(reply.answer.status, 401u) << pair;
    EXPECT_EQ(reply.json(), json({{"code", "BAD_API_KEY_OR_SECRET"}, {"message", "Check api_key/api_secret"}}));
  }
  for (const std::string& authorization :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer a2V5OnNlOmNyZXQ="),
        std::string("Basic *"), std::string("Basic a2V5"), std::string("Basica2V5OnNlOmNyZXQ=")}) {
    const BcastReply reply = bridge.send({.method = "GET", .path = path, .authorization = authorization});
    EXPECT_EQ(reply.answer.status, 401u) << authorization;
    EXPECT_EQ(reply.json().at("code"), "AUTHORIZATION_HEADER_ERROR") << authorization;
  }
}

TEST(BcastGate, LetsNobodyInWithoutKeys) {
  Config config = bcast_config();
  config.bcast.keys.clear();
  BcastUnderTest bridge(config);
  EXPECT_EQ(bridge.manage("GET", "messages").answer.status, 401u);
}

TEST(BcastApi, FindsEveryCallOfItsTableAndNoOther) {
  BcastUnderTest bridge;
  for (const BcastManagementCall& call : bcast_management_calls()) {
    std::string_view id;
    const std::string rest = std::string(call.path) + (call.has_id ? "/x" : "");
    EXPECT_EQ(find_bcast_management_call(call.method, rest, id), &call);
    EXPECT_EQ(id, call.has_id ? "x" : "");
    EXPECT_TRUE(call.purpose.ends_with('.'));
  }
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{{"GET", "pub"},
                                                                                     {"PUT", "messages/x"},
                                                                                     {"DELETE", "messages"},
                                                                                     {"GET", ""},
                                                                                     {"GET", "message"},
                                                                                     {"POST", "messages"},
                                                                                     {"HEAD", "messages"}}) {
    const BcastReply reply = bridge.manage(method, path);
    EXPECT_EQ(reply.answer.status, 404u) << method << path;
    EXPECT_EQ(reply.json().at("code"), "NOT_FOUND");
  }
  // Beside the path it is the other protocol's.
  const std::string beside(kBcastPath.substr(0, kBcastPath.size() - 1));
  EXPECT_NE(bridge.send({.method = "GET", .path = beside}).answer.body.find("InvalidAction.NotFound"),
            std::string::npos);
}

TEST(BcastApi, WantsAJsonObject) {
  BcastUnderTest bridge;
  for (const char* body : {"", "{", "[]", "null", "1", "\"x\"", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
                           "{\"DeviceName\":[}", "{\"DeviceName\":[\"a\",]}", "{\"DeviceName\":[\"a\" \"b\"]}",
                           "{\"a\":\"\xff\"}", "{\"Action\":\"\\ud800\"}", "{\"Qos\":01}", "{\"Action\":\"BatchPub"}) {
    const BcastReply reply = bridge.pub(std::string(body));
    EXPECT_EQ(reply.answer.status, 400u) << body;
    EXPECT_EQ(reply.json().at("code"), "BAD_REQUEST") << body;
  }
  EXPECT_EQ(bridge.pub(std::string("{\"a\":") + std::string(100'000, '[')).json().at("code"), "BAD_REQUEST");
  EXPECT_EQ(bridge.refusal(json::object()), "MissingAction");
  EXPECT_EQ(bridge.pub(std::string(" { } ")).json().at("Code"), "MissingAction");
  for (const json& action : {json("Pub"), json(""), json(1), json(nullptr), json("batchPub")}) {
    EXPECT_EQ(bridge.refusal({{"Action", action}}), "UnknownAction") << action;
  }
}

TEST(BcastApi, WantsTheJsonMediaType) {
  BcastUnderTest bridge;
  const std::string path = std::string(kBcastPath) + "pub";
  const std::string authorization = basic("other:x");
  const std::string body = batch_pub().dump();
  const auto send = [&](std::string_view type) {
    return bridge.send(
        {.method = "POST", .path = path, .content_type = type, .authorization = authorization, .body = body});
  };
  for (const char* type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=utf-8"}) {
    EXPECT_TRUE(send(type).accepted()) << type;
  }
  for (const char* type : {"", "application/x-www-form-urlencoded", "application/jsonx", "text/json"}) {
    const BcastReply reply = send(type);
    EXPECT_EQ(reply.answer.status, 415u) << type;
    EXPECT_EQ(reply.json().at("code"), "UNSUPPORTED_MEDIA_TYPE");
  }
}

TEST(BcastApi, OfAMemberGivenTwiceTheLastOneCounts) {
  BcastUnderTest bridge;
  const BcastReply reply = bridge.pub(
      std::string(R"({"Action":"PubBroadcast","ProductKey":"none","DeviceName":["x"],"Action":"BatchPub",)") +
      R"("ProductKey":"P1","DeviceName":["a","b"],"MessageContent":"AAAA"})");
  ASSERT_TRUE(reply.accepted());
  EXPECT_THAT(reply.topics(), testing::ElementsAre("/P1/a/user/get", "/P1/b/user/get"));
}

TEST(BcastManagement, ListsMessagesNewestFirst) {
  BcastUnderTest bridge;
  std::vector<std::string> ids;
  for (const char* content : {"AAAA", "AAAB", "AAAC"}) {
    ids.push_back(bridge.message_id(register_message(content)));
    bridge.wall += 1s;
  }
  json list = bridge.manage("GET", "messages").json();
  EXPECT_EQ(list.at("Success"), true);
  EXPECT_EQ(list.at("RequestId").get<std::string>().size(), 36u);
  EXPECT_EQ(list.at("TotalCount"), 3);
  ASSERT_EQ(list.at("Messages").size(), 3u);
  EXPECT_EQ(list["Messages"][0], json({{"MessageId", ids[2]},
                                       {"CreatedAt", 1'767'323'047},
                                       {"ExpiresAt", 1'767'323'047 + 15 * 86'400},
                                       {"PayloadSize", 3}}));
  list = bridge.manage("GET", "messages", "limit=1&offset=1").json();
  ASSERT_EQ(list.at("Messages").size(), 1u);
  EXPECT_EQ(list["Messages"][0]["MessageId"], ids[1]);
  EXPECT_EQ(list.at("TotalCount"), 3);
  EXPECT_TRUE(bridge.manage("GET", "messages", "offset=3").json().at("Messages").empty());
  EXPECT_TRUE(bridge.manage("GET", "messages", "offset=18446744073709551615").json().at("Messages").empty());
  for (const char* query : {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1x", "offset=-1",
                            "offset=18446744073709551616", "limit=%zz"}) {
    const BcastReply reply = bridge.manage("GET", "messages", query);
    EXPECT_EQ(reply.answer.status, 400u) << query;
    EXPECT_EQ(reply.json().at("Code"), "InvalidParams") << query;
  }
}

TEST(BcastManagement, ShowsAndForgetsAMessage) {
  BcastUnderTest bridge;
  const std::string id = bridge.message_id(register_message("AAAA"));
  const json message = bridge.manage("GET", "messages/" + id).json();
  EXPECT_EQ(message.at("MessageId"), id);
  EXPECT_EQ(message.at("PayloadSize"), 3);
  EXPECT_EQ(message.at("DeliveryCount"), 0);
  const BcastReply deleted = bridge.manage("DELETE", "messages/" + id);
  EXPECT_EQ(deleted.answer.status, 200u);
  EXPECT_EQ(deleted.json().at("Success"), true);
  EXPECT_EQ(deleted.json().size(), 2u);
  for (const char* method : {"GET", "DELETE"}) {
    for (const std::string& unknown : {id, std::string(), std::string("a/b")}) {
      const BcastReply reply = bridge.manage(method, "messages/" + unknown);
      EXPECT_EQ(reply.answer.status, 404u) << unknown;
      EXPECT_EQ(reply.json().at("Code"), "MessageNotFound") << unknown;
    }
  }
}

TEST(BcastManagement, MessagesExpireBehindTheirLastUse) {
  BcastUnderTest bridge;
  const std::string id = bridge.message_id(register_message("AAAA"));
  bridge.wall += 14 * 24h;
  EXPECT_EQ(bridge.message_id({{"Action", "RegisterMessage"}, {"MessageId", id}}), id);
  bridge.wall += 15 * 24h - 1s;
  EXPECT_EQ(bridge.manage("GET", "messages/" + id).answer.status, 200u);
  bridge.wall += 1s;
  EXPECT_EQ(bridge.manage("GET", "messages/" + id).answer.status, 404u);
  EXPECT_EQ(bridge.manage("GET", "messages").json().at("TotalCount"), 0);
}

TEST(BcastManagement, ShowsDeliveriesUntilTheirCallIsAnswered) {
  BcastUnderTest bridge;
  BcastReply call = bridge.pub(batch_pub_qos_1());
  ASSERT_TRUE(call.accepted());
  const json found = bridge.manage("GET", "deliveries", "product_key=P1&device_name=D2").json().at("Deliveries");
  ASSERT_EQ(found.size(), 1u);
  const std::string id = found[0].at("DeliveryId");
  const std::string message_id = call.finish(PublishOutcome::done, 200).at("MessageId");
  EXPECT_EQ(found[0], json({{"DeliveryId", id},
                            {"MessageId", message_id},
                            {"ProductKey", "P1"},
                            {"DeviceNames", {"D1", "D2"}},
                            {"TargetCount", 2},
                            {"PendingCount", 2},
                            {"CreatedAt", 1'767'323'045},
                            {"ExpiresAt", 1'767'323'045 + 15 * 86'400}}));
  const json one = bridge.manage("GET", "deliveries/" + id).json();
  EXPECT_EQ(one.at("Success"), true);
  EXPECT_EQ(one.at("DeviceNames"), found[0].at("DeviceNames"));
  EXPECT_EQ(bridge.manage("GET", "messages/" + message_id).json().at("DeliveryCount"), 1);
  for (const char* other : {"product_key=P1&device_name=D3", "product_key=P2&device_name=D2"}) {
    EXPECT_TRUE(bridge.manage("GET", "deliveries", other).json().at("Deliveries").empty());
  }
  call = {};  // answered, or its caller is gone
  EXPECT_EQ(bridge.manage("GET", "deliveries/" + id).json().at("Code"), "DeliveryNotFound");
  EXPECT_EQ(bridge.manage("GET", "messages/" + message_id).json().at("DeliveryCount"), 0);
}

TEST(BcastManagement, NamesStandInAnyTemplate) {
  BcastUnderTest bridge;
  json body = batch_pub_qos_1();
  body["TopicTemplateName"] = "x/${deviceName}/${productKey}/${deviceName}";
  body["DeviceName"] = {"long-name", "s"};
  const BcastReply call = bridge.pub(body);
  ASSERT_TRUE(call.accepted());
  const json found = bridge.manage("GET", "deliveries", "product_key=P1&device_name=s").json().at("Deliveries");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].at("DeviceNames"), json({"long-name", "s"}));
}

TEST(BcastManagement, DeliveriesOfQos0AreNotKept) {
  BcastUnderTest bridge;
  const BcastReply call = bridge.pub(batch_pub());
  ASSERT_TRUE(call.accepted());
  EXPECT_TRUE(bridge.manage("GET", "deliveries", "product_key=P1&device_name=D1").json().at("Deliveries").empty());
}

TEST(BcastManagement, ForgetsADeliveryAndStillAnswersItsCall) {
  BcastUnderTest bridge;
  const BcastReply first = bridge.pub(batch_pub_qos_1());
  const BcastReply second = bridge.pub(batch_pub_qos_1());
  const std::string query = "product_key=P1&device_name=D1";
  json found = bridge.manage("GET", "deliveries", query).json().at("Deliveries");
  ASSERT_EQ(found.size(), 2u);
  const std::string id = found[0].at("DeliveryId");
  EXPECT_EQ(bridge.manage("DELETE", "deliveries/" + id).json().at("Success"), true);
  EXPECT_EQ(bridge.manage("DELETE", "deliveries/" + id).json().at("Code"), "DeliveryNotFound");
  EXPECT_EQ(bridge.manage("DELETE", "deliveries/" + id).answer.status, 404u);
  EXPECT_EQ(first.finish(PublishOutcome::done, 200).at("Success"), true);
  // A message takes its deliveries with it.
  const std::string message_id = second.finish(PublishOutcome::done, 200).at("MessageId");
  EXPECT_EQ(bridge.manage("DELETE", "messages/" + message_id).answer.status, 200u);
  EXPECT_TRUE(bridge.manage("GET", "deliveries", query).json().at("Deliveries").empty());
}

TEST(BcastManagement, WantsBothNamesOfADevice) {
  BcastUnderTest bridge;
  for (const char* query : {"", "product_key=P1", "device_name=D1", "product_key=&device_name=D1"}) {
    const BcastReply reply = bridge.manage("GET", "deliveries", query);
    EXPECT_EQ(reply.answer.status, 400u);
    EXPECT_EQ(reply.json().at("Code"), "InvalidParams");
  }
}

TEST(BcastManagement, CallsMayOutliveTheApi) {
  auto bridge = std::make_unique<BcastUnderTest>();
  BcastReply call = bridge->pub(batch_pub_qos_1());
  bridge.reset();
  EXPECT_EQ(call.finish(PublishOutcome::stopping, 500).at("Code"), "InternalError");
  call = {};
}

}  // namespace
}  // namespace fleet::bridge::test
