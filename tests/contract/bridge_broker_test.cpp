// What becomes of accepted publishes when the broker stops, dies or comes back, and when the bridge is told to stop? On
// both publishers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/bridge_program.h"
#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "tests/support/sanitizers.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n";
constexpr std::string_view kSuccess = "\"Success\":true";

std::vector<std::string> devices(int count) {
  std::vector<std::string> names;
  for (int i = 1; i <= count; ++i) names.push_back("newdevice" + std::to_string(i));
  return names;
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class BridgeBroker : public testing::TestWithParam<const char*> {
 protected:
  void start(MosquittoOptions broker, BridgeOptions bridge = {}) {
    broker_ = std::make_unique<Mosquitto>(broker);
    bridge.broker_port = broker_->port();
    bridge.publisher = GetParam();
    bridge_ = std::make_unique<BridgeProgram>(bridge);
  }
  // Connected, and accepted by the bridge: it has answered once.
  HttpCaller caller() {
    HttpCaller one(bridge_->port());
    EXPECT_TRUE(one.call(kHealth));
    return one;
  }
  // mosquitto_sub as all devices at once, with a session that outlives its connections and the broker.
  void subscribe() {
    devices_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"stdbuf", "-oL", "mosquitto_sub", "-p", std::to_string(broker_->port()), "-i",
                                 "devices", "-c", "-q", "1", "-t", "/#", "-d", "-F", "got %t qos=%q bytes=%l end"});
    ASSERT_TRUE(devices_->wait_for_output("Subscribed"));
  }

  std::unique_ptr<Mosquitto> broker_;
  std::unique_ptr<ChildProcess> devices_;
  std::unique_ptr<BridgeProgram> bridge_;
};

std::string engine_name(const testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Engines, BridgeBroker, testing::Values("native", "paho"), engine_name);

TEST_P(BridgeBroker, EveryDeviceOfACallGetsItOnceAtItsQos) {
  start({}, {.connections = 3});
  subscribe();
  HttpCaller one = caller();
  EXPECT_THAT(one.call(post(BatchPubCall{.devices = devices(100), .qos = 1}))->body, HasSubstr(kSuccess));
  EXPECT_THAT(one.call(post(BatchPubCall{.devices = devices(100), .content = "hello again", .qos = 0}))->body,
              HasSubstr(kSuccess));
  // One more, to a device of its own on each connection's way: behind it nothing is outstanding.
  for (int i = 101; i <= 140; ++i) {
    const std::string name = "newdevice" + std::to_string(i);
    EXPECT_THAT(one.call(post(BatchPubCall{.devices = {name}, .content = "x", .qos = 1}))->body, HasSubstr(kSuccess));
    ASSERT_TRUE(devices_->wait_for_output("got /a1BwAGVdemo/" + name + "/user/get qos=1 bytes=1 end"));
  }
  const std::string got = devices_->output();
  for (const std::string& device : devices(100)) {
    EXPECT_EQ(count_of(got, "got /a1BwAGVdemo/" + device + "/user/get qos=1 bytes=5 end"), 1U);
    EXPECT_EQ(count_of(got, "got /a1BwAGVdemo/" + device + "/user/get qos=0 bytes=11 end"), 1U);
  }
}

