// SIGINT, SIGTERM, SIGHUP and SIGCHLD as values: the coordinator waits for them where it waits for time.
#pragma once

#include "wire/clock.h"

namespace fleet::sim {

enum class Wake { time, interrupt, child_ended };

// Blocks the four signals in this thread and, by inheritance, in all that it starts later.
void block_signals();

// Waits until a signal comes or `until` has passed. Time left over by an unrelated signal is waited out.
[[nodiscard]] Wake wait_for_signal(wire::TimePoint until);

}  // namespace fleet::sim
