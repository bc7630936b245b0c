// How much memory does the bridge take while it holds calls of 256 KB to 100 devices each at QoS 1?
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "bench/limit/parts.h"
#include "bench/limit/process.h"
#include "sim/launch/launch.h"

namespace fleet::bench {
namespace {

constexpr double kMiB = 1 << 20;
constexpr std::chrono::seconds kCallsComeWithin{60};
constexpr std::chrono::milliseconds kCallsBefore{1'500};  // the warm-up and a little of the hold
constexpr std::chrono::seconds kBrokerStopped{2};

// Stops the broker for a while inside the hold: calls that are coming show as memory of the bridge. Gives up after a
// minute without them.
void stop_broker_in_between(int broker, int bridge, std::int64_t idle_bytes, const std::atomic<bool>& over) {
  const wire::TimePoint until = wire::read_clock() + kCallsComeWithin;
  while (memory_of(bridge, "VmHWM") < idle_bytes + (1 << 20)) {
    if (over || wire::read_clock() > until) return;
    std::this_thread::sleep_for(wire::Millis(20));
  }
  std::this_thread::sleep_for(kCallsBefore);
  ::kill(broker, SIGSTOP);
  std::this_thread::sleep_for(kBrokerStopped);
  ::kill(broker, SIGCONT);
}

}  // namespace

wire::Result<double> peak_above_idle(Bench& bench, const std::string& name, bool stop_broker,
                                     const std::string& publisher) {
  bench.say(name);
  const auto directory = make_directory(bench.paths.out + "/" + name);
  if (!directory) return tl::unexpected(directory.error());
  const auto plan =
      sim::load_scenario(bench.paths.scenarios + "/memory.yaml",
                         {{"target.bridge", fmt::format("{{use: local, publisher: {}}}", publisher)}}, {});
  if (!plan) return tl::unexpected(plan.error());
  const auto broker = sim::start_mosquitto(*plan, *directory);
  if (!broker) return tl::unexpected(broker.error());
  const auto bridge = sim::start_bridge(*plan, broker->place, *directory);
  if (!bridge) return tl::unexpected(bridge.error());

  const int pid = bridge->child->pid();
  const std::int64_t idle = memory_of(pid, "VmRSS");
  std::atomic<bool> over = false;
  std::thread stopper;
  if (stop_broker) {
    stopper = std::thread([&] { stop_broker_in_between(broker->child->pid(), pid, idle, over); });
  }
  const auto result = run_product(bench.paths, name, "memory.yaml",
                                  {fmt::format("phases.hold={}s", bench.hold.count()),
                                   fmt::format("target.broker=mqtt://127.0.0.1:{}", broker->place.url.port),
                                   fmt::format("target.bridge=http://127.0.0.1:{}", bridge->url.port)});
  over = true;
  if (stopper.joinable()) stopper.join();
  if (!result) return tl::unexpected(result.error());
  if (const std::string verdict = result->value("verdict", "none"); verdict != "pass") {
    bench.notes.push_back(
        fmt::format("{}: verdict {}: {}", name, verdict, result->value("reasons", nlohmann::json::array()).dump()));
  }
  return static_cast<double>(memory_of(pid, "VmHWM") - idle) / kMiB;
}

wire::Result<void> run_memory(Bench& bench) {
  const auto plan = sim::load_scenario(bench.paths.scenarios + "/memory.yaml", {}, {});
  if (!plan) return tl::unexpected(plan.error());
  const double in_flight = plan->calls.front().in_flight;
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    for (const bool stop : {false, true}) {
      const std::string name = fmt::format("memory-{}{}", i, stop ? "-stopped" : "");
      const auto peak = peak_above_idle(bench, name, stop);
      if (!peak) return tl::unexpected(peak.error());
      s[stop ? "stopped" : "running"].push_back(*peak / in_flight);
    }
  }
  const std::string part = fmt::format("memory: 256 KB x 100 devices, QoS 1, {} calls in flight", in_flight);
  auto& f = bench.figures;
  f.push_back(plain(part, "bridge above idle, MiB a call in flight", s["running"], Bound::at_most, 8));
  f.push_back(plain(part, "the same with the broker stopped for 2 s", s["stopped"], Bound::at_most, 8));
  return {};
}

}  // namespace fleet::bench
