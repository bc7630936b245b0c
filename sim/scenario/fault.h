// What goes wrong on purpose, and when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  cut,       // of connections: of a group of the fleet, or of all that pass between two programs
  slow,      // what passes between two programs comes late, or not faster than so much
  handover,  // sub-devices move to another gateway
};

inline constexpr std::string_view kFaultKinds =
    "broker-stop|broker-kill|broker-restart|bridge-stop|bridge-kill|bridge-restart|cut|slow|handover";

// How a connection is cut.
enum class CutKind : std::uint8_t {
  reset,      // at once; the broker sees a TCP reset
  half_open,  // the device neither reads nor writes any more, without a word to the broker, until keep-alive ends it
};

// Which way a proxy of the simulator stands in, in the order of kBetween.
enum class Between : std::uint8_t { fleet_broker, bridge_broker };
inline constexpr std::string_view kBetween = "fleet-broker|bridge-broker";

// What a link does to the bytes that pass it; nothing at first.
struct LinkState {
  wire::Nanos delay{};            // of every byte, each way
  wire::Nanos jitter{};           // up to so much more, drawn evenly for each read; no byte overtakes another one
  std::uint64_t bytes_per_s = 0;  // each way, all connections together; 0: no bound
};

struct Fault {
  FaultKind kind = FaultKind::broker_stop;
  wire::Nanos at{};             // behind the start of the hold
  wire::Nanos length{};         // of a stop, of the pause of a kill, of what a link does; 0: a moment
  std::size_t fleet_group = 0;  // of a cut of devices, of a hand-over: of the sub-devices
  double share = 1;  // of a cut, of a hand-over: of the devices of the group or the connections, above 0, at most 1
  CutKind cut = CutKind::reset;
  std::optional<Between> between{};  // of a cut or slow: it happens there
  LinkState link{};                  // of slow
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

[[nodiscard]] constexpr bool is_of_link(const Fault& fault) { return fault.between.has_value(); }
// Whether a proxy stands there for the faults of the scenario.
[[nodiscard]] bool has_proxy(const Scenario& scenario, Between between);
// "fleet-broker"
[[nodiscard]] std::string_view between_name(Between between);

// Whether a fault of the scenario ends the program that `whose` is true for, is_of_broker or is_of_bridge, so that it
// is started again.
[[nodiscard]] bool is_started_again(const Scenario& scenario, bool (*whose)(FaultKind));
// What draws whom the scenario's fault number `fault` means.
[[nodiscard]] std::uint64_t fault_seed(const Scenario& scenario, std::size_t fault);

// "broker-kill"
[[nodiscard]] std::string_view fault_name(FaultKind kind);
// "broker-kill, started again after 500ms", "cut of 20% of lamps: 40 connections, half_open"
[[nodiscard]] std::string fault_text(const Scenario& scenario, const Fault& fault);

}  // namespace fleet::sim
