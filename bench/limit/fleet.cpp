// The fleet's own questions: what do identities cost a device, and what do gateways save?
#include "bench/limit/parts.h"

#include <fmt/format.h>

namespace fleet::bench {
namespace {

constexpr const char* kFleetCpu = "cost.cpu_us_per_delivery.fleet";
constexpr const char* kRate = "rates.deliveries_per_s";
constexpr std::uint32_t kCallsPerSecond = 50;  // of both call groups of identities.yaml
constexpr std::uint32_t kDevices = 10'000;     // as many as gateways.yaml has sub-devices

}  // namespace

wire::Result<void> run_identities(Bench& bench) {
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    const std::string n = fmt::format("identities-{}", i);
    const BareLoad load{.bursts_per_s = kCallsPerSecond, .hold = bench.hold};
    const auto product = [&] { return sample_product(bench, s, n, "identities.yaml", {}, {kFleetCpu}); };
    const auto bare = [&] { return sample_bare(bench, s, n + "-bare", "paced.yaml", load); };
    if (auto r = run_both(i, product, bare); !r) return r;
  }
  bench.figures.push_back(ratio("identities: signed logins, two call groups, 50 calls/s x 100, 1,000 devices, 128 B",
                                "fleet CPU us/delivery, against the bare receiver", s[kFleetCpu],
                                s["bare.receiver_cpu_us"], Bound::at_most, 1.3));
  return {};
}

wire::Result<void> run_gateways(Bench& bench) {
  Samples gateways, direct;
  for (int i = 0; i < bench.repeats; ++i) {
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

}  // namespace fleet::bench
