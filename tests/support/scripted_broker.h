// An MQTT 5.0 broker for many devices that answers as a test says: grants, refuses, ends. It passes no messages on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace fleet::tests {

// Owned by one test; listens on a free port of 127.0.0.1 from the constructor on, with a thread of its own.
class ScriptedBroker {
 public:
  // So that a run of a few devices is in its hold by then.
  static constexpr std::chrono::milliseconds kEndAfter{1'000};

  // Called on the broker's thread. Numbers count from 0, over all connections; codes are those of MQTT 5.0 §2.4.
  struct Script {
    // The reason code of the n-th CONNACK; above 0x7F the connection is closed behind it.
    std::function<std::uint8_t(std::uint64_t)> connack = [](std::uint64_t) { return std::uint8_t{0}; };
    // CONNACKs are withheld; let_in() sends them.
    bool withhold_connacks = false;
    // The reason code for one filter of the n-th SUBSCRIBE, which asks for `qos`.
    std::function<std::uint8_t(std::uint64_t, std::uint8_t)> suback = [](std::uint64_t, std::uint8_t qos) {
      return qos;
    };
    // In place of the n-th SUBACK: nothing, or the reason code of a DISCONNECT that ends the connection.
    std::function<std::optional<std::uint8_t>(std::uint64_t)> turn_away = [](std::uint64_t) {
      return std::optional<std::uint8_t>();
    };
    // kEndAfter behind the n-th SUBACK: nothing, or the reason code of a DISCONNECT that ends the connection.
    std::function<std::optional<std::uint8_t>(std::uint64_t)> end = [](std::uint64_t) {
      return std::optional<std::uint8_t>();
    };
  };

  explicit ScriptedBroker(Script script);
  ~ScriptedBroker();
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // CONNECTs whose CONNACK is withheld: now, and at most so far.
  [[nodiscard]] std::uint64_t waiting() const;
  [[nodiscard]] std::uint64_t waiting_max() const;
  // Sends the CONNACK of the CONNECT that waits longest.
  void let_in();

 private:
  struct Server;
  class Session;

  std::unique_ptr<Server> server_;
};

}  // namespace fleet::tests
