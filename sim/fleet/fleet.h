// The devices of a run: worker threads, each with its own loop and shard, connecting, subscribing, receiving.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/fleet/fault_watch.h"
#include "sim/ledger/balance.h"
#include "sim/ledger/behaviour_record.h"
#include "sim/ledger/cost.h"
#include "sim/ledger/group_books.h"
#include "sim/ledger/tally.h"
#include "sim/ledger/timeline.h"
#include "sim/scenario/identities.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

// Counters that the progress line and the coordinator read while the run goes on; summed over workers.
struct FleetStatus {
  std::uint64_t devices = 0;  // that connect: all but sub-devices
  std::uint64_t ready = 0;    // connected and every subscription granted, a gateway's sub-devices logged in
  std::uint64_t sub_devices = 0;
  std::uint64_t sub_devices_ready = 0;  // logged in and subscribed for
  std::uint64_t connected = 0;
  std::uint64_t connect_failed = 0;  // attempts
  std::uint64_t reconnects = 0;
  std::uint64_t subscribe_refused = 0;
  std::uint64_t login_refused = 0;       // devices that the broker will never accept: they stay away
  std::uint64_t half_subscribed = 0;     // devices, connected and not ready: refused a topic or, gateways, a sub-device
  std::uint64_t handshake_refused = 0;   // of connect_failed: a certificate, or the broker speaks something else
  std::uint64_t gateway_refused = 0;     // of half_subscribed: gateways that the platform refused sub-devices
  std::uint64_t sub_devices_kicked = 0;  // messages of /ext/error
  std::uint64_t newcomers_refused = 0;   // sub-devices that came to a gateway and that the platform refused there
  std::uint64_t telemetry_open = 0;      // messages of telemetry under way
  std::uint64_t unsettled = 0;      // devices that were interrupted on purpose, until what they were owed is settled
  std::uint64_t away_by_fault = 0;  // devices that a fault has cost their connection and that will return
  std::uint64_t deliveries = 0;     // any that carried a stamp of this run
  std::uint64_t first_copies = 0;   // those of them that were the first for a device that the call named
  std::string last_error;           // newest connect or subscribe failure, a sentence; may be empty

  // Devices that are not ready, and for which nobody waits.
  [[nodiscard]] std::uint64_t kept_out() const { return login_refused + half_subscribed; }
};

// Failures so far, by the name under which the report counts them.
struct FleetFailures {
  std::map<std::string, std::uint64_t, std::less<>> attempts;       // that no answer of the broker explains
  std::map<std::string, std::uint64_t, std::less<>> logins;         // the broker's answer to CONNECT
  std::map<std::string, std::uint64_t, std::less<>> lost;           // connections that ended unasked
  std::map<std::string, std::uint64_t, std::less<>> subscriptions;  // filters that were refused
};

// What is left of a fleet after it has stopped.
struct FleetOutcome {
  std::vector<Tally> call_groups;          // by call group index, merged over workers
  std::vector<Balance> balance;            // by fleet group; of groups of consumers
  std::vector<BehaviourRecord> behaviour;  // by fleet group
  Deliveries strangers;                    // corrupt and foreign that no call group can be told for
  ConnectRecord connect;
  TelemetryRecord telemetry;
  std::vector<ThreadCpu> cpu;         // hold only, one a worker
  wire::Nanos worst_hiccup{};         // hold only
  double bytes_per_connection = 0;    // heap in use after the ramp minus before, by connection; NaN: not all were ready
  std::vector<SecondSlice> timeline;  // hold and drain, merged over workers, ascending t_s
  std::vector<FaultOutcome> faults;   // by fault of the scenario
  std::uint64_t untimed = 0;          // events that came when the timeline was full, and are in no second of it
};

// Owned by the coordinator's thread; all its verbs are called there.
class Fleet {
 public:
  // `scenario`, `groups` and `identities` outlive the fleet. `run` is the stamp's run id. The broker's
  // name is looked for in start().
  Fleet(const Scenario& scenario, const std::vector<std::unique_ptr<GroupBooks>>& groups, const Identities& identities,
        wire::mqtt::BrokerPlace broker, std::uint32_t run);
  ~Fleet();

  // Starts the worker threads and the connect ramp.
  [[nodiscard]] wire::Result<void> start();
  [[nodiscard]] FleetStatus status() const;
  [[nodiscard]] FleetFailures failures() const;
  // Once, before the first call: which deliveries are the hold's for CPU, hiccups and the timeline.
  void set_phases(const PhaseTimes& phases);
  // A hold that is not over ends now (Ctrl-C), for CPU and hiccups.
  void end_hold();
  // A fault of the scenario begins: what it is told to cut is cut, and its moment is what being back counts from.
  // `blame`: connections that are lost for another reason are lost to it, until pass_fault().
  void begin_fault(std::size_t fault, wire::TimePoint when, bool blame);
  void pass_fault();
  // Counts no further delivery, DISCONNECTs everybody, joins the threads. Idempotent.
  FleetOutcome stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::sim
