// The actions of the bcast API: what they publish, what they answer, and every reason to refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include "bcast_fixture.h"
#include "bridge/bcast/action.h"
#include "bridge/bcast/topic.h"
#include "wire/encoding.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;
using testing::ElementsAre;

json with(json body, const std::string& name, const json& value) {
  body[name] = value;
  return body;
}

json without(json body, const std::string& name) {
  body.erase(name);
  return body;
}

std::string base64_of(std::size_t bytes) { return wire::base64_encode(std::vector<std::byte>(bytes, std::byte{7})); }

json names(std::size_t count) {
  json list = json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back("dev-" + std::to_string(i));
  return list;
}

json broadcast() { return {{"Action", "PubBroadcast"}, {"ProductKey", "P1"}, {"MessageContent", "SGVsbG8="}}; }
json register_message(const std::string& content = "SGVsbG8=") {
  return {{"Action", "RegisterMessage"}, {"MessageContent", content}};
}

TEST(BcastBatchPub, PublishesOnePayloadToTheDefaultTopicOfEachDevice) {
  BcastUnderTest bridge;
  const BcastReply reply = bridge.pub(batch_pub());
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_THAT(reply.topics(), ElementsAre("/P1/D1/user/get", "/P1/D2/user/get"));
  EXPECT_EQ(reply.payload(), "Hello");
  EXPECT_EQ(reply.batch().qos, wire::mqtt::Qos::at_most_once);
  EXPECT_FALSE(reply.batch().retain);
  const json answer = reply.finish(PublishOutcome::done, 200);
  EXPECT_EQ(answer.at("Success"), true);
  EXPECT_EQ(answer.at("RequestId").get<std::string>().size(), 36u);
  EXPECT_EQ(answer.at("MessageId").get<std::string>().size(), 36u);
  EXPECT_EQ(answer.size(), 3u);
}

TEST(BcastBatchPub, TakesTopicsInTheirOrderOfPrecedence) {
  BcastUnderTest bridge;
  const auto topics = [&](const json& body) { return bridge.pub(body).topics(); };
  EXPECT_THAT(topics(with(batch_pub(), "TopicShortName", "ctl")), ElementsAre("/P1/D1/user/ctl", "/P1/D2/user/ctl"));
  const json both = with(with(batch_pub(), "TopicShortName", "ctl"), "TopicTemplateName", "x/${deviceName}/y");
  EXPECT_THAT(topics(both), ElementsAre("x/D1/y", "x/D2/y"));
  EXPECT_THAT(topics(with(batch_pub(), "TopicTemplateName", "${deviceName}")), ElementsAre("D1", "D2"));
  EXPECT_THAT(topics(with(batch_pub(), "TopicTemplateName", "/${productKey}/${deviceName}/a/${deviceName}")),
              ElementsAre("/P1/D1/a/D1", "/P1/D2/a/D2"));
}

TEST(BcastBatchPub, TakesEveryNameThatCanBeALevel) {
  BcastUnderTest bridge;
  for (const std::string& name :
       {std::string("a"), std::string("a b{c}=\\"), std::string("灯一"), std::string(255, 'x')}) {
    const BcastReply reply = bridge.pub(with(batch_pub(), "DeviceName", json::array({name})));
    ASSERT_TRUE(reply.accepted()) << name;
    EXPECT_EQ(reply.batch().topic(0), "/P1/" + name + "/user/get");
  }
  const BcastReply escaped =
      bridge.pub(std::string(R"({"Action":"BatchPub","ProductKey":"P1","DeviceName":["A\u0041\"","\u706f"],)") +
                 R"("MessageContent":"SGVsbG8=","Other":{"Action":"x","DeviceName":[1]},"Qos":0})");
  ASSERT_TRUE(escaped.accepted());
  EXPECT_THAT(escaped.topics(), ElementsAre("/P1/AA\"/user/get", "/P1/灯/user/get"));
}

