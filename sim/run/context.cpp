#include "sim/run/context.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <random>
#include <thread>

#include "build_info.h"

namespace fleet::sim {

namespace {

wire::Nanos cpu_of(clockid_t clock) {
  timespec used{};
  clock_gettime(clock, &used);
  return std::chrono::seconds(used.tv_sec) + wire::Nanos(used.tv_nsec);
}

}  // namespace

RunContext describe_context(const Scenario& scenario) {
  RunContext context;
  utsname names{};
  if (uname(&names) == 0) {
    context.host = names.nodename;
    context.kernel = names.release;
  }
  context.cpus = std::thread::hardware_concurrency();
  context.build_type = kBuildType;
  context.git = kGitCommit;
  context.seed = scenario.seed;
  context.started_at =
      fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  context.scenario_name = scenario.name;
  context.scenario_sha256 = scenario.sha256;
  return context;
}

std::uint32_t make_run_id() {
  std::random_device entropy;
  return entropy();
}

ProcessUse own_use() {
  ProcessUse use;
  use.cpu = cpu_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_of(CLOCK_THREAD_CPUTIME_ID);
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    status >> use.rss_kib;
    break;
  }
  return use;
}

}  // namespace fleet::sim
