// An endpoint in the hands of a test: does what the test says, and remembers what it was told.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/mqtt/endpoint.h"

namespace fleet::tests {

// Owned by what is tested, as a real one would be; the test keeps a pointer.
class ScriptedEndpoint final : public wire::mqtt::Endpoint {
 public:
  explicit ScriptedEndpoint(wire::mqtt::EndpointEvents& owner) : events(owner) {}

  void connect(const wire::mqtt::Login& login) override {
    ++connects;
    client_id = login.client_id;
  }
  void subscribe(std::span<const wire::mqtt::Subscription> filters, std::uint64_t) override {
    subscriptions.assign(filters.begin(), filters.end());
    ++subscribes;
  }
  void unsubscribe(std::span<const std::string>, std::uint64_t) override {}
  wire::mqtt::Offer publish(std::shared_ptr<const wire::mqtt::PublishBatch> batch, std::uint64_t cookie) override {
    ++offers;
    if (next_offer == wire::mqtt::Offer::queued) {
      taken.push_back({std::move(batch), cookie});
      if (acknowledges_inside) events.on_published(cookie, wire::mqtt::ReasonCode::success);
    }
    return next_offer;
  }
  void hold_writes() override { holds.push_back(true); }
  void release_writes() override { holds.push_back(false); }
  void disconnect() override { ++disconnects; }
  void abort() override { ++aborts; }
  void on_timer(wire::TimePoint) override {}
  wire::mqtt::Backlog backlog() const override { return held; }

  void lose(bool was_connected = true) {
    events.on_disconnected({wire::mqtt::ReasonCode::success, was_connected, false, "connection reset"});
  }
  void deliver(std::string_view topic, std::string_view payload, wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once,
               bool retain = false) {
    events.on_delivery({topic, std::as_bytes(std::span(payload)), qos, false, retain});
  }

  struct Taken {
    std::shared_ptr<const wire::mqtt::PublishBatch> batch;
    std::uint64_t cookie = 0;
    // Of the first topic.
    [[nodiscard]] std::string_view topic() const { return batch->topic(0); }
    [[nodiscard]] std::string payload() const {
      const auto bytes = batch->payload_bytes();
      return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
  };
  wire::mqtt::EndpointEvents& events;
  wire::mqtt::Offer next_offer = wire::mqtt::Offer::queued;
  bool acknowledges_inside = false;
  wire::mqtt::Backlog held;
  std::vector<Taken> taken;
  std::vector<bool> holds;
  std::vector<wire::mqtt::Subscription> subscriptions;
  std::string client_id;
  int connects = 0;
  int subscribes = 0;
  int offers = 0;
  int disconnects = 0;
  int aborts = 0;
};

}  // namespace fleet::tests
