// The owner of an endpoint in tests: writes down what happened.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::tests {

// Owned by one test, outlives the endpoint.
class EventRecorder final : public wire::mqtt::EndpointEvents {
 public:
  struct Message {
    std::string topic;
    std::string payload;
    wire::mqtt::Qos qos{};
    bool dup = false;
    bool retain = false;
  };
  struct End {
    wire::mqtt::ReasonCode reason{};
    bool was_connected = false;
    bool by_us = false;
    std::string detail;
    wire::mqtt::Cause cause{};
  };

  void on_connected(bool present) override {
    ++connects;
    session_present = present;
    if (when_connected) when_connected();
  }
  void on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted) override {
    subscribed.emplace_back(cookie, std::vector<wire::mqtt::ReasonCode>(granted.begin(), granted.end()));
  }
  void on_unsubscribed(std::uint64_t cookie) override { unsubscribed.push_back(cookie); }
  void on_delivery(const wire::mqtt::Delivery& delivery) override {
    if (keep_messages) {
      const auto* text = reinterpret_cast<const char*>(delivery.payload.data());
      messages.push_back({std::string(delivery.topic), std::string(text, delivery.payload.size()), delivery.qos,
                          delivery.dup, delivery.retain});
    }
    ++deliveries;
    if (when_delivered) when_delivered();
  }
  void on_dropped(std::uint64_t count) override { dropped += count; }
  void on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) override {
    ++publishes;
    if (keep_messages) published.emplace_back(cookie, worst);
    if (when_published) when_published();
  }
  void on_room() override { ++rooms; }
  void on_disconnected(const wire::mqtt::Disconnect& why) override {
    ends.push_back({why.reason, why.was_connected, why.by_us, std::string(why.detail), why.cause});
    if (when_disconnected) when_disconnected();
  }

  bool keep_messages = true;  // false: count only, which allocates nothing
  int connects = 0;
  bool session_present = false;
  std::uint64_t deliveries = 0;
  std::uint64_t dropped = 0;
  std::uint64_t publishes = 0;
  int rooms = 0;
  std::vector<std::pair<std::uint64_t, std::vector<wire::mqtt::ReasonCode>>> subscribed;
  std::vector<std::uint64_t> unsubscribed;
  std::vector<Message> messages;
  std::vector<std::pair<std::uint64_t, wire::mqtt::ReasonCode>> published;
  std::vector<End> ends;
  // Called inside the events.
  std::function<void()> when_connected, when_delivered, when_published, when_disconnected;
};

}  // namespace fleet::tests
