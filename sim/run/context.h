// What machine, build and broker a run was made with.
#pragma once

#include "sim/launch/launch.h"
#include "sim/report/run_record.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Host, processors, kernel, build, seed, start time and scenario; the broker's fields stay empty.
[[nodiscard]] RunContext describe_context(const Scenario& scenario);

// A number for the stamps of this run; differs between runs that may share a broker.
[[nodiscard]] std::uint32_t make_run_id();

// Resident memory of this process (/proc/self/status), and the CPU of all its threads but the calling one.
[[nodiscard]] ProcessUse own_use();

}  // namespace fleet::sim
