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

class Worker;

// Owned by a worker's table, lives on its thread, does not move. 64 bytes and an endpoint: name, topics and credentials
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

  // The worker's notes on this device.
  std::unique_ptr<wire::mqtt::Endpoint> endpoint;  // none before the first connect
  std::unique_ptr<GatewaySession> gateway;         // of gateways, from the first connect on
  wire::TimePoint connect_began{};
  State state = State::away;
  bool was_ready = false;     // at any time before
  std::uint8_t failures = 0;  // in a row; stays at 255
  bool absent = false;        // it left on purpose and is not ready again
  bool in_gate = false;       // its handshake is under way; a gateway's with the logins of its sub-devices
  std::uint32_t granted = 0;  // subscriptions granted on this connection

 private:
  void on_connected(bool session_present) override;
  void on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted) override;
  void on_delivery(const wire::mqtt::Delivery& delivery) override;
  void on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) override;
  void on_disconnected(const wire::mqtt::Disconnect& why) override;

  Worker* worker_ = nullptr;
  Recipient who_;
};

}  // namespace fleet::sim
