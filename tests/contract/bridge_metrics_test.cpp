// Does /metrics tell what happened, to the call and to the message? The real program and a real broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "tests/support/bridge_program.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "tests/support/wait_until.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kMetrics = "GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n";

// "name{labels}" -> value, of the text format's lines that are no comments.
class Values : public std::map<std::string, double> {
 public:
  // Fails the test where there is none of that name.
  [[nodiscard]] double at(const std::string& name) const {
    const auto found = find(name);
    EXPECT_NE(found, end()) << name;
    return found == end() ? -1 : found->second;
  }
};

Values values_of(const std::string& page) {
  Values values;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.rfind(' ');
    EXPECT_TRUE(line.starts_with("fleet_bridge_")) << line;
    char* end = nullptr;
    const double value = std::strtod(line.c_str() + space + 1, &end);
    EXPECT_EQ(*end, '\0') << line;
    EXPECT_TRUE(values.emplace(line.substr(std::string("fleet_bridge_").size(), space - 13), value).second) << line;
  }
  return values;
}

class BridgeMetrics : public testing::Test {
 protected:
  void SetUp() override {
    bridge_ = std::make_unique<BridgeProgram>(BridgeOptions{.broker_port = broker_.port(), .connections = 2});
  }
  HttpCaller caller() { return HttpCaller(bridge_->port()); }
  void call(const BatchPubCall& what, std::string_view code) {
    const auto reply = caller_->call(post(what));
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr(code));
  }
  Values values() {
    const auto reply = caller_->call(kMetrics);
    if (!reply) return {};
    EXPECT_EQ(reply->status, 200u);
    EXPECT_EQ(reply->field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    return values_of(reply->body);
  }
  void connect() { caller_ = std::make_unique<HttpCaller>(bridge_->port()); }

  Mosquitto broker_;
  std::unique_ptr<BridgeProgram> bridge_;
  std::unique_ptr<HttpCaller> caller_;
};

TEST_F(BridgeMetrics, CountWhatCallersDid) {
  connect();
  for (int i = 0; i < 3; ++i) call({.devices = {"newdevice1", "newdevice2", "newdevice3"}, .qos = 1}, "true");
  call({.devices = {"newdevice4"}}, "true");
  call({.devices = {"nosuchdevice"}}, "iot.device.NotExistedDevice");
  call({.secret = "wrong"}, "SignatureDoesNotMatch");
  call({.topic = ""}, "iot.messagebroker.NullTopicName");
  const auto no_action = caller_->call("GET /?Format=JSON HTTP/1.1\r\nHost: bridge\r\n\r\n");
  ASSERT_TRUE(no_action);
  EXPECT_THAT(no_action->body, HasSubstr("Missing"));

  Values now = values();
  EXPECT_EQ(now.at(R"(calls_total{action="BatchPub",code="OK"})"), 4);
  EXPECT_EQ(now.at(R"(calls_total{action="BatchPub",code="iot.device.NotExistedDevice"})"), 1);
  EXPECT_EQ(now.at(R"(calls_total{action="BatchPub",code="iot.messagebroker.NullTopicName"})"), 1);
  EXPECT_EQ(now.at(R"(calls_total{action="unknown",code="SignatureDoesNotMatch"})"), 1);
  EXPECT_EQ(now.at(R"(calls_total{action="unknown",code="MissingParameter"})"), 1);
  EXPECT_EQ(now.at(R"(calls_total{action="DeleteDevice",code="OK"})"), 0) << "actions that nobody has called are there";
  EXPECT_EQ(now.at("calls_in_flight"), 0);
  double calls = 0;
  for (const auto& [name, value] : now) calls += name.starts_with("calls_total") ? value : 0;
  EXPECT_EQ(calls, 8);

  EXPECT_EQ(now.at(R"(stage_seconds_count{stage="answer"})"), 8);
  EXPECT_EQ(now.at(R"(stage_seconds_bucket{stage="answer",le="+Inf"})"), 8);
  EXPECT_GT(now.at(R"(stage_seconds_sum{stage="answer"})"), 0);
  EXPECT_EQ(now.at(R"(stage_seconds_count{stage="publish"})"), 4);
  EXPECT_EQ(now.at(R"(stage_seconds_count{stage="ack"})"), 3);

  EXPECT_EQ(now.at(R"(publishes_total{outcome="done"})"), 10);
  EXPECT_EQ(now.at(R"(publishes_total{outcome="broker_away"})"), 0);
  EXPECT_EQ(now.at("waiting_batches"), 0);
  EXPECT_EQ(now.at("unacknowledged_batches"), 0);
  for (const char* connection : {"0", "1"}) {
    const std::string label = std::string("{connection=\"") + connection + "\"}";
    EXPECT_EQ(now.at("broker_connected" + label), 1);
    EXPECT_EQ(now.at("broker_connects_total" + label), 1);
    EXPECT_EQ(now.at("backlog_bytes" + label), 0);
    EXPECT_EQ(now.at("backlog_publishes" + label), 0);
  }
  EXPECT_EQ(now.at("products"), 1);
  EXPECT_EQ(now.at("devices"), 200);
  EXPECT_EQ(now.at("sub_devices_attached"), 0);
  EXPECT_EQ(now.at("apply_batches"), 0);
  EXPECT_EQ(now.at("apps"), 1);
  EXPECT_EQ(now.at("sub_device_sessions"), 0);
  EXPECT_EQ(now.at("tmc_queued_messages"), 0);
  EXPECT_EQ(now.at("tmc_dropped_messages_total"), 0);
  EXPECT_EQ(now.at("tmc_expired_messages_total"), 0);
  EXPECT_EQ(now.at("device_side_connected"), 1);
  EXPECT_EQ(now.at(R"(device_requests_total{outcome="done"})"), 0);
  EXPECT_EQ(now.at("http_connections"), 1);
  EXPECT_EQ(now.at("http_connections_total"), 1);
}

