// One run of the bare pair, and one run of the product.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "wire/error.h"

namespace fleet::bench {

// Where everything is. Directories without a slash at the end.
struct Paths {
  std::string programs;   // fleet-sim, fleet-bridge, bare_publisher, bare_receiver, bench_core_*
  std::string scenarios;  // bench/limit of the sources
  std::string out;        // results and logs
};

struct BareLoad {
  std::uint32_t devices = 1'000;
  std::uint32_t burst = 100;  // publishes
  std::uint32_t payload_bytes = 128;
  std::uint32_t bursts_per_s = 0;  // 0: as fast as they go
  std::chrono::seconds hold{5};
};

struct BareRun {
  double connect_s = 0;                       // first connect to last SUBACK
  double deliveries_per_s = 0;                // received in the hold
  double receiver_cpu_us = 0;                 // by delivery, in the hold
  double publisher_cpu_us = 0;                // by publish, in the hold
  double broker_cpu_us = 0;                   // by delivery, in the hold
  double p50_us = 0, p99_us = 0;              // burst written to delivery received, of bursts written in the hold
  std::uint64_t published = 0, received = 0;  // the whole run; equal unless the broker dropped some
};

// Starts Mosquitto as a run of `scenario` (a file name in paths.scenarios) would, then the bare pair; bounded to
// hold + 2 minutes. `name` becomes a directory under paths.out.
[[nodiscard]] wire::Result<BareRun> run_bare(const Paths& paths, const std::string& name, const std::string& scenario,
                                             const BareLoad& load);

// `fleet-sim run` of a scenario with these --set; bounded to 3 minutes. Returns its result.json, whatever the verdict.
[[nodiscard]] wire::Result<nlohmann::json> run_product(const Paths& paths, const std::string& name,
                                                       const std::string& scenario,
                                                       const std::vector<std::string>& sets);

// The number at a path of result.json ("times_us.service.p50"); an error where there is none.
[[nodiscard]] wire::Result<double> metric(const nlohmann::json& result, const std::string& path);

// Makes a directory and those above it; returns its path. An error where it cannot.
[[nodiscard]] wire::Result<std::string> make_directory(const std::string& path);

}  // namespace fleet::bench
