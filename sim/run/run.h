// One run from start to verdict: children, fleet, phases, calls, drain, record, report.
#pragma once

#include <string>

#include "sim/report/run_record.h"
#include "sim/scenario/scenario.h"
#include "wire/error.h"

namespace fleet::sim {

struct RunOptions {
  std::string out_directory;  // the logs of the children go here; made if missing
  bool terminal = false;      // standard error is a terminal: one progress line that moves; otherwise a line every 5 s
};

// Plays the scenario; the caller writes the record. Progress goes to standard error. SIGINT and SIGTERM end the
// plan and drain; a second one ends the drain. Blocks SIGINT, SIGTERM and SIGCHLD in the calling thread for good; call
// it once, before other threads exist. Errors: environment (limits of the machine, no broker, no bridge, devices that
// cannot connect, files that cannot be written).
[[nodiscard]] wire::Result<RunRecord> run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace fleet::sim
