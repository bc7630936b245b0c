// A gateway as a test drives it: one connection on our own engine, requests to the platform and what it answers.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/event_recorder.h"
#include "tests/support/run_loop.h"
#include "wire/clock.h"
#include "wire/device_sign.h"
#include "wire/mqtt/connection.h"

namespace fleet::tests {

// A sub-device as its gateway names it, signed as the official SDK does: a number as timestamp.
inline nlohmann::json signed_item(const std::string& product_key, const std::string& name, const std::string& secret,
                                  const std::string& method = "hmacsha1") {
  const std::string device_id = product_key + "&" + name;
  std::vector<wire::Param> params = {
      {"productKey", product_key}, {"deviceName", name}, {"clientId", device_id}, {"timestamp", "1767323045678"}};
  const std::string content = wire::device_sign_content(params);
  return {{"productKey", product_key}, {"deviceName", name},
          {"clientId", device_id},     {"timestamp", 1767323045678},
          {"signMethod", method},      {"sign", wire::device_sign(*wire::parse_sign_method(method), secret, content)}};
}

// One gateway of the product "gates" on a connection of its own, subscribed to all that it can be told.
class Gateway {
 public:
  Gateway(RunLoop& loop, wire::mqtt::ConnectionContext& context, std::uint16_t port, std::string name)
      : loop_(loop),
        name_(std::move(name)),
        connection_(context, options_, {{boost::asio::ip::address_v4::loopback(), port}, std::nullopt}, seen_) {
    connection_.connect({.client_id = name_, .username = {}, .password = {}});
    EXPECT_TRUE(loop_.until([this] { return seen_.connects == 1; }));
    std::vector<wire::mqtt::Subscription> filters = {{"/ext/error/gates/" + name_, wire::mqtt::Qos::at_least_once}};
    for (const char* method :
         {"thing/topo/change", "thing/topo/add/notify", "thing/topo/add_reply", "thing/topo/delete_reply",
          "thing/topo/get_reply", "thing/list/found_reply", "thing/sub/register_reply", "combine/login_reply",
          "combine/logout_reply", "combine/batch_login_reply", "combine/batch_logout_reply"}) {
      filters.push_back({topic(method), wire::mqtt::Qos::at_least_once});
    }
    connection_.subscribe(filters, 1);
    EXPECT_TRUE(loop_.until([this] { return !seen_.subscribed.empty(); }));
  }
  ~Gateway() {
    connection_.disconnect();
    EXPECT_TRUE(loop_.until([this] { return !seen_.ends.empty(); }));
  }
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void send(const std::string& topic, const std::string& payload, wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once) {
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    batch->add_topic(topic);
    const auto bytes = std::as_bytes(std::span(payload));
    batch->set_payload({bytes.begin(), bytes.end()});
    batch->qos = qos;
    EXPECT_EQ(connection_.publish(std::move(batch), 2), wire::mqtt::Offer::queued);
  }
  // "thing/topo/add", "combine/login".
  [[nodiscard]] std::string topic(const std::string& method) const {
    return (method.starts_with("combine/") ? "/ext/session/gates/" : "/sys/gates/") + name_ + "/" + method;
  }
  // Sends a request and waits for its answer.
  nlohmann::json ask(const std::string& method, const nlohmann::json& params,
                     wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once) {
    const std::string id = fmt::format("{}|exp-topic|{}", ++last_id_, method);
    send(topic(method), nlohmann::json{{"id", id}, {"params", params}, {"method", ""}}.dump(), qos);
    return wait(topic(method) + "_reply", [&id](const nlohmann::json& answer) { return answer["id"] == id; });
  }
  int code(const std::string& method, const nlohmann::json& params) { return ask(method, params)["code"].get<int>(); }
  // Waits for a message of that topic, which is then forgotten.
  nlohmann::json wait(const std::string& of_topic, const std::function<bool(const nlohmann::json&)>& fits = {}) {
    nlohmann::json found;
    EXPECT_TRUE(loop_.until([&] {
      for (auto message = seen_.messages.begin(); message != seen_.messages.end(); ++message) {
        if (message->topic != of_topic) continue;
        nlohmann::json payload = nlohmann::json::parse(message->payload, nullptr, false);
        if (fits && !fits(payload)) continue;
        found = std::move(payload);
        seen_.messages.erase(message);
        return true;
      }
      return false;
    })) << of_topic;
    return found;
  }
  nlohmann::json wait_change() { return wait(topic("thing/topo/change"))["params"]; }
  nlohmann::json wait_kick() { return wait("/ext/error/gates/" + name_); }
  // The same, sent again until it is answered: for when the bridge may not be listening.
  nlohmann::json insist(const std::string& method) {
    const std::string payload = nlohmann::json{{"id", "insisting"}, {"params", nlohmann::json::object()}}.dump();
    nlohmann::json found;
    wire::TimePoint again{};
    EXPECT_TRUE(loop_.until([&] {
      if (const auto now = wire::read_clock(); now >= again) {
        send(topic(method), payload, wire::mqtt::Qos::at_least_once);
        again = now + wire::Millis(50);
      }
      for (const auto& message : seen_.messages) {
        if (message.topic != topic(method) + "_reply") continue;
        nlohmann::json answer = nlohmann::json::parse(message.payload, nullptr, false);
        if (answer["id"] == "insisting") found = std::move(answer);
      }
      return !found.is_null();
    }));
    return found;
  }
  // Sends a request whose answer answer_to() looks for; returns its id.
  std::string begin(const std::string& method, const nlohmann::json& params) {
    const std::string id = fmt::format("{}", ++last_id_);
    send(topic(method), nlohmann::json{{"id", id}, {"params", params}}.dump(), wire::mqtt::Qos::at_least_once);
    return id;
  }
  // Null where none has come by now.
  [[nodiscard]] nlohmann::json answer_to(const std::string& method, const std::string& id) const {
    for (const auto& message : seen_.messages) {
      if (message.topic != topic(method) + "_reply") continue;
      nlohmann::json answer = nlohmann::json::parse(message.payload, nullptr, false);
      if (answer["id"] == id) return answer;
    }
    return {};
  }
  void forget() { seen_.messages.clear(); }
  // Topics of the messages that nobody has waited for.
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> topics;
    for (const auto& message : seen_.messages) topics.push_back(message.topic);
    return topics;
  }

 private:
  RunLoop& loop_;
  std::string name_;
  wire::mqtt::EndpointOptions options_;
  EventRecorder seen_;
  int last_id_ = 0;
  wire::mqtt::Connection connection_;
};

}  // namespace fleet::tests