TEST_F(BridgeMetrics, CountWhatHttpItselfRefuses) {
  connect();
  EXPECT_EQ(caller().call("nonsense\r\n\r\n")->status, 400u);
  EXPECT_EQ(caller().call("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n")->status, 413u);
  const Values now = values();
  EXPECT_EQ(now.at(R"(http_refused_total{status="400"})"), 1);
  EXPECT_EQ(now.at(R"(http_refused_total{status="413"})"), 1);
  EXPECT_EQ(now.at(R"(http_refused_total{status="503"})"), 0);
  EXPECT_EQ(now.at("http_connections_total"), 3);
  EXPECT_EQ(now.at("http_tls_handshakes_failed_total"), 0);
  for (const auto& [name, value] : now) {
    EXPECT_TRUE(value == 0 || !name.starts_with("calls_total")) << name;
  }
}

TEST_F(BridgeMetrics, TellThatTheBrokerIsAway) {
  connect();
  broker_.stop();
  ASSERT_TRUE(bridge_->wait_for_broker(false));
  call({.devices = {"newdevice1", "newdevice2"}, .qos = 1}, "iot.system.SystemException");
  Values now = values();
  EXPECT_EQ(now.at(R"(publishes_total{outcome="broker_away"})"), 2);
  EXPECT_EQ(now.at(R"(calls_total{action="BatchPub",code="iot.system.SystemException"})"), 1);
  broker_.start_again();
  ASSERT_TRUE(bridge_->wait_for_broker());
  now = values();
  EXPECT_EQ(now.at(R"(broker_connected{connection="0"})"), 1);
  EXPECT_EQ(now.at(R"(broker_connects_total{connection="0"})"), 2);
}

TEST_F(BridgeMetrics, KnowOfCallsThatAreUnderWayAndOfCallersWhoAreGone) {
  connect();
  broker_.freeze();
  {
    HttpCaller impatient = caller();
    ASSERT_TRUE(impatient.send(post(BatchPubCall{.qos = 1})));
    ASSERT_TRUE(wait_until([&] { return values().at("calls_in_flight") == 1; }));
    EXPECT_EQ(values().at("unacknowledged_batches"), 1);
    EXPECT_GT(values().at(R"(backlog_publishes{connection="0"})") + values().at(R"(backlog_publishes{connection="1"})"),
              0);
    const linger at_once{1, 0};  // a reset: who only closes may still want the answer
    ::setsockopt(impatient.socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ASSERT_TRUE(wait_until([&] { return values().at("calls_in_flight") == 0; }));
  EXPECT_EQ(values().at(R"(calls_total{action="BatchPub",code="CallerGone"})"), 1);
  broker_.thaw();
  ASSERT_TRUE(wait_until([&] { return values().at("unacknowledged_batches") == 0; }));
  EXPECT_EQ(values().at(R"(publishes_total{outcome="done"})"), 1) << "what was taken is published all the same";
}

TEST_F(BridgeMetrics, AnswerHeadAndTellNoSecrets) {
  connect();
  call({}, "true");
  HttpCaller head = caller();
  head.send("HEAD /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
  const auto without_body = head.read(true);
  ASSERT_TRUE(without_body);
  EXPECT_EQ(without_body->status, 200u);
  EXPECT_GT(std::atoi(without_body->field("Content-Length").c_str()), 1'000);
  const auto page = caller_->call(kMetrics);
  ASSERT_TRUE(page);
  for (const char* secret :
       {"testid", "testsecret", "12345678", "helloworld", "newdevice", "a1BwAGVdemo", "fleet-bridge-"}) {
    EXPECT_THAT(page->body, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace fleet::tests
