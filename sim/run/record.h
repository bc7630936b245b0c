// From what the threads have counted to one run record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/run_record.h"
#include "sim/run/fault_player.h"
#include "sim/run/stage.h"

namespace fleet::sim {

// Counters and costs at one edge of the hold.
struct EdgeSample {
  wire::TimePoint when{};
  CallersStatus callers;
  FleetStatus fleet;
  std::uint64_t clock_jumps = 0;
  ProcessUse own;  // of this process, without the coordinator's thread
  std::optional<ProcessUse> broker;
  std::optional<ProcessUse> bridge;
};

// What the coordinator saw.
struct RunEdges {
  PhaseTimes phases;
  EdgeSample begin;        // of the hold
  EdgeSample end;          // the same as `begin` where the hold never began
  std::uint64_t late = 0;  // devices that were not ready when the run began, and still trying
  std::string late_why{};  // a sentence
  bool interrupted = false;
  wire::TimePoint interrupted_at{};
  std::vector<std::string> child_ends;  // sentences, in order; and what went wrong with the faults
  std::vector<FaultTimes> faults;       // by fault of the scenario
};

// Stops callers and fleet, closes the books, merges everything and judges it. Call once; the stage is spent.
[[nodiscard]] RunRecord make_record(const Scenario& scenario, Stage& stage, const RunEdges& edges, RunContext context);

}  // namespace fleet::sim
