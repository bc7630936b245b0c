// What do honest callers feel of a thousand connections that send a byte a second?
#include <fmt/format.h>

#include <algorithm>

#include "bench/limit/parts.h"
#include "bench/limit/slow_loris.h"
#include "sim/launch/launch.h"
#include "sim/scenario/machine.h"

namespace fleet::bench {
namespace {

constexpr std::size_t kHostile = 1'000;
constexpr std::chrono::seconds kHoldMin{12};  // the bridge ends slow requests after 10 s: that must lie within
constexpr const char* kHttp = "times_us.http.p99";
constexpr const char* kService = "times_us.service.p99";

// 50 calls/s x 100 devices against a bridge and a broker of their own, with or without slow connections beside.
wire::Result<void> sample(Bench& bench, Samples& into, const std::string& name, bool hostile) {
  const auto directory = make_directory(bench.paths.out + "/" + name);
  if (!directory) return tl::unexpected(directory.error());
  const auto plan = sim::load_scenario(bench.paths.scenarios + "/paced.yaml", {}, {});
  if (!plan) return tl::unexpected(plan.error());
  const auto broker = sim::start_mosquitto(*plan, *directory);
  if (!broker) return tl::unexpected(broker.error());
  const auto bridge = sim::start_bridge(*plan, broker->place, *directory);
  if (!bridge) return tl::unexpected(bridge.error());
  std::unique_ptr<SlowLoris> slow;
  if (hostile) {
    auto started = SlowLoris::start(bridge->url.port, kHostile);
    if (!started) return tl::unexpected(started.error());
    slow = *std::move(started);
  }
  if (auto done = sample_product(bench, into, name, "paced.yaml",
                                 {fmt::format("phases.hold={}s", std::max(bench.hold, kHoldMin).count()),
                                  fmt::format("target.broker=mqtt://127.0.0.1:{}", broker->place.url.port),
                                  fmt::format("target.bridge=http://127.0.0.1:{}", bridge->url.port)},
                                 {kHttp, kService});
      !done) {
    return done;
  }
  if (slow) into["cut_off"].push_back(static_cast<double>(slow->cut_off()));
  return {};
}

}  // namespace

wire::Result<void> run_hostile(Bench& bench) {
  sim::raise_descriptor_limit();
  Samples calm, pressed;
  for (int i = 0; i < bench.repeats; ++i) {
    // In turn, so that what the machine does meanwhile falls on neither side.
    for (const bool hostile : {i % 2 == 1, i % 2 == 0}) {
      Samples& into = hostile ? pressed : calm;
      if (auto done = sample(bench, into, fmt::format("hostile-{}-{}", i, hostile ? "pressed" : "calm"), hostile);
          !done) {
        return done;
      }
    }
  }
  const std::string part = fmt::format("hostile: 50 calls/s x 100 beside {} slow connections", kHostile);
  auto& f = bench.figures;
  f.push_back(ratio(part, "http p99 us, against none of them", pressed[kHttp], calm[kHttp], Bound::at_most, 1.5));
  f.push_back(
      ratio(part, "service p99 us, against none of them", pressed[kService], calm[kService], Bound::at_most, 1.5));
  f.push_back(plain(part, "slow connections that the bridge has ended", pressed["cut_off"]));
  return {};
}

}  // namespace fleet::bench
