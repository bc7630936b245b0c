// Pub and PubBroadcast.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "api_fixture.h"
#include "wire/encoding.h"

namespace fleet::bridge::test {
namespace {

using Params = std::map<std::string, std::string>;
using ::testing::ElementsAre;

std::string base64_of(std::size_t bytes) { return wire::base64_encode(std::vector<std::byte>(bytes, std::byte{'x'})); }

Params pub() {
  return {{"ProductKey", "a1BwAGVxxxx"},
          {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/get"},
          {"MessageContent", "aGVsbG8gd29ybGQ="}};
}

Params broadcast() { return {{"ProductKey", "a1BwAGVxxxx"}, {"MessageContent", "aGVsbG8gd29ybGQ="}}; }

nlohmann::json done(const Reply& reply) {
  const std::vector<PublishOutcome> outcomes(reply.pending.batches.size(), PublishOutcome::done);
  return nlohmann::json::parse(reply.pending.finish(outcomes).body);
}

template <class F>
Reply changed(const char* action, Params params, F&& change) {
  ApiUnderTest bridge;
  change(params);
  return bridge.act(action, params);
}

TEST(Pub, SendsToOneDevice) {
  ApiUnderTest bridge;
  Params params = pub();
  params["Qos"] = "1";
  const Reply reply = bridge.act("Pub", params);
  ASSERT_TRUE(reply.accepted()) << reply.answer.body;
  EXPECT_THAT(reply.topics(), ElementsAre("/a1BwAGVxxxx/newdevice1/user/get"));
  EXPECT_EQ(reply.pending.batches[0]->qos, wire::mqtt::Qos::at_least_once);
  EXPECT_EQ(reply.pending.batches[0]->payload_bytes().size(), 11u);
  const nlohmann::json answer = done(reply);
  EXPECT_EQ(answer["Success"], true);
  EXPECT_EQ(answer["MessageId"].get<std::string>().size(), 19u);
  EXPECT_NE(done(bridge.act("Pub", params))["MessageId"], answer["MessageId"]);
}

TEST(Pub, SendsToABroadcastTopicToo) {
  const Reply reply =
      changed("Pub", pub(), [](Params& p) { p["TopicFullName"] = "/broadcast/a1BwAGVxxxx/group1/sub"; });
  EXPECT_THAT(reply.topics(), ElementsAre("/broadcast/a1BwAGVxxxx/group1/sub"));
}

TEST(Pub, RefusesBadCalls) {
  struct Row {
    const char* name;
    std::string value;
    const char* code;
  };
  const std::string invalid = "iot.messagebroker.InvalidFormattedTopicName";
  const Row rows[] = {
      {"ProductKey", "", "iot.prod.NullProductKey"},
      {"ProductKey", "nobody", "iot.prod.NotExistedProduct"},
      {"ProductKey", "otherproduct", invalid.c_str()},
      {"MessageContent", "", "iot.messagebroker.NullMessageContent"},
      {"MessageContent", "a", "iot.messagebroker.MessageContentIsNotBase64Encode"},
      {"MessageContent", base64_of((256u << 10) + 1), "iot.common.InvalidFormattedParameter"},
      {"Qos", "2", "iot.common.InvalidFormattedParameter"},
      {"TopicFullName", "", "iot.messagebroker.NullTopicName"},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice9/user/get", "iot.device.NotExistedDevice"},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/update", "iot.messagebroker.TopicTemplateIsNotFound"},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/none", "iot.messagebroker.TopicTemplateIsNotFound"},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/one/two/three/four/five", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/" + std::string(100, 'x'), invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/get", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/+/user/get", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx/newdevice1/user/#", invalid.c_str()},
      {"TopicFullName", "/a1BwAGVxxxx", invalid.c_str()},
      {"TopicFullName", "/sys/a1BwAGVxxxx/newdevice1/thing/service/property/set", invalid.c_str()},
      {"TopicFullName", "a1BwAGVxxxx/newdevice1/user/get", invalid.c_str()},
      {"TopicFullName", "/broadcast/otherproduct/x", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/#", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/\xff", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/\x01", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/\xc2\x85", invalid.c_str()},
      {"TopicFullName", "/broadcast/a1BwAGVxxxx/" + std::string(110, 'x'), invalid.c_str()},
  };
  for (const Row& row : rows) {
    const Reply reply = changed("Pub", pub(), [&](Params& p) { p[row.name] = row.value; });
    ASSERT_FALSE(reply.accepted()) << row.value;
    EXPECT_EQ(reply.member("Code"), row.code) << row.name << "=" << row.value.substr(0, 80);
  }
  for (const char* name : {"ProductKey", "TopicFullName", "MessageContent"}) {
    EXPECT_EQ(changed("Pub", pub(), [&](Params& p) { p.erase(name); }).member("Code"), std::string("Missing") + name);
  }
}

TEST(PubBroadcast, SendsToItsTopic) {
  const Reply reply =
      changed("PubBroadcast", broadcast(), [](Params& p) { p["TopicFullName"] = "/broadcast/a1BwAGVxxxx/all"; });
  EXPECT_THAT(reply.topics(), ElementsAre("/broadcast/a1BwAGVxxxx/all"));
  EXPECT_EQ(reply.pending.batches[0]->qos, wire::mqtt::Qos::at_most_once);
  EXPECT_TRUE(done(reply)["MessageId"].is_number_unsigned());
}

TEST(PubBroadcast, SendsToEveryDeviceWithoutATopic) {
  ApiUnderTest bridge;
  const Reply reply = bridge.act("PubBroadcast", broadcast());
  ASSERT_EQ(reply.pending.batches.size(), 1u);
  EXPECT_EQ(reply.pending.batches[0]->size(), 123u);
  const std::string id = done(reply)["MessageId"].dump();
  EXPECT_EQ(reply.pending.batches[0]->topic(0), "/sys/a1BwAGVxxxx/newdevice1/broadcast/request/" + id);
}

TEST(PubBroadcast, SplitsLargeProductsAndRefusesHugeOnes) {
  Config config = example_config();
  ProductConfig large{.key = "large"};
  for (int i = 0; i < 25'000; ++i) large.devices.push_back({fmt::format("lamp-{}", i), "s"});
  config.products.push_back(std::move(large));
  ApiUnderTest bridge(config);
  Params params = broadcast();
  params["ProductKey"] = "large";
  const Reply reply = bridge.act("PubBroadcast", params);
  ASSERT_EQ(reply.pending.batches.size(), 3u);
  EXPECT_EQ(reply.pending.batches[2]->size(), 5'000u);
  EXPECT_EQ(reply.pending.batches[0]->payload, reply.pending.batches[2]->payload) << "shared";
  const PublishOutcome outcomes[] = {PublishOutcome::done, PublishOutcome::backlog_full, PublishOutcome::broker_away};
  EXPECT_EQ(nlohmann::json::parse(reply.pending.finish(outcomes).body)["Code"], "iot.messagebroker.RateLimit");
}

TEST(PubBroadcast, AProductWithoutDevicesIsAnsweredAtOnce) {
  ApiUnderTest bridge;
  const std::string key =
      bridge.act("CreateProduct", {{"ProductName", "Light"}, {"NodeType", "0"}}).json()["ProductKey"];
  Params params = broadcast();
  params["ProductKey"] = key;
  const Reply reply = bridge.act("PubBroadcast", params);
  EXPECT_FALSE(reply.accepted());
  EXPECT_EQ(reply.member("Success"), "true");
}

TEST(PubBroadcast, RefusesBadCalls) {
  const auto code = [](const char* name, const std::string& value) {
    return changed("PubBroadcast", broadcast(), [&](Params& p) { p[name] = value; }).member("Code");
  };
  EXPECT_EQ(code("MessageContent", base64_of((64u << 10) + 1)), "iot.common.InvalidFormattedParameter");
  EXPECT_EQ(code("MessageContent", "?"), "iot.messagebroker.MessageContentIsNotBase64Encode");
  EXPECT_EQ(code("MessageContent", ""), "iot.messagebroker.NullMessageContent");
  EXPECT_EQ(code("ProductKey", "nobody"), "iot.prod.NotExistedProduct");
  EXPECT_EQ(code("TopicFullName", "/a1BwAGVxxxx/newdevice1/user/get"), "iot.messagebroker.InvalidFormattedTopicName");
  EXPECT_EQ(changed("PubBroadcast", broadcast(), [](Params& p) { p.erase("MessageContent"); }).member("Code"),
            "MissingMessageContent");
}

}  // namespace
}  // namespace fleet::bridge::test