TEST_P(BridgeBroker, ABrokerThatStopsIsWaitedForWithinBounds) {
  // The native publisher shares a call's payload; Paho copies it for each of 100 devices, 400 MB in this test, so that
  // it gets less to do.
  const bool native = std::string_view(GetParam()) == "native";
  const std::vector<std::string> names = devices(native ? 100 : 20);
  const std::string backlog = native ? "4MB" : "512KB";
  const std::string content(native ? 256 << 10 : 32 << 10, 'x');
  start({}, {.mqtt_more = ", backlog_wait: 300ms, backlog_bytes: " + backlog});
  HttpCaller first = caller();
  EXPECT_THAT(first.call(post(BatchPubCall{.devices = names, .content = content, .qos = 1}))->body,
              HasSubstr(kSuccess));
  const std::int64_t before = bridge_->rss_kib();
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 60; ++i) callers.push_back(caller());
  broker_->freeze();
  for (HttpCaller& one : callers) {
    ASSERT_TRUE(one.send(post(BatchPubCall{.devices = names, .content = content, .qos = 1})));
  }
  // The backlog takes 15 of these calls, and as many may wait; the others are answered at once, those that wait after
  // 300 ms. Which is which depends on who was read first.
  std::int64_t most = 0;
  int full = 0;
  while (full < 45) {
    std::vector<pollfd> polled;
    for (const HttpCaller& one : callers) polled.push_back({one.socket(), POLLIN, 0});
    ASSERT_GT(poll(polled.data(), polled.size(), 30'000), 0);
    most = std::max(most, bridge_->rss_kib());
    for (std::size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents == 0) continue;
      const auto reply = callers[i].read();
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 200U);
      EXPECT_THAT(reply->body, HasSubstr("iot.messagebroker.RateLimit"));
      callers.erase(callers.begin() + static_cast<std::ptrdiff_t>(i));
      ++full;
    }
  }
  if (kMemoryIsTrue && native) {
    EXPECT_LT(most - before, 48 << 10);  // 4 MB taken, 4 MB waiting, bodies of 32 MB being read
    EXPECT_LT(bridge_->rss_kib() - before, 8 << 10);
  }
  broker_->thaw();
  for (HttpCaller& one : callers) {
    const auto reply = one.read();
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr(kSuccess));
  }
  EXPECT_EQ(callers.size(), 15U);
  EXPECT_THAT(first.call(post(BatchPubCall{.qos = 1}))->body, HasSubstr(kSuccess));
}

// A broker that does not let the bridge in, and callers who are not who they say: the log tells of the first, and of
// nobody's secret.
TEST_P(BridgeBroker, NoSecretStandsInALogThatTellsOfARefusedLogin) {
  Mosquitto broker({.allow_anonymous = false});
  broker.explain("not authorised");
  BridgeOptions options;
  options.broker_port = broker.port();
  options.publisher = GetParam();
  options.mqtt_more = ", username: bridge, password: brokerpass";
  BridgeProgram bridge(options);
  ASSERT_TRUE(bridge.process().wait_for_output("cannot connect"));
  HttpCaller one(bridge.port());
  const FormParams token = {{"SecurityToken", "ststoken"}};
  const FormParams wrong_token = {{"SecurityToken", "ststoken2"}};
  for (const BatchPubCall& call : {BatchPubCall{}, BatchPubCall{.secret = "testsecret2"},
                                   BatchPubCall{.access_key_id = "sts", .secret = "stssecret", .more = token},
                                   BatchPubCall{.access_key_id = "sts", .secret = "stssecret", .more = wrong_token}}) {
    ASSERT_TRUE(one.call(post(call)));
  }
  ASSERT_TRUE(
      one.call("GET /router/rest?method=taobao.tmc.messages.consume&app_key=12345678&sign=helloworld&v=2.0 "
               "HTTP/1.1\r\nHost: bridge\r\n\r\n"));
  bridge.process().stop();
  const std::string log = bridge.process().output();
  EXPECT_THAT(log, testing::MatchesRegex("(.|\n)*[Nn]ot authori[sz]ed(.|\n)*"));
  for (const char* secret : {"brokerpass", "testsecret", "stssecret", "ststoken", "helloworld"}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
}

TEST_P(BridgeBroker, ACallThatNobodyAcknowledgesIsAnsweredInTheEnd) {
  start({}, {.http_more = ", answer_timeout: 300ms"});
  broker_->freeze();
  HttpCaller one = caller();
  EXPECT_THAT(one.call(post(BatchPubCall{.qos = 1}))->body, HasSubstr("\"Success\":false"));
  broker_->thaw();
  EXPECT_THAT(one.call(post(BatchPubCall{.qos = 0}))->body, HasSubstr(kSuccess));
}

TEST_P(BridgeBroker, WhatWasAcceptedArrivesThoughTheBrokerWasKilled) {
  constexpr int kDevices = 40;  // Mosquitto saves its database behind each message here
  start({.persistence = true});
  subscribe();
  HttpCaller steady = caller();
  EXPECT_THAT(steady.call(post(BatchPubCall{.devices = devices(kDevices), .qos = 1}))->body, HasSubstr(kSuccess));
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(caller());
  // Calls that are under way while the broker dies. Each is answered: success when it is safe with the broker that came
  // back, an error when the bridge had not taken it before.
  broker_->freeze();
  for (std::size_t i = 0; i < callers.size(); ++i) {
    const std::string content(20 + i, 'x');
    ASSERT_TRUE(callers[i].send(post(BatchPubCall{.devices = devices(kDevices), .content = content, .qos = 1})));
  }
  EXPECT_TRUE(steady.call(kHealth));
  broker_->kill();
  ASSERT_TRUE(bridge_->wait_for_broker(false));
  EXPECT_THAT(steady.call(post(BatchPubCall{.qos = 1}))->body, HasSubstr("iot.system.SystemException"));
  broker_->start_again();
  ASSERT_TRUE(bridge_->wait_for_broker());
  int accepted = 0;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    const auto reply = callers[i].read();
    ASSERT_TRUE(reply);
    if (reply->body.find(kSuccess) == std::string::npos) {
      EXPECT_THAT(reply->body, HasSubstr("iot.system.SystemException"));
      continue;
    }
    ++accepted;
    for (const std::string& device : devices(kDevices)) {
      EXPECT_TRUE(devices_->wait_for_output("got /a1BwAGVdemo/" + device +
                                            "/user/get qos=1 bytes=" + std::to_string(20 + i) + " end"))
          << "call " << i;
    }
  }
  EXPECT_GE(accepted, 1);
}

