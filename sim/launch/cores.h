// Which cores the processes of a run may use.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <optional>
#include <vector>

namespace fleet::sim {

// Gives the broker the last of the cores that the calling thread may use, alone, and the `others` the rest: all threads
// that these processes have now, and so every thread and child that those start later. Nothing happens on one core, or
// where the kernel refuses: then it places them as it likes.
//
// Why: whom a broker wakes in the middle of a burst, Linux likes to queue behind it on the same core while another one
// idles. A device then stamps what it received when the broker has ended the whole burst: up to 0.9 ms late of a
// fan-out of 1.0 ms, in one run and not in the next (two cores, Linux 6.18, 2026-11-22).
void keep_broker_apart(pid_t broker, const std::vector<pid_t>& others);

// Cores that the process may use, those of its main thread; none where it has ended.
[[nodiscard]] std::optional<cpu_set_t> cores_of(pid_t process);
// Gives a process that has just begun these cores. Nothing happens where the kernel refuses.
void keep_to_cores(pid_t process, const cpu_set_t& cores);

}  // namespace fleet::sim
