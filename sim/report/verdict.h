// Does the run vouch for its numbers, and do they hold what the scenario asked for?
#pragma once

#include "sim/report/run_record.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Fills thresholds, and verdict and reasons from everything else in the record, which must be complete.
//   invalid  the run was cut short, sent nothing or not all that was due, was built without optimisation, or its own
//            health is beyond the scenario's limits. What the thresholds say is kept, and decides nothing.
//   fail     a threshold does not hold or names a number that this run does not know, a call group had no call accepted
//            (thresholds on what must not happen would all hold), or the record came with a reason (a child that
//            ended).
// Reasons are sentences, most serious first.
void judge(const Scenario& scenario, RunRecord& record);

}  // namespace fleet::sim
