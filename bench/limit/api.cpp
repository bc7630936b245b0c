// The API's own questions: what does a message of TMC cost, and what do a million devices?
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "bench/limit/metrics.h"
#include "bench/limit/parts.h"
#include "bench/limit/process.h"
#include "bridge/registry/registry.h"

namespace fleet::bench {
namespace {

constexpr std::size_t kMillion = 1'000'000;
constexpr std::size_t kAtOnce = 50'000;
constexpr std::chrono::seconds kStartLimit{60};
constexpr const char* kProduct = "lamp";

// A file as registry.store keeps it, with a million devices of one product.
wire::Result<void> fill(const std::string& path) {
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(path + end, ignored);
  const wire::WallTime now = wire::read_wall_clock();
  auto registry = bridge::Registry::open({.sqlite_path = path}, {{.key = kProduct}}, now);
  if (!registry) return tl::unexpected(registry.error());
  for (std::size_t first = 0; first < kMillion; first += kAtOnce) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kAtOnce; ++i) names.push_back(fmt::format("lamp-{:07}", first + i));
    std::vector<bridge::NewDevice> devices;
    for (const std::string& name : names) devices.push_back({.name = name});
    if (!(*registry)->register_devices(kProduct, devices, now)) {
      return wire::environment_error("cannot register devices", path);
    }
  }
  return {};
}

wire::Result<void> start_once(Bench& bench, const std::string& config, const std::string& log, Samples& s) {
  const wire::TimePoint began = wire::read_clock();
  auto process = Process::start({bench.paths.programs + "/fleet-bridge", "--config", config}, log);
  if (!process) return tl::unexpected(process.error());
  const auto ready = process->read_line(kStartLimit);
  if (!ready) return tl::unexpected(ready.error());
  s["seconds"].push_back(std::chrono::duration<double>(wire::read_clock() - began).count());
  s["mb"].push_back(static_cast<double>(memory_of(process->pid(), "VmRSS")) / 1e6);
  return {};
}

}  // namespace

wire::Result<void> run_tmc(Bench& bench) {
  Samples paced, saturated;
  for (int i = 0; i < bench.repeats; ++i) {
    const std::string n = fmt::format("tmc-{}", i);
    if (auto r = sample_product(bench, paced, n + "-paced", "tmc.yaml", {}, {kBridgeCpu}); !r) return r;
    const std::vector<std::string> full = {"calls.trades.rate=max", "calls.trades.in_flight=8"};
    if (auto r = sample_product(bench, saturated, n, "tmc.yaml", full, {kBridgeCpu, kRate}); !r) return r;
  }
  const std::string part = "tmc: taobao.tmc.messages.produce, 50 messages of 512 B, QoS 1";
  auto& f = bench.figures;
  f.push_back(plain(part, "bridge CPU us/message, saturated", saturated[kBridgeCpu], Bound::at_most, 6));
  f.push_back(plain(part, "bridge CPU us/message, 40 calls/s", paced[kBridgeCpu]));
  f.push_back(plain(part, "messages/s, saturated", saturated[kRate]));
  return {};
}

wire::Result<void> run_million(Bench& bench) {
  bench.say("million");
  const auto directory = make_directory(bench.paths.out + "/million");
  if (!directory) return tl::unexpected(directory.error());
  const std::string store = *directory + "/registry.db";
  if (auto filled = fill(store); !filled) return filled;
  const std::string config = *directory + "/bridge.yaml";
  // Nobody is there to be published to: the port is that of no broker, and the start does not wait for one.
  std::ofstream(config) << fmt::format(
      "http: {{ listen: '127.0.0.1:0' }}\nmqtt: {{ broker: 'mqtt://127.0.0.1:1' }}\n"
      "registry: {{ store: 'sqlite:{}' }}\nproducts: [ {{ key: {} }} ]\n",
      store, kProduct);
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    if (auto r = start_once(bench, config, *directory + "/bridge.log", s); !r) return r;
  }
  const std::string part = "million: fleet-bridge with 1,000,000 registered devices in SQLite";
  auto& f = bench.figures;
  f.push_back(plain(part, "seconds until it is ready", s["seconds"], Bound::at_most, 3));
  f.push_back(plain(part, "resident memory, MB", s["mb"], Bound::at_most, 300));
  return {};
}

}  // namespace fleet::bench
