// Does what a caller of the bcast API sends over HTTP reach MQTT subscribers, and when is it answered? On both
// publishers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/support/bridge_program.h"
#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "wire/encoding.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kPath = "/api/v5/plugin_api/emqx_bcast/";

std::string base64(std::string_view text) { return wire::base64_encode(std::as_bytes(std::span(text))); }

std::string request(const std::string& method, const std::string& path, const std::string& body = "",
                    const std::string& credentials = "key:secret") {
  std::string text =
      method + " " + kPath + path + " HTTP/1.1\r\nHost: bridge\r\nAuthorization: Basic " + base64(credentials) + "\r\n";
  if (!body.empty()) text += "Content-Type: application/json\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Members of BatchPub to devices newdevice{first} to newdevice{last}.
std::string batch_pub(int first, int last, const std::string& more) {
  std::string body = R"({"Action":"BatchPub","ProductKey":"a1BwAGVdemo","DeviceName":[)";
  for (int i = first; i <= last; ++i) {
    body += (i == first ? "\"newdevice" : ",\"newdevice") + std::to_string(i) + "\"";
  }
  return body + "]," + more + "}";
}

std::string member(const std::string& json, const std::string& name) {
  const std::string open = "\"" + name + "\":\"";
  const std::size_t at = json.find(open);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + open.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// A subscriber that is a program of its own; prints "got TOPIC qos=Q PAYLOAD end" for each message.
std::unique_ptr<ChildProcess> subscriber(std::uint16_t port, const std::string& filter) {
  auto program = std::make_unique<ChildProcess>(std::vector<std::string>{"stdbuf", "-oL", "mosquitto_sub", "-p",
                                                                         std::to_string(port), "-d", "-q", "1", "-t",
                                                                         filter, "-F", "got %t qos=%q %p end"});
  EXPECT_TRUE(program->wait_for_output("Subscribed"));
  return program;
}

class BridgeBcast : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    broker_ = std::make_unique<Mosquitto>();
    bridge_ = std::make_unique<BridgeProgram>(BridgeOptions{.broker_port = broker_->port(), .publisher = GetParam()});
    caller_ = std::make_unique<HttpCaller>(bridge_->port());
  }
  HttpReply call(const std::string& text) {
    const auto reply = caller_->call(text);
    EXPECT_TRUE(reply) << "no answer";
    return reply.value_or(HttpReply{});
  }
  HttpReply pub(const std::string& body) { return call(request("POST", "pub", body)); }

  std::unique_ptr<Mosquitto> broker_;
  std::unique_ptr<BridgeProgram> bridge_;
  std::unique_ptr<HttpCaller> caller_;
};

std::string engine_name(const testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Engines, BridgeBcast, testing::Values("native", "paho"), engine_name);

