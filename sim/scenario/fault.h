// What goes wrong on purpose, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/clock.h"

namespace fleet::sim {

struct Scenario;

// In the order of kFaultKinds.
enum class FaultKind : std::uint8_t {
  broker_stop,     // SIGSTOP, and SIGCONT after `length`
  broker_kill,     // SIGKILL, and started again after `length`
  broker_restart,  // SIGTERM, and started again once it has ended
  bridge_stop,
  bridge_kill,
  bridge_restart,
  cut,  // of connections of the fleet
};

inline constexpr std::string_view kFaultKinds =
    "broker-stop|broker-kill|broker-restart|bridge-stop|bridge-kill|bridge-restart|cut";

// How a connection is cut.
enum class CutKind : std::uint8_t {
  reset,      // at once; the broker sees a TCP reset
  half_open,  // the device neither reads nor writes any more, without a word to the broker, until keep-alive ends it
};

struct Fault {
  FaultKind kind = FaultKind::broker_stop;
  wire::Nanos at{};             // behind the start of the hold
  wire::Nanos length{};         // of a stop, or of the pause of a kill
  std::size_t fleet_group = 0;  // of a cut
  double share = 1;             // of a cut: of the devices of the group, above 0, at most 1
  CutKind cut = CutKind::reset;
};

[[nodiscard]] constexpr bool is_of_broker(FaultKind kind) { return kind <= FaultKind::broker_restart; }
[[nodiscard]] constexpr bool is_of_bridge(FaultKind kind) {
  return kind >= FaultKind::bridge_stop && kind <= FaultKind::bridge_restart;
}
[[nodiscard]] constexpr bool is_stop(FaultKind kind) {
  return kind == FaultKind::broker_stop || kind == FaultKind::bridge_stop;
}
[[nodiscard]] constexpr bool is_kill(FaultKind kind) {
  return kind == FaultKind::broker_kill || kind == FaultKind::bridge_kill;
}
[[nodiscard]] constexpr bool is_restart(FaultKind kind) {
  return kind == FaultKind::broker_restart || kind == FaultKind::bridge_restart;
}

// Devices of a group of `count` that a cut means: the share rounded to the nearest, at least 1.
[[nodiscard]] std::uint32_t devices_cut(const Fault& fault, std::uint32_t count);

// "broker-kill"
[[nodiscard]] std::string_view fault_name(FaultKind kind);
// "broker-kill, started again after 500ms", "cut of 20% of lamps: 40 connections, half_open"
[[nodiscard]] std::string fault_text(const Scenario& scenario, const Fault& fault);

}  // namespace fleet::sim
