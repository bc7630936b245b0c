// BatchPub: every rule of its parameters, in JSON and in XML.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>

#include "api_fixture.h"
#include "wire/encoding.h"

namespace fleet::bridge::test {
namespace {

using Params = std::map<std::string, std::string>;
using ::testing::ElementsAre;

std::string base64_of(std::size_t bytes) { return wire::base64_encode(std::vector<std::byte>(bytes, std::byte{'x'})); }

std::string payload_of(const Reply& reply) {
  const auto bytes = reply.pending.batches.front()->payload_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A call that differs from the example by `change` alone.
Reply changed(const std::function<void(Params&)>& change, bool xml = false) {
  ApiUnderTest bridge;
  auto params = example_params();
  if (xml) params["Format"] = "XML";
  change(params);
  return bridge.call(params);
}

TEST(BatchPub, PlansOnePublishForEachNameInTheOrderOfTheNumbers) {
  const Reply reply = changed([](Params& p) {
    p["DeviceName.10"] = "lamp-0010";
    p["DeviceName.3"] = "lamp-0003";
  });
  ASSERT_TRUE(reply.accepted());
  EXPECT_THAT(reply.topics(), ElementsAre("/a1BwAGVxxxx/newdevice1/user/get", "/a1BwAGVxxxx/newdevice2/user/get",
                                          "/a1BwAGVxxxx/lamp-0003/user/get", "/a1BwAGVxxxx/lamp-0010/user/get"));
  EXPECT_EQ(payload_of(reply), "hello world");
  EXPECT_EQ(reply.pending.batches.front()->qos, wire::mqtt::Qos::at_most_once);
  EXPECT_FALSE(reply.pending.batches.front()->retain);
}

TEST(BatchPub, TakesAHundredNamesAnd256Kilobytes) {
  const Reply reply = changed([](Params& p) {
    for (int i = 1; i <= 100; ++i) p[fmt::format("DeviceName.{}", i)] = fmt::format("lamp-{:04}", i);
    p["MessageContent"] = base64_of(262'144);
    p["Qos"] = "1";
  });
  ASSERT_TRUE(reply.accepted());
  EXPECT_EQ(reply.pending.batches.front()->size(), 100u);
  EXPECT_EQ(reply.pending.batches.front()->topic(99), "/a1BwAGVxxxx/lamp-0100/user/get");
  EXPECT_EQ(reply.pending.batches.front()->payload_bytes().size(), 262'144u);
}

TEST(BatchPub, SmallFirstLettersAreReadAsTheApiPageWritesThem) {
  const Reply reply = changed([](Params& p) {
    for (const char* name : {"ProductKey", "DeviceName.1", "DeviceName.2", "TopicShortName", "MessageContent"}) {
      std::string small = name;
      small[0] = static_cast<char>(small[0] - 'A' + 'a');
      p[small] = p[name];
      p.erase(name);
    }
  });
  EXPECT_EQ(reply.topics().size(), 2u) << reply.answer.body;
}

TEST(BatchPub, TakesDeepTopicsAndTemplates) {
  const auto topic_with = [](const std::string& name, const std::string& value) {
    const Reply reply = changed([&](Params& p) { p[name] = value; });
    return reply.accepted() ? reply.topics()[0] : reply.member("Code");
  };
  EXPECT_EQ(topic_with("TopicShortName", "deep/er/most"), "/a1BwAGVxxxx/newdevice1/user/deep/er/most");
  EXPECT_EQ(topic_with("TopicTemplateName", "/a1BwAGVxxxx/${deviceName}/user/deep/er/most"),
            "/a1BwAGVxxxx/newdevice1/user/deep/er/most");
  EXPECT_EQ(topic_with("TopicTemplateName", "/${productKey}/${deviceName}/user/get"),
            "/a1BwAGVxxxx/newdevice1/user/get");
  EXPECT_EQ(topic_with("TopicTemplateName", ""), "/a1BwAGVxxxx/newdevice1/user/get");
}

TEST(BatchPub, ATemplateReplacesTheShortName) {
  const Reply reply = changed([](Params& p) {
    p.erase("TopicShortName");
    p["TopicTemplateName"] = "/a1BwAGVxxxx/${deviceName}/user/get";
  });
  EXPECT_TRUE(reply.accepted());
}

TEST(BatchPub, EmptyOptionalParametersCountAsAbsent) {
  const Reply reply = changed([](Params& p) {
    p["Qos"] = "";
    p["IotInstanceId"] = "";
  });
  ASSERT_TRUE(reply.accepted());
  EXPECT_EQ(reply.pending.batches.front()->qos, wire::mqtt::Qos::at_most_once);
}

struct BadRow {
  std::string what;
  std::function<void(Params&)> change;
  unsigned status;
  std::string code;
};

void erase_names(Params& p) {
  p.erase("DeviceName.1");
  p.erase("DeviceName.2");
}

const BadRow kBadRows[] = {
    {"no product", [](Params& p) { p.erase("ProductKey"); }, 400, "MissingProductKey"},
    {"no names", erase_names, 400, "MissingDeviceName"},
    {"a name without a number",
     [](Params& p) {
       erase_names(p);
       p["DeviceName"] = "newdevice1";
     },
     400, "MissingDeviceName"},
    {"no topic", [](Params& p) { p.erase("TopicShortName"); }, 400, "MissingTopicShortName"},
    {"no content", [](Params& p) { p.erase("MessageContent"); }, 400, "MissingMessageContent"},
    {"empty product", [](Params& p) { p["ProductKey"] = ""; }, 200, "iot.prod.NullProductKey"},
    {"empty name", [](Params& p) { p["DeviceName.2"] = ""; }, 200, "iot.device.NullDeviceName"},
    {"empty topic", [](Params& p) { p["TopicShortName"] = ""; }, 200, "iot.messagebroker.NullTopicName"},
    {"empty content", [](Params& p) { p["MessageContent"] = ""; }, 200, "iot.messagebroker.NullMessageContent"},
    {"unknown product", [](Params& p) { p["ProductKey"] = "a1unknown"; }, 200, "iot.prod.NotExistedProduct"},
    {"bad product", [](Params& p) { p["ProductKey"] = "a1+/#"; }, 200, "iot.prod.InvalidFormattedProductkey"},
    {"unknown device", [](Params& p) { p["DeviceName.2"] = "newdevice3"; }, 200, "iot.device.NotExistedDevice"},
    {"another product's device", [](Params& p) { p["DeviceName.2"] = "stranger"; }, 200, "iot.device.NotExistedDevice"},
    {"bad device", [](Params& p) { p["DeviceName.2"] = "new/device"; }, 200, "iot.device.InvalidFormattedDeviceName"},
    {"not base64", [](Params& p) { p["MessageContent"] = "hello world"; }, 200,
     "iot.messagebroker.MessageContentIsNotBase64Encode"},
    {"no padding", [](Params& p) { p["MessageContent"] = "aGVsbG8gd29ybGQ"; }, 200,
     "iot.messagebroker.MessageContentIsNotBase64Encode"},
    {"url-safe base64", [](Params& p) { p["MessageContent"] = "Zm-_"; }, 200,
     "iot.messagebroker.MessageContentIsNotBase64Encode"},
    {"101 names",
     [](Params& p) {
       for (int i = 1; i <= 101; ++i) p[fmt::format("DeviceName.{}", i)] = fmt::format("lamp-{:04}", i);
     },
     200, "iot.common.InvalidFormattedParameter"},
    {"a name twice", [](Params& p) { p["DeviceName.7"] = "newdevice1"; }, 200, "iot.common.InvalidFormattedParameter"},
    {"one byte too many", [](Params& p) { p["MessageContent"] = base64_of(262'145); }, 200,
     "iot.common.InvalidFormattedParameter"},
    {"Qos 2", [](Params& p) { p["Qos"] = "2"; }, 200, "iot.common.InvalidFormattedParameter"},
    {"Qos -1", [](Params& p) { p["Qos"] = "-1"; }, 200, "iot.common.InvalidFormattedParameter"},
    {"Qos in words", [](Params& p) { p["Qos"] = "one"; }, 200, "iot.common.InvalidFormattedParameter"},
    {"wildcard +", [](Params& p) { p["TopicShortName"] = "+"; }, 200, "iot.messagebroker.InvalidFormattedTopicName"},
    {"wildcard #", [](Params& p) { p["TopicShortName"] = "get/#"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"empty level", [](Params& p) { p["TopicShortName"] = "get//x"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"leading slash", [](Params& p) { p["TopicShortName"] = "/get"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"trailing slash", [](Params& p) { p["TopicShortName"] = "get/"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"character", [](Params& p) { p["TopicShortName"] = "a~b/c"; }, 200, "iot.messagebroker.InvalidFormattedTopicName"},
    {"eight slashes", [](Params& p) { p["TopicShortName"] = "one/two/three/four/five"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"129 bytes of topic", [](Params& p) { p["TopicShortName"] = std::string(100, 'x'); }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"template of another product", [](Params& p) { p["TopicTemplateName"] = "/otherproduct/${deviceName}/user/get"; },
     200, "iot.messagebroker.InvalidFormattedTopicName"},
    {"template of a system topic",
     [](Params& p) { p["TopicTemplateName"] = "/sys/a1BwAGVxxxx/${deviceName}/thing/service/property/set"; }, 200,
     "iot.messagebroker.InvalidFormattedTopicName"},
    {"unknown class", [](Params& p) { p["TopicShortName"] = "got"; }, 200, "iot.messagebroker.TopicTemplateIsNotFound"},
    {"class that devices publish to", [](Params& p) { p["TopicShortName"] = "update"; }, 200,
     "iot.messagebroker.TopicTemplateIsNotFound"},
};

TEST(BatchPub, EveryBadInputHasItsCodeInJson) {
  for (const BadRow& row : kBadRows) {
    SCOPED_TRACE(row.what);
    const Reply reply = changed(row.change);
    ASSERT_FALSE(reply.accepted());
    EXPECT_EQ(reply.answer.status, row.status);
    EXPECT_EQ(reply.answer.content_type, "application/json;charset=utf-8");
    EXPECT_EQ(reply.member("Code"), row.code);
    EXPECT_EQ(reply.member("RequestId").size(), 36u);
    EXPECT_NE(reply.member(row.status == 200 ? "ErrorMessage" : "Message"), "");
    EXPECT_EQ(reply.member("Success"), row.status == 200 ? "false" : "");
  }
}

TEST(BatchPub, EveryBadInputHasItsCodeInXml) {
  for (const BadRow& row : kBadRows) {
    SCOPED_TRACE(row.what);
    const Reply reply = changed(row.change, true);
    EXPECT_EQ(reply.answer.status, row.status);
    EXPECT_EQ(reply.answer.content_type, "text/xml;charset=utf-8");
    EXPECT_EQ(reply.member("Code"), row.code);
    const std::string root = row.status == 200 ? "BatchPubResponse" : "Error";
    EXPECT_TRUE(reply.answer.body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><" + root + "><RequestId>"));
    EXPECT_TRUE(reply.answer.body.ends_with("</" + root + ">"));
  }
}

// Two mistakes in one call: the one that stands higher in the table of the API is told.
TEST(BatchPub, ChecksInTheOrderOfTheTable) {
  const auto code = [](const std::function<void(Params&)>& change) { return changed(change).member("Code"); };
  EXPECT_EQ(code([](Params& p) {
              p["ProductKey"] = "";
              p.erase("MessageContent");
            }),
            "MissingMessageContent");
  EXPECT_EQ(code([](Params& p) {
              p["ProductKey"] = "a1unknown";
              p["MessageContent"] = "";
            }),
            "iot.messagebroker.NullMessageContent");
  EXPECT_EQ(code([](Params& p) {
              p["DeviceName.1"] = "unknown1";
              p["MessageContent"] = "?";
            }),
            "iot.device.NotExistedDevice");
  EXPECT_EQ(code([](Params& p) {
              p["MessageContent"] = "?";
              p["Qos"] = "2";
            }),
            "iot.messagebroker.MessageContentIsNotBase64Encode");
  EXPECT_EQ(code([](Params& p) {
              p["Qos"] = "2";
              p["TopicShortName"] = "#";
            }),
            "iot.common.InvalidFormattedParameter");
}

TEST(BatchPub, ARefusedCallLeavesNothingBehindForTheNext) {
  ApiUnderTest bridge;
  auto params = example_params();
  params["MessageContent"] = "?";
  EXPECT_FALSE(bridge.call(params).accepted());
  EXPECT_TRUE(bridge.call(example_params()).accepted());
  EXPECT_TRUE(bridge.call(example_params()).accepted());
}

}  // namespace
}  // namespace fleet::bridge::test
