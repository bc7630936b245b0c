// The fleet's own questions: what do identities cost a device, and what do gateways save?
#include <fmt/format.h>

#include "bench/limit/metrics.h"
#include "bench/limit/parts.h"
#include "bench/limit/process.h"

namespace fleet::bench {
namespace {

constexpr std::uint32_t kCallsPerSecond = 50;  // of both call groups of identities.yaml
constexpr std::uint32_t kDevices = 10'000;     // as many as gateways.yaml has sub-devices
constexpr std::chrono::seconds kPlanLimit{60};

}  // namespace

wire::Result<void> run_identities(Bench& bench) {
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    const std::string n = fmt::format("identities-{}", i);
    const BareLoad load{.bursts_per_s = kCallsPerSecond, .hold = bench.hold};
    const auto product = [&] { return sample_product(bench, s, n, "identities.yaml", {}, {kFleetCpu, kBytes}); };
    const auto bare = [&] { return sample_bare(bench, s, n + "-bare", "paced.yaml", load); };
    if (auto r = run_both(i, product, bare); !r) return r;
  }
  const std::string part = "identities: signed logins, two call groups, 50 calls/s x 100, 1,000 devices, 128 B";
  bench.figures.push_back(ratio(part, "fleet CPU us/delivery, against the bare receiver", s[kFleetCpu],
                                s["bare.receiver_cpu_us"], Bound::at_most, 1.3));
  bench.figures.push_back(plain(part, "user memory of a device, bytes", s[kBytes], Bound::at_most, 2'048));
  return {};
}

wire::Result<void> run_gateways(Bench& bench) {
  Samples gateways, direct;
  for (int i = 0; i < bench.repeats * kTurns; ++i) {
    const auto through = [&] {
      return sample_product(bench, gateways, fmt::format("gateways-{}", i), "gateways.yaml", {}, {kRate, kFleetCpu});
    };
    const auto without = [&] {
      return sample_product(bench, direct, fmt::format("gateways-{}-direct", i), "saturated.yaml",
                            {fmt::format("fleet.lamps.count={}", kDevices)}, {kRate, kFleetCpu});
    };
    if (auto r = run_both(i, through, without); !r) return r;
  }
  const std::string part = "gateways: 10 for 10,000 sub-devices, against 10,000 devices";
  bench.figures.push_back(ratio(part, "deliveries/s, saturated", gateways[kRate], direct[kRate], Bound::at_least, 1.5));
  bench.figures.push_back(ratio(part, "fleet CPU us/delivery, saturated", gateways[kFleetCpu], direct[kFleetCpu]));
  return {};
}

wire::Result<void> run_plan(Bench& bench) {
  const auto directory = make_directory(bench.paths.out + "/plan");
  if (!directory) return tl::unexpected(directory.error());
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    const wire::TimePoint began = wire::read_clock();
    auto process =
        Process::start({bench.paths.programs + "/fleet-sim", "plan", bench.paths.scenarios + "/million.yaml"},
                       *directory + "/fleet-sim.log");
    if (!process) return tl::unexpected(process.error());
    const auto exit_code = process->finish(kPlanLimit);
    if (!exit_code) return tl::unexpected(exit_code.error());
    if (*exit_code != 0) return wire::environment_error("fleet-sim plan failed; its words are there", *directory);
    s["seconds"].push_back(std::chrono::duration<double>(wire::read_clock() - began).count());
    s["mib"].push_back(static_cast<double>(process->peak_bytes()) / (1 << 20));
  }
  const std::string part = "plan: 1,000,000 sub-devices behind 1,000 gateways";
  bench.figures.push_back(plain(part, "seconds of `fleet-sim plan`", s["seconds"], Bound::at_most, 3));
  bench.figures.push_back(plain(part, "its memory at most, MiB", s["mib"], Bound::at_most, 500));
  return {};
}

}  // namespace fleet::bench
