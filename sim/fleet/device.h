// One simulated device: its place in the fleet, its connection, and how far that has come.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sim/fleet/gateway_session.h"
#include "sim/fleet/shard_ledger.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::sim {

class Device;
class Worker;

// The second endpoint of a device whose identity was taken over at least once. From then on the two take turns: one is
// the device's, the other connects for the next takeover. Owned by its device.
class SecondLine final : private wire::mqtt::EndpointEvents {
 public:
  explicit SecondLine(Device& device) : device_(device) {}
  [[nodiscard]] wire::mqtt::EndpointEvents& events() { return *this; }

  std::unique_ptr<wire::mqtt::Endpoint> other;  // the one that is not the device's now
  bool other_is_busy = false;                   // from its connect on, until it has ended
  bool swapped = false;                         // the endpoint that was made here is the device's now

 private:
  void on_connected(bool session_present) override;
  void on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted) override;
  void on_unsubscribed(std::uint64_t cookie) override;
  void on_delivery(const wire::mqtt::Delivery& delivery) override;
  void on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) override;
  void on_disconnected(const wire::mqtt::Disconnect& why) override;

  Device& device_;
};

// Owned by a worker's table, lives on its thread, does not move. 96 bytes and an endpoint: name, topics and credentials
// are computed from the index when they are needed.
class Device final : private wire::mqtt::EndpointEvents {
 public:
  enum class State : std::uint8_t {
    away,         // not connected, not trying
    connecting,   // up to CONNACK
    subscribing,  // up to the last SUBACK
    ready,
  };

  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // Once, before everything else.
  void place(Worker& worker, const Recipient& who) {
    worker_ = &worker;
    who_ = who;
  }
  [[nodiscard]] const Recipient& who() const { return who_; }
  [[nodiscard]] wire::mqtt::EndpointEvents& events() { return *this; }

  // What happened on one of its endpoints; `is_current`: on `endpoint`.
  void connected(bool is_current, bool session_present);
  void unsubscribed(bool is_current, std::uint64_t cookie);
  void subscribed(bool is_current, std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted_codes);
  void received(const wire::mqtt::Delivery& delivery);
  void published(std::uint64_t cookie, wire::mqtt::ReasonCode worst);
  void disconnected(bool is_current, const wire::mqtt::Disconnect& why);

  // The worker's notes on this device.
  std::unique_ptr<wire::mqtt::Endpoint> endpoint;  // none before the first connect
  std::unique_ptr<GatewaySession> gateway;         // of gateways, from the first connect on
  std::unique_ptr<SecondLine> second;              // from the first takeover on
  wire::TimePoint connect_began{};
  wire::TimePoint act_began{};  // of a takeover or a silence; epoch: neither
  State state = State::away;
  bool was_ready = false;       // at any time before
  std::uint8_t failures = 0;    // in a row; stays at 255
  bool interrupted = false;     // cannot be reached on purpose, or not yet again
  Interruption interruption{};  // why
  bool taking_over = false;     // the second connection has begun and is not there yet
  bool silent = false;          // pings no more
  bool in_gate = false;         // its handshake is under way; a gateway's with the logins of its sub-devices
  bool kept_out = false;        // refused for good: away and not to return, or connected without all that it asked for
  bool begins_anew = false;     // we end its connection, to make it again without a sub-device that has moved
  bool sub_devices_refused = false;  // kept out, for the platform refused its sub-devices on this connection
  std::uint32_t granted = 0;         // subscriptions granted on this connection
  std::uint32_t rejected = 0;        // and refused

 private:
  [[nodiscard]] bool is_current() const { return !second || !second->swapped; }

  void on_connected(bool session_present) override { connected(is_current(), session_present); }
  void on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted_codes) override {
    subscribed(is_current(), cookie, granted_codes);
  }
  void on_unsubscribed(std::uint64_t cookie) override { unsubscribed(is_current(), cookie); }
  void on_delivery(const wire::mqtt::Delivery& delivery) override { received(delivery); }
  void on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) override { published(cookie, worst); }
  void on_disconnected(const wire::mqtt::Disconnect& why) override { disconnected(is_current(), why); }

  Worker* worker_ = nullptr;
  Recipient who_;
};

}  // namespace fleet::sim
