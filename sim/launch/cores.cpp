#include "sim/launch/cores.h"

#include <fmt/format.h>
#include <sched.h>

#include <charconv>
#include <filesystem>
#include <string>

namespace fleet::sim {

namespace {

// Every thread that the process has now. One that ends meanwhile needs no core.
void place_process(pid_t process, const cpu_set_t& cores) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
    const std::string name = entry.path().filename().string();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    if (thread > 0) static_cast<void>(::sched_setaffinity(thread, sizeof cores, &cores));
  }
}

}  // namespace

void keep_broker_apart(pid_t broker, const std::vector<pid_t>& others) {
  cpu_set_t rest;
  CPU_ZERO(&rest);
  if (::sched_getaffinity(0, sizeof rest, &rest) != 0 || CPU_COUNT(&rest) < 2) return;
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &rest)) --last;
  cpu_set_t alone;
  CPU_ZERO(&alone);
  CPU_SET(last, &alone);
  CPU_CLR(last, &rest);
  place_process(broker, alone);
  for (const pid_t other : others) place_process(other, rest);
}

std::optional<cpu_set_t> cores_of(pid_t process) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(process, sizeof cores, &cores) != 0) return std::nullopt;
  return cores;
}

void keep_to_cores(pid_t process, const cpu_set_t& cores) { place_process(process, cores); }

}  // namespace fleet::sim
