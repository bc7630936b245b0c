// One broker connection of the bridge, kept up: connects, subscribes, and does so again with back-off after a loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// Makes one endpoint of the configured engine; what it needs outlives it.
using MakeEndpoint = std::function<std::unique_ptr<wire::mqtt::Endpoint>(wire::mqtt::EndpointEvents& events)>;

// What a link tells its owner; called on its loop.
struct LinkEvents {
  // A batch is through (see EndpointEvents::on_published).
  std::function<void(std::uint64_t cookie, wire::mqtt::ReasonCode worst)> published;
  // There may be room, the connection came or went, or the link has ended.
  std::function<void()> changed;
  // Only of links that subscribe. Views are good during the call.
  std::function<void(const wire::mqtt::Delivery& delivery)> delivered{};
  // EndpointEvents::on_dropped.
  std::function<void(std::uint64_t count)> dropped{};
};

// Delays before connection attempts: 100 ms, doubling up to 5 s, each cut by a random part of up to half, so that the
// connections of many bridges do not come back in one moment.
class BackOff {
 public:
  explicit BackOff(std::uint64_t seed) : random_(static_cast<std::minstd_rand::result_type>(seed)) {}
  [[nodiscard]] wire::Millis next();
  void reset() { failures_ = 0; }

  static constexpr wire::Millis kFirst{100};
  static constexpr wire::Millis kMax{5'000};

 private:
  std::minstd_rand random_;
  unsigned failures_ = 0;
};

// Owned by the publisher or the device side; lives on its loop. What was accepted at QoS 1 stays with the endpoint over
// any number of connections.
class BrokerLink final : private wire::mqtt::EndpointEvents {
 public:
  // `name` is for the log; `seed` decides the jitter; `filters` are subscribed to on each connection. One that the
  // broker refuses is logged, and does without.
  BrokerLink(const MakeEndpoint& make, wire::mqtt::Login login, std::string name, std::uint64_t seed, LinkEvents events,
             std::vector<wire::mqtt::Subscription> filters = {});

  // The first attempt.
  void start(wire::TimePoint now);
  // Attempts that are due, and the endpoint's own timers.
  void on_timer(wire::TimePoint now);
  // Endpoint::publish.
  [[nodiscard]] wire::mqtt::Offer offer(std::shared_ptr<const wire::mqtt::PublishBatch> batch, std::uint64_t cookie);
  // Endpoint::hold_writes and release_writes.
  void hold_writes() { endpoint_->hold_writes(); }
  void release_writes() { endpoint_->release_writes(); }
  // Sends what is queued, disconnects and stays away; `changed` follows when that is done.
  void finish();
  // As finish(), without waiting for what is queued.
  void abandon();

  [[nodiscard]] bool connected() const { return phase_ == Phase::up; }
  // The first attempt has ended, one way or the other; of a link that subscribes, its subscriptions are made.
  [[nodiscard]] bool settled() const { return settled_; }
  // Behind finish() or abandon(): the connection is closed and none will be made.
  [[nodiscard]] bool ended() const { return finishing_ && phase_ == Phase::away; }
  [[nodiscard]] wire::mqtt::Backlog backlog() const { return endpoint_->backlog(); }
  // Times that the connection came up.
  [[nodiscard]] std::uint64_t connects() const { return connects_; }

 private:
  enum class Phase { away, connecting, up };

  void connect();
  void on_connected(bool session_present) override;
  void on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted) override;
  void on_delivery(const wire::mqtt::Delivery& delivery) override;
  void on_dropped(std::uint64_t count) override;
  void on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) override;
  void on_room() override;
  void on_disconnected(const wire::mqtt::Disconnect& why) override;

  wire::mqtt::Login login_;
  std::string name_;
  LinkEvents events_;
  std::vector<wire::mqtt::Subscription> filters_;
  BackOff back_off_;
  Phase phase_ = Phase::away;
  bool started_ = false;
  bool settled_ = false;
  bool subscribing_ = false;  // up, and the broker has not answered yet
  bool finishing_ = false;
  bool loss_told_ = false;  // one line in the log for a loss, however many attempts follow
  wire::TimePoint now_{};   // of the last timer; fine enough for delays
  wire::TimePoint connected_at_{};
  std::uint64_t connects_ = 0;
  wire::TimePoint next_attempt_{};
  std::unique_ptr<wire::mqtt::Endpoint> endpoint_;  // last: its events come here
};

}  // namespace fleet::bridge
