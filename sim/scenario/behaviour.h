// What the devices of a fleet group do by themselves beside receiving and publishing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/payload_template.h"
#include "wire/clock.h"
#include "wire/mqtt/types.h"

namespace fleet::sim {

// How a device ends its connection on purpose.
enum class Leave : std::uint8_t {
  disconnect,  // with a DISCONNECT packet
  abrupt,      // the TCP connection is closed without a word
};

// A time in which devices of a group are away on purpose; all of them are due back at its end.
struct AwayWindow {
  wire::Nanos at{};  // behind the start of the hold
  wire::Nanos length{};
  double share = 1;  // of the devices of the group, picked by the seed
  Leave how = Leave::disconnect;
};

// Devices that leave one by one all through the hold, and come back.
struct Churn {
  double per_second = 0;  // leavings of the whole group
  wire::Nanos away{};     // from leaving to being due back
  Leave how = Leave::disconnect;
};

// Devices whose identity connects a second time elsewhere, one by one all through the hold; the broker ends the first
// connection, and the second is the device from then on.
struct Takeover {
  double per_second = 0;  // of the whole group
};

// Devices that unsubscribe from everything, one by one all through the hold, and subscribe again.
struct Resubscribe {
  double per_second = 0;  // of the whole group
  wire::Nanos after{};    // from unsubscribing to subscribing again
};

// Devices that ping no more from then on, so that the broker ends their connections.
struct Silence {
  wire::Nanos at{};  // behind the start of the hold
  double share = 1;  // of the devices of the group, picked by the seed
};

// Devices that read no more than so much while the hold lasts.
struct SlowReading {
  std::uint32_t bytes_per_second = 0;  // of each device
};

// How a reply's delay is drawn, by the seed.
enum class Spread : std::uint8_t {
  constant,
  uniform,      // from nothing to twice the delay
  exponential,  // with the delay as its mean, at most 20 times as long
};

// What each device of a group publishes for every message that reaches it on a topic.
struct Reply {
  std::string to;     // short name of a topic that it subscribes to
  std::string topic;  // short name of a topic that it publishes to
  wire::Nanos delay{};
  Spread spread = Spread::constant;
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  PayloadTemplate payload;
};

// What the broker publishes for each device of a group whose connection ends without a word.
struct WillMessage {
  std::string topic;  // short name of a topic that it publishes to
  wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once;
  bool retain = false;
  PayloadTemplate payload;
};

struct Behaviour {
  std::vector<AwayWindow> away;
  std::optional<Churn> churn;
  std::optional<Takeover> takeover;
  std::optional<Resubscribe> resubscribe;
  std::vector<Silence> silence;
  std::optional<SlowReading> slow_reading;
  std::vector<Reply> reply;
  std::optional<WillMessage> will;

  // Some of the devices leave on purpose at some time.
  [[nodiscard]] bool leaves() const { return !away.empty() || churn.has_value(); }
  // Some of the devices cannot be reached at some time, on purpose.
  [[nodiscard]] bool interrupts() const { return leaves() || takeover || resubscribe || !silence.empty(); }
};

// Devices of a group, or connections, of `devices` that a share means: rounded to the nearest number, at least one.
[[nodiscard]] std::uint32_t devices_meant(double share, std::uint32_t devices);

}  // namespace fleet::sim
