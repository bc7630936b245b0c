// Does each message of taobao.tmc.messages.produce reach exactly one consumer of its group, over a real broker? On both
// publishers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/bridge_program.h"
#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "wire/signing_top.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;

using Form = std::map<std::string, std::string>;

// Now, as callers in China write it.
std::string timestamp() {
  const std::time_t shifted = std::time(nullptr) + 8 * 3'600;
  std::tm parts{};
  gmtime_r(&shifted, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

// A signed call of `method` as a whole request.
std::string request(const std::string& method, Form params) {
  params.merge(Form{{"method", method},
                    {"app_key", "12345678"},
                    {"timestamp", timestamp()},
                    {"format", "json"},
                    {"sign_method", "hmac-sha256"},
                    {"v", "2.0"}});
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  std::string text;
  wire::top_string_to_sign(views, wire::EmptyValues::kept, text);
  params["sign"] = wire::top_signature(wire::TopSignMethod::hmac_sha256, "helloworld", text);
  std::string form;
  for (const auto& [key, value] : params) {
    if (!form.empty()) form.push_back('&');
    wire::percent_append(key, form);
    form.push_back('=');
    wire::percent_append(value, form);
  }
  return "POST /router/rest HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/x-www-form-urlencoded\r\n"
         "Content-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + form;
}

// The content of message `number`; no other contains it.
std::string content(int number) { return "[" + std::to_string(number) + "]"; }

// 50 messages from number `first` on, to `group`.
Form fifty(int first, const std::string& group) {
  std::string messages;
  for (int i = first; i < first + 50; ++i) {
    messages += messages.empty() ? "[" : ",";
    messages +=
        R"({"topic":"taobao_jds_TradeTrace","target_group":")" + group + R"(","content":")" + content(i) + "\"}";
  }
  return {{"messages", messages + "]"}};
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// Consumers of one group, each a program and a session of its own.
class Consumers {
 public:
  Consumers(std::size_t count, std::uint16_t port, const std::string& group) {
    for (std::size_t i = 0; i < count; ++i) {
      all_.push_back(std::make_unique<ChildProcess>(std::vector<std::string>{
          "stdbuf", "-oL", "mosquitto_sub", "-p", std::to_string(port), "-i", group + std::to_string(i), "-d", "-q",
          "1", "-t", "$share/" + group + "/tmc/12345678/" + group + "/taobao_jds_TradeTrace", "-F",
          "got %t qos=%q %p end"}));
    }
  }
  [[nodiscard]] bool wait_until_subscribed() {
    return std::all_of(all_.begin(), all_.end(), [](const auto& one) { return one->wait_for_output("Subscribed"); });
  }
  // What all of them have printed so far.
  [[nodiscard]] std::string output() const {
    std::string text;
    for (const auto& one : all_) text += one->output();
    return text;
  }
  [[nodiscard]] const std::vector<std::unique_ptr<ChildProcess>>& all() const { return all_; }

 private:
  std::vector<std::unique_ptr<ChildProcess>> all_;
};

class BridgeTmc : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    broker_ = std::make_unique<Mosquitto>();
    bridge_ = std::make_unique<BridgeProgram>(BridgeOptions{.broker_port = broker_->port(), .publisher = GetParam()});
    caller_ = std::make_unique<HttpCaller>(bridge_->port());
  }
  std::string call(const std::string& method, Form params) {
    const auto reply = caller_->call(request("taobao.tmc." + method, std::move(params)));
    if (!reply) return "no answer";
    EXPECT_EQ(reply->status, 200u);
    return reply->body;
  }
  // The consumers have got `count` messages; each look is a call's time apart.
  bool wait_for(const Consumers& consumers, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + ChildProcess::kPatience;
    while (count_of(consumers.output(), "got ") < count) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      if (!caller_->call("GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n")) return false;
    }
    return true;
  }

  std::unique_ptr<Mosquitto> broker_;
  std::unique_ptr<BridgeProgram> bridge_;
  std::unique_ptr<HttpCaller> caller_;
};

