#include "sim/scenario/machine.h"

#include <sched.h>
#include <sys/resource.h>

#include <fstream>
#include <limits>
#include <string>

namespace fleet::sim {

namespace {

// net.ipv4.ip_local_port_range of a kernel that nobody has touched: 32768 .. 60999.
constexpr std::uint64_t kDefaultLocalPorts = 28'232;
constexpr std::uint64_t kDefaultDescriptors = 1'024;

std::uint64_t read_local_ports() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (!(file >> first >> last) || last < first) return kDefaultLocalPorts;
  return last - first + 1;
}

std::uint64_t read_available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::uint64_t kib = 0;
  std::string rest;
  while (file >> key >> kib) {
    if (key == "MemAvailable:") return kib * 1'024;
    std::getline(file, rest);
  }
  return 0;
}

unsigned read_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

std::uint64_t read_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kDefaultDescriptors;
  return limit.rlim_max == RLIM_INFINITY ? std::numeric_limits<std::uint64_t>::max() : limit.rlim_max;
}

}  // namespace

MachineLimits read_machine_limits() {
  return {read_descriptors(), read_local_ports(), read_available_memory(), read_cores()};
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace fleet::sim
