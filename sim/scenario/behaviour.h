// What the devices of a fleet group do by themselves beside receiving: when they are away, and how they leave.
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

struct Behaviour {
  std::vector<AwayWindow> away;
  std::optional<Churn> churn;

  // Some of the devices leave on purpose at some time.
  [[nodiscard]] bool leaves() const { return !away.empty() || churn.has_value(); }
};

// Devices of a group of `devices` that a share means: rounded to the nearest number, at least one.
[[nodiscard]] std::uint32_t devices_meant(double share, std::uint32_t devices);

}  // namespace fleet::sim
