// The figures of the native engine and publisher, for Paho in their place.
#include <fmt/format.h>

#include "bench/limit/metrics.h"
#include "bench/limit/parts.h"

namespace fleet::bench {
namespace {

constexpr std::uint32_t kFew = 200;  // devices: with thousands Paho's one reading thread falls behind for good
constexpr std::uint32_t kDevices = 1'000;
constexpr std::uint32_t kCallsPerSecond = 50;
constexpr int kInFlight = 4;  // of memory.yaml

const std::vector<std::string> kMetrics = {kRate, kFleetCpu, kBridgeCpu, kP50, kP99, kBytes, kConnect};

// Paced and saturated, and each with the bare pair beside it.
struct Both {
  Samples paced, saturated;
};

wire::Result<void> sample(Bench& bench, Both& into, const std::string& name, int turn, std::uint32_t devices,
                          const std::string& set) {
  for (const bool paced : {true, false}) {
    Samples& samples = paced ? into.paced : into.saturated;
    const std::string file = paced ? "paced.yaml" : "saturated.yaml";
    const std::string n = fmt::format("paho-{}-{}-{}", name, paced ? "paced" : "saturated", turn);
    const auto product = [&] {
      return sample_product(bench, samples, n, file, {fmt::format("fleet.lamps.count={}", devices), set}, kMetrics);
    };
    const auto bare = [&] {
      return sample_bare(bench, samples, n + "-bare", file,
                         {.devices = devices, .bursts_per_s = paced ? kCallsPerSecond : 0, .hold = bench.hold});
    };
    if (auto r = run_both(turn, product, bare); !r) return r;
  }
  return {};
}

void add_shared(Bench& bench, const std::string& part, Both& s) {
  auto& f = bench.figures;
  f.push_back(ratio(part, "deliveries/s, saturated, against the bare pair", s.saturated[kRate],
                    s.saturated["bare.deliveries_per_s"]));
  f.push_back(ratio(part, "service p50 us, 5,000/s, against the bare pair", s.paced[kP50], s.paced["bare.p50_us"]));
  f.push_back(ratio(part, "service p99 us, 5,000/s, against the bare pair", s.paced[kP99], s.paced["bare.p99_us"]));
}

}  // namespace

wire::Result<void> run_paho(Bench& bench) {
  Both engine, publisher;
  std::vector<double> memory;
  for (int i = 0; i < bench.repeats; ++i) {
    if (auto r = sample(bench, engine, "engine", i, kFew, "fleet.lamps.engine=paho"); !r) return r;
    if (auto r = sample(bench, publisher, "publisher", i, kDevices, "target.bridge={use: local, publisher: paho}");
        !r) {
      return r;
    }
    const auto peak = peak_above_idle(bench, fmt::format("paho-memory-{}", i), false, "paho");
    if (!peak) return tl::unexpected(peak.error());
    memory.push_back(*peak / kInFlight);
  }
  auto& f = bench.figures;
  const std::string of_engine = fmt::format("Paho as the engine of {} devices", kFew);
  add_shared(bench, of_engine, engine);
  f.push_back(ratio(of_engine, "fleet CPU us/delivery, saturated, against the bare receiver",
                    engine.saturated[kFleetCpu], engine.saturated["bare.receiver_cpu_us"]));
  f.push_back(ratio(of_engine, "fleet CPU us/delivery, 5,000/s, against the bare receiver", engine.paced[kFleetCpu],
                    engine.paced["bare.receiver_cpu_us"]));
  f.push_back(plain(of_engine, "seconds until all are connected and subscribed", engine.paced[kConnect]));
  f.push_back(plain(of_engine, "user memory of a connection, bytes", engine.paced[kBytes]));

  const std::string of_publisher = "Paho as the publisher of the bridge";
  add_shared(bench, of_publisher, publisher);
  f.push_back(plain(of_publisher, "bridge CPU us/publish, saturated", publisher.saturated[kBridgeCpu]));
  f.push_back(plain(of_publisher, "bridge CPU us/publish, 5,000/s", publisher.paced[kBridgeCpu]));
  f.push_back(plain(of_publisher, "256 KB x 100 at QoS 1: bridge above idle, MiB a call in flight", memory));
  return {};
}

}  // namespace fleet::bench