TEST(BcastBatchPub, TakesTenThousandNamesAndNoMore) {
  BcastUnderTest bridge;
  const BcastReply reply = bridge.pub(with(batch_pub(), "DeviceName", names(10'000)));
  ASSERT_TRUE(reply.accepted());
  EXPECT_EQ(reply.batch().size(), 10'000u);
  EXPECT_EQ(reply.batch().topic(9'999), "/P1/dev-9999/user/get");
  EXPECT_EQ(bridge.refusal(with(batch_pub(), "DeviceName", names(10'001))), "DeviceCountExceeded");
  EXPECT_EQ(bridge.refusal(with(batch_pub(), "DeviceName", names(50'000))), "DeviceCountExceeded");
}

TEST(BcastBatchPub, RefusesWhatThePluginRefuses) {
  BcastUnderTest bridge;
  const json good = batch_pub();
  const auto refused = [&](const std::string& name, const json& value) {
    return bridge.refusal(with(good, name, value));
  };
  for (const json& key : {json("P2"), json(""), json(1), json(nullptr), json("P1/"), json("+"), json::array({"P1"})}) {
    EXPECT_EQ(refused("ProductKey", key), "InvalidProductKey") << key;
  }
  EXPECT_EQ(bridge.refusal(without(good, "ProductKey")), "InvalidProductKey");
  for (const json& list : {json("D1"), json(nullptr), json::array(), json::array({"D1", 2}), json::array({"a/b"}),
                           json::array({"+"}), json::array({"#"}), json::array({"$x"}), json::array({""}),
                           json::array({"a\nb"}), json::array({std::string("a\0b", 3)}), json::array({"\u0085"}),
                           json::array({"\uFFFE"}), json::array({std::string(256, 'x')}), json::object()}) {
    EXPECT_EQ(refused("DeviceName", list), "InvalidDeviceName") << list;
  }
  EXPECT_EQ(bridge.refusal(without(good, "DeviceName")), "InvalidDeviceName");
  EXPECT_EQ(refused("DeviceName", {"D1", "D2", "D1"}), "DuplicateDeviceName");
  EXPECT_EQ(refused("DeviceName", {"D1", "D1"}), "DuplicateDeviceName");
  json many = names(10'000);
  many[9'999] = "dev-17";
  EXPECT_EQ(refused("DeviceName", many), "DuplicateDeviceName");
  EXPECT_EQ(refused("MessageId", "550e8400-e29b-41d4-a716-446655440000"), "MessageIdContentConflict");
  EXPECT_EQ(refused("MessageId", nullptr), "MessageIdContentConflict");
  EXPECT_EQ(bridge.refusal(without(good, "MessageContent")), "MessageIdContentConflict");
  for (const json& qos : {json(2), json(-1), json("1"), json(1.0), json(true), json(nullptr)}) {
    EXPECT_EQ(refused("Qos", qos), "InvalidQos") << qos;
  }
  for (const json& content : {json("SGVsbG8"), json("*"), json(5), json(nullptr), json("SGVs bG8=")}) {
    EXPECT_EQ(refused("MessageContent", content), "InvalidBase64") << content;
  }
  EXPECT_TRUE(bridge.pub(with(good, "MessageContent", base64_of(10'240))).accepted());
  EXPECT_TRUE(bridge.pub(with(good, "MessageContent", "")).accepted());
  EXPECT_EQ(refused("MessageContent", base64_of(10'241)), "MessageTooLarge");
}

TEST(BcastBatchPub, KnowsWhoseAProductIs) {
  Config config = bcast_config();
  config.products[0].account = "other";
  config.products[1].account = "key";
  BcastUnderTest bridge(config);
  EXPECT_EQ(bridge.refusal(batch_pub()), "InvalidProductKey");
  EXPECT_EQ(bridge.refusal(broadcast()), "InvalidProductKey");
  EXPECT_TRUE(bridge.pub(with(batch_pub(), "ProductKey", "a1BwAGVdemo")).accepted());
}

TEST(BcastBatchPub, RefusesTopicsThatReachTooManyOrNobody) {
  BcastUnderTest bridge;
  for (const json& name : {json(""), json("a/b"), json("+"), json("#"), json("$a"), json("{a}"), json(3), json("\t"),
                           json(nullptr), json(std::string(256, 'x'))}) {
    EXPECT_EQ(bridge.refusal(with(batch_pub(), "TopicShortName", name)), "InvalidTopicTemplate") << name;
  }
  for (const json& text :
       {json(""), json("/P1/D1/user/get"), json("/${deviceName}/+"), json("#"), json("/${deviceName}/${other}"),
        json("/${deviceName}/${"), json("$SYS/${deviceName}"), json("/${deviceName}\n"), json(7), json(nullptr),
        json("${deviceName}" + std::string(1'025, 'x'))}) {
    EXPECT_EQ(bridge.refusal(with(batch_pub(), "TopicTemplateName", text)), "InvalidTopicTemplate") << text;
  }
  // The longest name decides.
  std::string text = "${deviceName}${deviceName}${deviceName}${deviceName}/";
  json body = with(batch_pub(), "TopicTemplateName", text + std::string(1'023 - 4 * 255, 'x'));
  body["DeviceName"] = {"D1", std::string(255, 'd')};
  EXPECT_TRUE(bridge.pub(body).accepted());
  body["TopicTemplateName"] = text + std::string(1'024 - 4 * 255, 'x');
  EXPECT_EQ(bridge.refusal(body), "InvalidTopicTemplate");
}

Config with_somebody_elses_product() {
  Config config = bcast_config();
  config.products.push_back({.key = "theirs", .account = "somebody"});
  config.products.push_back({.key = "ours", .account = "key"});
  return config;
}

TEST(BcastBatchPub, LeavesTopicsOfThePlatformAndOfOthersAlone) {
  BcastUnderTest bridge(with_somebody_elses_product());
  for (const char* text :
       {"/theirs/${deviceName}/user/get", "/sys/P1/${deviceName}/thing/topo/delete", "/sys/${deviceName}",
        "/sys/broadcast/theirs/${deviceName}", "/broadcast/theirs/${deviceName}", "/ext/session/P1/${deviceName}/login",
        "/ext/error/P1/${deviceName}", "tmc/1/default/${deviceName}"}) {
    EXPECT_EQ(bridge.refusal(with(batch_pub(), "TopicTemplateName", text)), "InvalidTopicTemplate") << text;
  }
  for (const char* text :
       {"/ours/${deviceName}/user/get", "/nobodys/${deviceName}", "/sys/broadcast/P1/${deviceName}",
        "/broadcast/P1/${deviceName}", "/${deviceName}/x", "sys/${deviceName}", "tmc${deviceName}"}) {
    EXPECT_TRUE(bridge.pub(with(batch_pub(), "TopicTemplateName", text)).accepted()) << text;
  }
  // A device's name is part of the topic.
  for (const auto& [name, text] :
       {std::pair("theirs", "/${deviceName}/lamp-1/user/get"), std::pair("tmc", "${deviceName}/1/default/t"),
        std::pair("sys", "/${deviceName}/P1/lamp-1/thing/topo/delete"),
        std::pair("theirs", "/broadcast/${deviceName}/x")}) {
    const json body = with(with(batch_pub(), "TopicTemplateName", text), "DeviceName", {"D1", name});
    EXPECT_EQ(bridge.refusal(body), "InvalidTopicTemplate") << text;
  }
}

// A product whose key is the first level of the platform's own topics does not open them.
TEST(BcastBatchPub, IsNotFooledByAProductKey) {
  Config config = with_somebody_elses_product();
  for (const char* key : {"sys", "ext", "broadcast"}) config.products.push_back({.key = key});
  BcastUnderTest bridge(std::move(config));
  for (const auto& [key, text] : {std::pair("sys", "/${productKey}/theirs/${deviceName}/thing/topo/change"),
                                  std::pair("ext", "/ext/error/theirs/${deviceName}"),
                                  std::pair("broadcast", "/broadcast/theirs/${deviceName}")}) {
    const json body = with(with(batch_pub(), "TopicTemplateName", text), "ProductKey", key);
    EXPECT_EQ(bridge.refusal(body), "InvalidTopicTemplate") << text;
  }
}

TEST(BcastPubBroadcast, LeavesTopicsOfThePlatformAndOfOthersAlone) {
  BcastUnderTest bridge(with_somebody_elses_product());
  const json body = {{"Action", "PubBroadcast"}, {"ProductKey", "P1"}, {"MessageContent", "SGVsbG8="}};
  for (const char* topic : {"/theirs/lamp-1/user/get", "/theirs", "/sys/broadcast/theirs", "/broadcast/theirs/x",
                            "/sys/P1/D1/thing/service/property/set", "/ext/error/P1/D1", "tmc/1/default/t"}) {
    EXPECT_EQ(bridge.refusal(with(body, "TopicFullName", topic)), "InvalidTopicTemplate") << topic;
  }
  for (const char* topic :
       {"/ours/x", "/sys/broadcast/P1", "/sys/broadcast/P1/x", "/broadcast/P1/x", "/any/x", "any"}) {
    EXPECT_TRUE(bridge.pub(with(body, "TopicFullName", topic)).accepted()) << topic;
  }
}

TEST(BcastBatchPub, ChecksInThePluginsOrder) {
  BcastUnderTest bridge;
  json body = {{"Action", "BatchPub"},  {"ProductKey", ""}, {"DeviceName", {"a/b", "a/b"}}, {"MessageId", "x"},
               {"MessageContent", "*"}, {"Qos", 5},         {"TopicTemplateName", "+"}};
  EXPECT_EQ(bridge.refusal(body), "InvalidProductKey");
  body["ProductKey"] = "P1";
  EXPECT_EQ(bridge.refusal(body), "MessageIdContentConflict");
  body.erase("MessageId");
  EXPECT_EQ(bridge.refusal(body), "InvalidQos");
  body["Qos"] = 1;
  EXPECT_EQ(bridge.refusal(body), "InvalidTopicTemplate");
  body.erase("TopicTemplateName");
  EXPECT_EQ(bridge.refusal(body), "InvalidDeviceName");
  body["DeviceName"] = {"a", "a"};
  EXPECT_EQ(bridge.refusal(body), "DuplicateDeviceName");
  body["DeviceName"] = {"a"};
  EXPECT_EQ(bridge.refusal(body), "InvalidBase64");
}

TEST(BcastBatchPub, AnswersHowPublishingWent) {
  BcastUnderTest bridge;
  const BcastReply reply = bridge.pub(with(batch_pub(), "Qos", 1));
  ASSERT_TRUE(reply.accepted());
  EXPECT_EQ(reply.batch().qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(reply.finish(PublishOutcome::backlog_full, 429).at("Code"), "Busy");
  for (const PublishOutcome outcome :
       {PublishOutcome::broker_away, PublishOutcome::refused, PublishOutcome::unconfirmed, PublishOutcome::stopping}) {
    const json answer = reply.finish(outcome, 500);
    EXPECT_EQ(answer.at("Code"), "InternalError");
    EXPECT_EQ(answer.at("Success"), false);
  }
}

TEST(BcastBatchPub, SendsRegisteredMessagesWithoutACopy) {
  BcastUnderTest bridge;
  const std::string id = bridge.message_id(register_message());
  const json by_id = with(without(batch_pub(), "MessageContent"), "MessageId", id);
  const BcastReply first = bridge.pub(by_id);
  const BcastReply second = bridge.pub(with(by_id, "Qos", 1));
  ASSERT_TRUE(first.accepted() && second.accepted());
  EXPECT_EQ(first.payload(), "Hello");
  EXPECT_EQ(first.batch().payload, second.batch().payload);
  EXPECT_EQ(first.finish(PublishOutcome::done, 200).at("MessageId"), id);
  for (const json& unknown : {json("550e8400-e29b-41d4-a716-446655440000"), json(""), json(1), json(nullptr)}) {
    EXPECT_EQ(bridge.refusal(with(by_id, "MessageId", unknown)), "MessageNotFound") << unknown;
  }
}

TEST(BcastBatchPub, RegistersItsContentAtQos1Only) {
  BcastUnderTest bridge;
  const std::string once = bridge.pub(batch_pub()).finish(PublishOutcome::done, 200).at("MessageId");
  const json by_id = without(batch_pub(), "MessageContent");
  EXPECT_EQ(bridge.refusal(with(by_id, "MessageId", once)), "MessageNotFound");
  const json at_1 = with(batch_pub(), "Qos", 1);
  const std::string id = bridge.pub(at_1).finish(PublishOutcome::done, 200).at("MessageId");
  EXPECT_TRUE(bridge.pub(with(by_id, "MessageId", id)).accepted());
  EXPECT_EQ(bridge.pub(at_1).finish(PublishOutcome::done, 200).at("MessageId"), id);
  EXPECT_EQ(bridge.message_id(register_message()), id) << "identical content, same id";
}

TEST(BcastPubBroadcast, PublishesOnceToATopicOfTheProduct) {
  BcastUnderTest bridge;
  const BcastReply reply = bridge.pub(broadcast());
  ASSERT_TRUE(reply.accepted());
  EXPECT_THAT(reply.topics(), ElementsAre("/sys/broadcast/P1"));
  EXPECT_EQ(reply.payload(), "Hello");
  EXPECT_EQ(reply.batch().qos, wire::mqtt::Qos::at_most_once);
  EXPECT_THAT(bridge.pub(with(broadcast(), "TopicFullName", "/all/of/you")).topics(), ElementsAre("/all/of/you"));
  EXPECT_TRUE(bridge.pub(with(broadcast(), "MessageContent", base64_of(65'536))).accepted());
}

TEST(BcastPubBroadcast, RefusesWhatThePluginRefuses) {
  BcastUnderTest bridge;
  EXPECT_EQ(bridge.refusal(with(broadcast(), "ProductKey", "P2")), "InvalidProductKey");
  EXPECT_EQ(bridge.refusal(without(broadcast(), "MessageContent")), "InvalidBase64");
  EXPECT_EQ(bridge.refusal(with(broadcast(), "MessageContent", "?")), "InvalidBase64");
  EXPECT_EQ(bridge.refusal(with(broadcast(), "MessageContent", base64_of(65'537))), "MessageTooLarge");
  for (const json& topic : {json("a/+"), json("#"), json("${deviceName}"), json("{x}"), json(""), json(1),
                            json(nullptr), json("\u0001"), json(std::string(1'025, 'x'))}) {
    EXPECT_EQ(bridge.refusal(with(broadcast(), "TopicFullName", topic)), "InvalidTopicTemplate") << topic;
  }
}

TEST(BcastRegisterMessage, GivesTheSameContentTheSameId) {
  BcastUnderTest bridge;
  const std::string id = bridge.message_id(register_message());
  EXPECT_EQ(id, "185f8db3-2271-4e25-b561-a6fc938b2e26");  // sha256("Hello"), as a UUID of version 4
  EXPECT_EQ(bridge.message_id(register_message()), id);
  EXPECT_EQ(bridge.message_id({{"Action", "RegisterMessage"}, {"MessageId", id}}), id);
  EXPECT_NE(bridge.message_id(register_message("SGVsbG8h")), id);
  EXPECT_EQ(BcastUnderTest().message_id(register_message()), id) << "over restarts too";
}

TEST(BcastRegisterMessage, RefusesWhatThePluginRefuses) {
  BcastUnderTest bridge;
  EXPECT_EQ(bridge.refusal({{"Action", "RegisterMessage"}}), "MessageIdContentConflict");
  EXPECT_EQ(bridge.refusal(with(register_message(), "MessageId", "x")), "MessageIdContentConflict");
  EXPECT_EQ(bridge.refusal(register_message("?")), "InvalidBase64");
  EXPECT_EQ(bridge.refusal(register_message(base64_of(10'241))), "MessageTooLarge");
  EXPECT_EQ(bridge.refusal({{"Action", "RegisterMessage"}, {"MessageId", "x"}}), "MessageNotFound");
}

TEST(BcastRegisterMessage, IsBounded) {
  Config config = bcast_config();
  config.bcast.messages_max = 2;
  BcastUnderTest bridge(config);
  const std::string first = bridge.message_id(register_message("AAAA"));
  bridge.message_id(register_message("AAAB"));
  EXPECT_EQ(bridge.refusal(register_message("AAAC"), 429), "QuotaExceeded");
  EXPECT_EQ(bridge.message_id(register_message("AAAA")), first) << "what is there is kept for longer";
  EXPECT_TRUE(bridge.pub(with(batch_pub(), "Qos", 1)).accepted()) << "a call goes its way all the same";
}

TEST(BcastActions, EveryErrorOfTheTablesHasAStatusAndASentence) {
  std::set<std::string_view> names;
  for (const BcastAction& action : bcast_actions()) {
    EXPECT_TRUE(names.insert(action.name).second);
    EXPECT_EQ(find_bcast_action(action.name), &action);
    EXPECT_TRUE(action.purpose.ends_with('.'));
    EXPECT_FALSE(action.params.empty());
    for (const BcastParam& param : action.params) EXPECT_FALSE(param.rule.empty() || param.needed.empty());
    for (const BcastError* error : action.errors) {
      EXPECT_GE(error->status, 400u);
      EXPECT_FALSE(error->message.empty());
      EXPECT_FALSE(error->of_gate);
    }
  }
  EXPECT_EQ(find_bcast_action("batchpub"), nullptr);
}

}  // namespace
}  // namespace fleet::bridge::test
