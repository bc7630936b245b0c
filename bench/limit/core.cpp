// Figures of single functions, as bench_core_* (Google Benchmark) measure them.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/limit/parts.h"
#include "bench/limit/process.h"

namespace fleet::bench {
namespace {

constexpr std::chrono::seconds kProgramLimit{180};

double micros(double value, const std::string& unit) {
  if (unit == "ns") return value / 1e3;
  if (unit == "ms") return value * 1e3;
  return unit == "s" ? value * 1e6 : value;
}

// "name" of "name", "name/iterations:10", "name/real_time"; arguments belong to the name.
bool is_of(const std::string& run, const std::string& name) {
  if (!run.starts_with(name)) return false;
  return run.size() == name.size() || run.starts_with(name + "/iterations") || run.starts_with(name + "/real_time");
}

// µs of each repeat; empty where the program has no such benchmark. CPU time, or wall time of what waits for a disk.
std::vector<double> times_of(const nlohmann::json& report, const std::string& name, const char* which) {
  std::vector<double> times;
  for (const auto& run : report["benchmarks"]) {
    if (run.value("run_type", "") != "iteration" || !is_of(run.value("run_name", ""), name)) continue;
    times.push_back(micros(run[which].get<double>(), run["time_unit"].get<std::string>()));
  }
  return times;
}

wire::Result<nlohmann::json> run_program(Bench& bench, const std::string& program, const std::string& filter) {
  bench.say(program);
  const auto directory = make_directory(bench.paths.out + "/core");
  if (!directory) return tl::unexpected(directory.error());
  const std::string report = *directory + "/" + program + ".json";
  auto process = Process::start({bench.paths.programs + "/" + program, "--benchmark_filter=" + filter,
                                 fmt::format("--benchmark_repetitions={}", bench.repeats), "--benchmark_out=" + report,
                                 "--benchmark_out_format=json"},
                                *directory + "/" + program + ".log");
  if (!process) return tl::unexpected(process.error());
  const auto exit_code = process->finish(kProgramLimit);
  if (!exit_code) return tl::unexpected(exit_code.error());
  std::ifstream file(report);
  auto json = nlohmann::json::parse(file, nullptr, false);
  if (*exit_code != 0 || !json.is_object() || !json.contains("benchmarks")) {
    return wire::environment_error(program + " failed; its words are there", *directory);
  }
  return json;
}

}  // namespace

wire::Result<void> run_core(Bench& bench) {
  const auto api = run_program(bench, "bench_core_api", "^(VerifyVersion[13]|CheckDeviceNames/.*)$");
  if (!api) return tl::unexpected(api.error());
  const auto registry = run_program(bench, "bench_core_registry", "^(batch_pub_calls|register_10000_durable)/");
  if (!registry) return tl::unexpected(registry.error());

  const std::string part = "core: CPU of single calls (Google Benchmark)";
  auto& f = bench.figures;
  const auto cpu = [](const nlohmann::json& report, const std::string& name) {
    return times_of(report, name, "cpu_time");
  };
  f.push_back(
      plain(part, "signature check V2, BatchPub with 100 names, us", cpu(*api, "VerifyVersion1"), Bound::at_most, 40));
  f.push_back(
      plain(part, "signature check V3, BatchPub with 100 names, us", cpu(*api, "VerifyVersion3"), Bound::at_most, 40));
  for (const int nicknames : {0, 1}) {
    const char* what = nicknames == 0 ? "names" : "names and nicknames";
    const std::vector<double> all = cpu(*api, fmt::format("CheckDeviceNames/10000/{}", nicknames));
    std::vector<double> tenfold = cpu(*api, fmt::format("CheckDeviceNames/1000/{}", nicknames));
    for (double& time : tenfold) time *= 10;
    f.push_back(plain(part, fmt::format("BatchCheckDeviceNames, 10,000 {}, us", what), all, Bound::at_most, 15'000));
    f.push_back(
        ratio(part, fmt::format("the same, against ten times 1,000 {}", what), all, tenfold, Bound::at_most, 1.2));
  }
  f.push_back(ratio(part, "BatchPub among 1,000,000 devices, us, against 1,000",
                    cpu(*registry, "batch_pub_calls/1000000"), cpu(*registry, "batch_pub_calls/1000"), Bound::at_most,
                    1.2));
  f.push_back(plain(part, "10,000 devices registered, durable, us of wall time",
                    times_of(*registry, "register_10000_durable", "real_time"), Bound::at_most, 1e6));
  return {};
}

}  // namespace fleet::bench
