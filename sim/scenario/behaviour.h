// What the devices of a fleet group do by themselves beside receiving and publishing.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "wire/clock.h"

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

struct Behaviour {
  std::vector<AwayWindow> away;
  std::optional<Churn> churn;
  std::optional<Takeover> takeover;
  std::optional<Resubscribe> resubscribe;
  std::vector<Silence> silence;

  // Some of the devices leave on purpose at some time.
  [[nodiscard]] bool leaves() const { return !away.empty() || churn.has_value(); }
  // Some of the devices cannot be reached at some time, on purpose.
  [[nodiscard]] bool interrupts() const { return leaves() || takeover || resubscribe || !silence.empty(); }
};

// Devices of a group of `devices` that a share means: rounded to the nearest number, at least one.
[[nodiscard]] std::uint32_t devices_meant(double share, std::uint32_t devices);

}  // namespace fleet::sim