TEST_P(BridgeBcast, EachDeviceGetsItsOwnCopy) {
  const auto devices = subscriber(broker_->port(), "/a1BwAGVdemo/+/user/#");
  for (const int qos : {0, 1}) {
    const std::string content = "content-" + std::to_string(qos);
    const HttpReply reply =
        pub(batch_pub(1, 150, R"("MessageContent":")" + base64(content) + R"(","Qos":)" + std::to_string(qos)));
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_EQ(reply.field("Content-Type"), "application/json");
    EXPECT_THAT(reply.body, HasSubstr(R"({"Success":true,"RequestId":")"));
    EXPECT_EQ(member(reply.body, "MessageId").size(), 36u);
    EXPECT_THAT(reply.field("Server-Timing"), HasSubstr("published;desc="));
  }
  EXPECT_EQ(
      pub(batch_pub(1, 1,
                    R"("MessageContent":"bGFzdA==","Qos":1,"TopicTemplateName":"/a1BwAGVdemo/${deviceName}/user/x/y")"))
          .status,
      200u);
  ASSERT_TRUE(devices->wait_for_output("got /a1BwAGVdemo/newdevice1/user/x/y qos=1 last end"));
  const std::string got = devices->output();
  EXPECT_EQ(count_of(got, "got "), 301u);
  for (int i = 1; i <= 150; ++i) {
    const std::string topic = "got /a1BwAGVdemo/newdevice" + std::to_string(i) + "/user/get ";
    EXPECT_EQ(count_of(got, topic + "qos=0 content-0 end"), 1u) << i;
    EXPECT_EQ(count_of(got, topic + "qos=1 content-1 end"), 1u) << i;
  }
}

TEST_P(BridgeBcast, MessagesAreRegisteredNamedAndForgotten) {
  const auto devices = subscriber(broker_->port(), "/a1BwAGVdemo/+/user/ctl");
  const std::string content = R"("MessageContent":"c3RhdGlj")";
  const std::string id = member(pub(R"({"Action":"RegisterMessage",)" + content + "}").body, "MessageId");
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(member(pub(R"({"Action":"RegisterMessage",)" + content + "}").body, "MessageId"), id);
  const std::string by_id = R"("TopicShortName":"ctl","Qos":1,"MessageId":")" + id + "\"";
  EXPECT_EQ(member(pub(batch_pub(7, 8, by_id)).body, "MessageId"), id);
  EXPECT_TRUE(devices->wait_for_output("got /a1BwAGVdemo/newdevice8/user/ctl qos=1 static end"));
  EXPECT_THAT(call(request("GET", "messages?limit=10")).body,
              HasSubstr(R"("TotalCount":1,"Messages":[{"MessageId":")" + id));
  EXPECT_EQ(call(request("DELETE", "messages/" + id)).status, 200u);
  const HttpReply gone = pub(batch_pub(7, 8, by_id));
  EXPECT_EQ(gone.status, 400u);
  EXPECT_EQ(member(gone.body, "Code"), "MessageNotFound");
  EXPECT_EQ(call(request("GET", "messages/" + id)).status, 404u);
}

TEST_P(BridgeBcast, ABroadcastGoesToTheTopicOfItsProduct) {
  const auto devices = subscriber(broker_->port(), "/sys/broadcast/+");
  const HttpReply reply = pub(R"({"Action":"PubBroadcast","ProductKey":"a1BwAGVdemo","MessageContent":"aGVsbG8="})");
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_TRUE(devices->wait_for_output("got /sys/broadcast/a1BwAGVdemo qos=0 hello end"));
}

TEST_P(BridgeBcast, TenThousandDevicesInOneCall) {
  const auto devices = subscriber(broker_->port(), "/a1BwAGVdemo/newdevice10000/user/get");
  for (const char* qos : {"0", "1"}) {
    const HttpReply reply = pub(batch_pub(1, 10'000, std::string(R"("MessageContent":"YWxs","Qos":)") + qos));
    EXPECT_EQ(reply.status, 200u) << reply.body;
    EXPECT_TRUE(devices->wait_for_output(std::string("qos=") + qos + " all end"));
  }
  const HttpReply refused = pub(batch_pub(1, 10'001, R"("MessageContent":"YWxs")"));
  EXPECT_EQ(refused.status, 400u);
  EXPECT_EQ(member(refused.body, "Code"), "DeviceCountExceeded");
}

TEST_P(BridgeBcast, NobodyGetsInWithoutCredentials) {
  const HttpReply bad = call(request("POST", "pub", batch_pub(1, 1, R"("MessageContent":"YQ==")"), "key:wrong"));
  EXPECT_EQ(bad.status, 401u);
  EXPECT_THAT(bad.body, HasSubstr("BAD_API_KEY_OR_SECRET"));
  EXPECT_THAT(bad.field("WWW-Authenticate"), HasSubstr("Basic realm="));
  const HttpReply none = call("GET /api/v5/plugin_api/emqx_bcast/messages HTTP/1.1\r\nHost: bridge\r\n\r\n");
  EXPECT_EQ(none.status, 401u);
  EXPECT_THAT(bridge_->process().output(), Not(HasSubstr("wrong"))) << "secrets stand in no log";
}

TEST_P(BridgeBcast, TellsThatTheBrokerIsAway) {
  broker_->explain("terminating");
  broker_->kill();
  ASSERT_TRUE(bridge_->wait_for_broker(false));
  const HttpReply reply = pub(batch_pub(1, 2, R"("MessageContent":"YQ==","Qos":1)"));
  EXPECT_EQ(reply.status, 500u);
  EXPECT_EQ(member(reply.body, "Code"), "InternalError");
  EXPECT_THAT(call(request("GET", "deliveries?product_key=a1BwAGVdemo&device_name=newdevice1")).body,
              HasSubstr(R"("Deliveries":[])"));
}

}  // namespace
}  // namespace fleet::tests