TEST_P(BridgeBroker, AnswersWhatItHasAcceptedBeforeItStops) {
  start({});
  subscribe();
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 10; ++i) callers.push_back(caller());
  HttpCaller half = caller();
  broker_->freeze();
  for (HttpCaller& one : callers) ASSERT_TRUE(one.send(post(BatchPubCall{.devices = devices(100), .qos = 1})));
  half.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
  bridge_->process().signal(SIGTERM);
  EXPECT_TRUE(half.is_closed()) << "it cannot be answered any more";
  broker_->thaw();
  for (HttpCaller& one : callers) {
    const auto reply = one.read();
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr(kSuccess));
    EXPECT_EQ(reply->field("Connection"), "close");
    EXPECT_TRUE(one.is_closed());
  }
  EXPECT_EQ(bridge_->process().wait(), 0);
  EXPECT_THAT(bridge_->process().output(), Not(HasSubstr("without an acknowledgement")));
  for (const std::string& device : devices(100)) {
    EXPECT_TRUE(devices_->wait_for_output("got /a1BwAGVdemo/" + device + "/user/get"));
  }
}

// Its connection stays open, and nothing comes.
TEST_P(BridgeBroker, ABrokerThatStandsStillIsAway) {
  start({}, {.mqtt_more = ", keep_alive: 1s"});
  broker_->explain("has exceeded timeout");
  broker_->freeze();
  EXPECT_TRUE(bridge_->wait_for_broker(false)) << "/healthz goes on saying that it is there";
  EXPECT_THAT(caller().call(post(BatchPubCall{.qos = 1}))->body, HasSubstr("iot.system.SystemException"));
  broker_->thaw();
  EXPECT_TRUE(bridge_->wait_for_broker());
  EXPECT_THAT(caller().call(post(BatchPubCall{.qos = 1}))->body, HasSubstr(kSuccess));
}

TEST_P(BridgeBroker, StopsInTimeThoughTheBrokerDoesNotAnswer) {
  start({});
  HttpCaller waiting = caller();
  broker_->freeze();
  ASSERT_TRUE(waiting.send(post(BatchPubCall{.qos = 1})));
  bridge_->process().signal(SIGTERM);
  const auto reply = waiting.read();
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->body, HasSubstr("iot.system.SystemException"));
  EXPECT_EQ(bridge_->process().wait(), 0);
  broker_->thaw();
}

TEST_P(BridgeBroker, StopsAtOnceWhenNothingIsOwed) {
  start({});
  HttpCaller idle = caller();
  EXPECT_EQ(idle.call(kHealth)->status, 200U);
  bridge_->process().signal(SIGINT);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(bridge_->process().wait(), 0);
  EXPECT_EQ(bridge_->process().output(), "listening on http://127.0.0.1:" + std::to_string(bridge_->port()) + "\n");
}

}  // namespace
}  // namespace fleet::tests
