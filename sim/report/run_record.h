// Everything a run found out, as data: the one input of every renderer. Field names are those of result.json.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/ledger/balance.h"
#include "sim/ledger/behaviour_record.h"
#include "sim/ledger/cost.h"
#include "sim/ledger/tally.h"
#include "sim/ledger/timeline.h"

namespace fleet::sim {

enum class Verdict { pass, fail, invalid };

struct ThresholdResult {
  std::string expression;
  double observed = 0;
  bool ok = false;
};

struct RunContext {
  std::string host;
  unsigned cpus = 0;
  std::string kernel;
  std::string build_type;
  std::string git;  // commit the program was built from, "unknown" outside a checkout
  std::uint64_t seed = 0;
  std::string started_at;  // ISO 8601, UTC
  std::string scenario_name;
  std::string scenario_sha256;
  std::string broker_name;
  std::string broker_version;
  std::string broker_config_sha256;
  std::vector<std::string> proxies{};  // of the simulator, by where they stand: "fleet-broker"
};

// gateways and sub_devices are subsets of devices; sub-devices have no connections.
struct FleetRecord {
  std::uint64_t devices = 0, gateways = 0, sub_devices = 0, consumers = 0, connections = 0;
  std::uint64_t kicked = 0;             // times that a gateway was told of a sub-device's session ended (/ext/error)
  std::uint64_t newcomers_refused = 0;  // sub-devices that moved to a gateway and that the platform refused there
  std::uint64_t kept_out = 0;  // devices and consumers that the broker will never accept, or refused a subscription;
                               // gateways of which the platform refused a sub-device
  std::uint64_t late = 0;      // devices and consumers that were not ready when the run began, and went on trying
  ConnectRecord connect;
};

struct CostRecord {
  std::vector<ThreadCpu> fleet;    // worker threads, and Paho's own where a group is on it
  std::vector<ThreadCpu> callers;  // caller threads
  // Received during the hold, whatever call they belong to, copies included: the divisor of cpu_us_per_delivery.
  std::uint64_t deliveries = 0;
  double bridge_cpu_us = -1;  // over the hold; negative: not our child, unknown
  double broker_cpu_us = -1;
  std::int64_t sim_rss_kib = 0, bridge_rss_kib = -1, broker_rss_kib = -1;  // at the end of the hold
  // The same less what it was at the hold's beginning; none: not our child, or not alive all the time.
  std::optional<std::int64_t> sim_rss_growth_kib{}, bridge_rss_growth_kib{}, broker_rss_growth_kib{};
  double fleet_bytes_per_connection = 0;  // NaN: not known
};

struct HealthRecord {
  double send_lag_p99_us = 0;
  double worst_hiccup_us = 0;     // longest stall of one of our own loops during the hold
  std::uint64_t clock_jumps = 0;  // times in the hold that the time of day jumped; no number is measured by it
};

struct GroupRecord {
  std::string name;
  Tally tally;
  std::optional<Balance> balance{};  // of fleet groups of consumers
  BehaviourRecord behaviour{};       // of fleet groups
};

// One fault of the timetable. Negative: never, unknown.
struct FaultRecord {
  std::string what;             // "broker-kill, started again after 500ms"
  double at_s = -1;             // since the hold began
  double ended_s = -1;          // likewise: its program went on or was ready again
  bool of_sub_devices = false;  // lost and back are of sub-devices: a hand-over
  std::uint64_t lost = 0;       // connections of ready devices; sub-devices that were moved
  std::uint64_t not_back = 0;   // of them: not ready again when the run ended
  // Since the fault began, until so many of the lost were ready again.
  double back_p50_s = -1, back_p99_s = -1, back_all_s = -1;
  // Of the calls due from its begin until it was over and all were back, or the hold ended.
  std::uint64_t missing = 0;  // deliveries
  std::uint64_t rejected = 0, failed = 0;
};

struct RunRecord {
  Verdict verdict = Verdict::pass;
  std::vector<std::string> reasons;  // why not pass, and what went wrong underway (a child that ended); sentences
  std::vector<std::string> notes;    // what a reader must know ("Paho's own queue is inside these numbers")
  RunContext context;
  FleetRecord fleet;
  TelemetryRecord telemetry;
  BehaviourRecord behaviour;    // of all fleet groups
  double hold_s = 0;            // measured length of the hold
  double calls_per_s = 0;       // accepted during the hold / hold_s
  double deliveries_per_s = 0;  // first copies received during the hold / hold_s
  std::string interrupted;      // sentence when SIGINT or SIGTERM ended the run early (verdict invalid), else empty
  Tally total;
  CostRecord cost;
  HealthRecord health;
  std::vector<ThresholdResult> thresholds;
  std::vector<GroupRecord> groups;  // fleet groups: deliveries and times are used
  std::vector<GroupRecord> call_groups;
  std::vector<TimelineRow> timeline;
  std::vector<FaultRecord> faults;  // by time
};

}  // namespace fleet::sim