std::string engine_name(const testing::TestParamInfo<const char*>& info) { return info.param; }
INSTANTIATE_TEST_SUITE_P(Engines, BridgeTmc, testing::Values("native", "paho"), engine_name);

TEST_P(BridgeTmc, OneConsumerOfAGroupGetsEachMessage) {
  Consumers warehouse(3, broker_->port(), "warehouse");
  Consumers analytics(2, broker_->port(), "analytics");
  ASSERT_TRUE(warehouse.wait_until_subscribed());
  ASSERT_TRUE(analytics.wait_until_subscribed());
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(call("messages.produce", fifty(50 * i, "warehouse")), HasSubstr("\"is_all_success\":true"));
    EXPECT_THAT(call("messages.produce", fifty(1'000 + 50 * i, "analytics")), HasSubstr("\"is_all_success\":true"));
  }
  EXPECT_THAT(call("message.produce",
                   {{"topic", "taobao_jds_TradeTrace"}, {"content", content(999)}, {"target_group", "warehouse"}}),
              HasSubstr("\"is_success\":true"));
  ASSERT_TRUE(wait_for(warehouse, 201)) << warehouse.output();
  ASSERT_TRUE(wait_for(analytics, 200)) << analytics.output();
  // Read while all of them run: what a consumer has not acknowledged when it ends goes to another one of its group.
  const std::string got = warehouse.output();
  const std::string analysed = analytics.output();
  EXPECT_EQ(count_of(got, "got "), 201u);
  EXPECT_EQ(count_of(analysed, "got "), 200u);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(count_of(got, "got tmc/12345678/warehouse/taobao_jds_TradeTrace qos=1 " + content(i) + " end"), 1u) << i;
    EXPECT_EQ(count_of(analysed, " " + content(1'000 + i) + " end"), 1u) << i;
  }
  for (const auto& one : warehouse.all()) EXPECT_GT(count_of(one->output(), "got "), 0u) << "they compete";
}

TEST_P(BridgeTmc, ReadersWithoutMqttGetWhatTheBrokerHas) {
  EXPECT_THAT(call("messages.produce", fifty(0, "warehouse")), HasSubstr("\"is_all_success\":true"));
  const std::string first = call("messages.consume", {{"group_name", "warehouse"}, {"quantity", "30"}});
  EXPECT_EQ(count_of(first, "\"pub_app_key\":\"12345678\""), 30u);
  EXPECT_THAT(first, HasSubstr("\"content\":\"[0]\""));
  const std::string second = call("messages.consume", {{"group_name", "warehouse"}});
  EXPECT_EQ(count_of(second, "\"content\":"), 20u);
  const std::size_t id = second.find("\"id\":") + 5;
  EXPECT_THAT(call("messages.confirm",
                   {{"group_name", "warehouse"}, {"s_message_ids", second.substr(id, second.find(',', id) - id)}}),
              HasSubstr("\"is_success\":true"));
  const auto metrics = caller_->call("GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
  ASSERT_TRUE(metrics);
  EXPECT_THAT(metrics->body, HasSubstr("\nfleet_bridge_tmc_queued_messages 49\n"));
}

TEST_P(BridgeTmc, EachMessageTellsThatTheBrokerIsAway) {
  broker_->explain("terminating");
  broker_->kill();
  ASSERT_TRUE(bridge_->wait_for_broker(false));
  const std::string answer = call("messages.produce", fifty(0, "warehouse"));
  EXPECT_THAT(answer, HasSubstr("\"is_all_success\":false"));
  EXPECT_EQ(count_of(answer, "isp.top-remote-service-unavailable"), 50u);
  EXPECT_THAT(call("messages.consume", {{"group_name", "warehouse"}}), HasSubstr("\"tmc_message\":[]"));
}

}  // namespace
}  // namespace fleet::tests
