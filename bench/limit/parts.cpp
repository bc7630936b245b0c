#include "bench/limit/parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "bench/limit/metrics.h"
#include "bench/limit/process.h"

namespace fleet::bench {
namespace {

constexpr std::uint32_t kCallsPerSecond = 50;   // × 100 devices: 5,000 deliveries a second
constexpr std::uint32_t kSizesPerSecond = 200;  // enough CPU in a hold to tell sizes apart

// How many deliveries a second can one call after another bring about, and what does each cost?
wire::Result<void> run_saturated(Bench& bench) {
  Samples s;
  for (int i = 0; i < bench.repeats * kTurns; ++i) {
    const std::string n = fmt::format("saturated-{}", i);
    const auto product = [&] {
      return sample_product(bench, s, n, "saturated.yaml", {}, {kRate, kFleetCpu, kCallersCpu, kBridgeCpu, kBrokerCpu});
    };
    const auto bare = [&] { return sample_bare(bench, s, n + "-bare", "saturated.yaml", {.hold = bench.hold}); };
    if (auto r = run_both(i, product, bare); !r) return r;
  }
  const std::string part = "saturated: 1,000 devices, 100 a call, 128 B";
  auto& f = bench.figures;
  f.push_back(
      ratio(part, "deliveries/s, against the bare pair", s[kRate], s["bare.deliveries_per_s"], Bound::at_least, 0.90));
  f.push_back(ratio(part, "fleet CPU us/delivery, against the bare receiver", s[kFleetCpu], s["bare.receiver_cpu_us"],
                    Bound::at_most, 1.25));
  f.push_back(plain(part, "bridge CPU us/publish", s[kBridgeCpu], Bound::at_most, 1.0));
  f.push_back(ratio(part, "bridge CPU us/publish, against Mosquitto's us/delivery", s[kBridgeCpu], s[kBrokerCpu],
                    Bound::at_most, 0.125));
  f.push_back(ratio(part, "Mosquitto CPU us/delivery, against its own under the bare pair", s[kBrokerCpu],
                    s["bare.broker_cpu_us"]));
  f.push_back(plain(part, "callers CPU us/delivery", s[kCallersCpu]));
  return {};
}

// What does the path from a call to its devices add to bare sockets at a realistic rate?
wire::Result<void> run_paced(Bench& bench) {
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    const std::string n = fmt::format("paced-{}", i);
    const BareLoad load{.bursts_per_s = kCallsPerSecond, .hold = bench.hold};
    const auto product = [&] {
      return sample_product(bench, s, n, "paced.yaml", {},
                            {kFleetCpu, kCallersCpu, kBridgeCpu, kBrokerCpu, kP50, kP99});
    };
    const auto bare = [&] { return sample_bare(bench, s, n + "-bare", "paced.yaml", load); };
    if (auto r = run_both(i, product, bare); !r) return r;
  }
  const std::string part = "paced: 50 calls/s x 100, 1,000 devices, 128 B";
  auto& f = bench.figures;
  f.push_back(ratio(part, "fleet CPU us/delivery, against the bare receiver", s[kFleetCpu], s["bare.receiver_cpu_us"],
                    Bound::at_most, 1.25));
  f.push_back(ratio(part, "service p50 us, against the bare pair", s[kP50], s["bare.p50_us"], Bound::at_most, 1.3));
  f.push_back(ratio(part, "service p99 us, against the bare pair", s[kP99], s["bare.p99_us"], Bound::at_most, 1.5));
  f.push_back(plain(part, "bridge CPU us/publish", s[kBridgeCpu]));
  f.push_back(plain(part, "callers CPU us/delivery", s[kCallersCpu]));
  return {};
}

// How long do 15,000 devices take to be there, and what does each keep?
wire::Result<void> run_connect(Bench& bench) {
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    const std::string n = fmt::format("connect-{}", i);
    const BareLoad load{.devices = 15'000, .bursts_per_s = 1, .hold = std::chrono::seconds(1)};
    if (auto r = sample_bare(bench, s, n + "-bare", "connect.yaml", load); !r) return r;
    const std::int64_t before = syn_retransmits();
    if (auto r = sample_product(bench, s, n, "connect.yaml", {"phases.hold=2s"},
                                {"fleet.connect.seconds", "fleet.connect.failed", "cost.fleet_bytes_per_connection"});
        !r) {
      return r;
    }
    s["syn"].push_back(static_cast<double>(syn_retransmits() - before));
  }
  const std::string part = "connect: 15,000 devices";
  auto& f = bench.figures;
  f.push_back(
      plain(part, "seconds until all are connected and subscribed", s["fleet.connect.seconds"], Bound::at_most, 5));
  f.push_back(plain(part, "SYNs sent again", s["syn"], Bound::at_most, 0));
  f.push_back(plain(part, "connects that failed", s["fleet.connect.failed"], Bound::at_most, 0));
  f.push_back(
      plain(part, "user memory of a connection, bytes", s["cost.fleet_bytes_per_connection"], Bound::at_most, 2'048));
  f.push_back(plain(part, "seconds of the bare receiver, for comparison", s["bare.connect_s"]));
  return {};
}

// How long do 15,000 devices take to be back when the broker is restarted under them?
wire::Result<void> run_restart(Bench& bench) {
  constexpr const char* kAt = "faults.0.at_s";
  constexpr const char* kEnded = "faults.0.ended_s";
  constexpr const char* kAll = "faults.0.back.all_s";
  constexpr const char* kFirst = "fleet.connect.seconds";
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    // Calls to a broker that is away fail by design.
    if (auto r = sample_product(bench, s, fmt::format("restart-{}", i), "connect.yaml",
                                {"phases.hold=20s", "faults=[{at: 1s, do: broker-restart}]", "thresholds=[]"},
                                {kFirst, kAt, kEnded, kAll});
        !r) {
      return r;
    }
    const auto n = static_cast<std::size_t>(i);
    s["away"].push_back(s[kEnded][n] - s[kAt][n]);
    s["back"].push_back(s[kAll][n] - s["away"].back());
  }
  const std::string part = "restart: 15,000 devices, the broker restarted";
  auto& f = bench.figures;
  f.push_back(ratio(part, "seconds from its being ready until all are back, against the first connect", s["back"],
                    s[kFirst], Bound::at_most, 1.3));
  f.push_back(plain(part, "seconds that the broker was away", s["away"]));
  return {};
}

// Does a delivery cost the same however many devices there are?
wire::Result<void> run_sizes(Bench& bench) {
  const std::vector<std::uint32_t> sizes = {100, 1'000, 5'000, 15'000};
  std::map<std::uint32_t, Samples> by_size;
  for (int i = 0; i < bench.repeats; ++i) {
    for (const std::uint32_t devices : sizes) {
      const std::string n = fmt::format("sizes-{}-{}", devices, i);
      const BareLoad load{.devices = devices, .bursts_per_s = kSizesPerSecond, .hold = bench.hold};
      Samples& s = by_size[devices];
      const auto product = [&] {
        return sample_product(
            bench, s, n, "paced.yaml",
            {fmt::format("fleet.lamps.count={}", devices), fmt::format("calls.push.rate={}/s", kSizesPerSecond)},
            {kFleetCpu});
      };
      const auto bare = [&] { return sample_bare(bench, s, n + "-bare", "paced.yaml", load); };
      if (auto r = run_both(i, product, bare); !r) return r;
    }
  }
  const std::string part = fmt::format("sizes: {} calls/s x 100, 128 B", kSizesPerSecond);
  // Nearly every delivery wakes the fleet at this rate, as it wakes the bare receiver, and what waking costs changes
  // with the size, too: with what else runs on the core. So the sizes are compared by what the fleet adds.
  std::vector<double> costs, added;
  for (const std::uint32_t devices : sizes) {
    Samples& s = by_size[devices];
    costs.push_back(*std::ranges::min_element(s[kFleetCpu]));  // what a busy machine adds is never less than nothing
    bench.figures.push_back(ratio(part,
                                  fmt::format("fleet CPU us/delivery, {} devices, against the bare receiver", devices),
                                  s[kFleetCpu], s["bare.receiver_cpu_us"]));
    added.push_back(bench.figures.back().value);
  }
  const auto compare = [&](const char* what, const std::vector<double>& of_sizes, Bound bound) {
    const auto [cheapest, dearest] = std::ranges::minmax(of_sizes);
    bench.figures.push_back(ratio(part, what, {dearest}, {cheapest}, bound, 1.3));
  };
  compare("the dearest size against the cheapest, by these ratios", added, Bound::at_most);
  compare("the dearest size against the cheapest, by CPU", costs, Bound::none);
  return {};
}

// What does it cost the broker that nobody gets in without a right login, nor reads what is another's?
wire::Result<void> run_auth(Bench& bench) {
  Samples off, on;
  for (int i = 0; i < bench.repeats; ++i) {
    for (const char* scenario : {"paced", "saturated"}) {
      const std::string file = std::string(scenario) + ".yaml";
      const auto run = [&](Samples& into, const char* auth) {
        Samples samples;
        auto done = sample_product(bench, samples, fmt::format("auth-{}-{}-{}", auth, scenario, i), file,
                                   {fmt::format("target.broker.auth={}", auth)}, {kBrokerCpu});
        if (done) into[scenario].push_back(samples[kBrokerCpu].front());
        return done;
      };
      if (auto r = run(off, "off"); !r) return r;
      if (auto r = run(on, "on"); !r) return r;
    }
  }
  const std::string part = "auth: the broker's plugin, against none";
  auto& f = bench.figures;
  f.push_back(ratio(part, "Mosquitto CPU us/delivery, 5,000/s", on["paced"], off["paced"], Bound::at_most, 1.15));
  f.push_back(
      ratio(part, "Mosquitto CPU us/delivery, saturated", on["saturated"], off["saturated"], Bound::at_most, 1.15));
  return {};
}

}  // namespace

wire::Result<void> run_both(int turn, const std::function<wire::Result<void>()>& product,
                            const std::function<wire::Result<void>()>& beside) {
  const bool product_first = turn % 2 == 1;
  if (auto r = (product_first ? product : beside)(); !r) return r;
  return (product_first ? beside : product)();
}

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {"saturated", "deliveries/s and CPU with calls made one after another", run_saturated},
      {"paced", "CPU and service time at 50 calls/s x 100", run_paced},
      {"connect", "15,000 devices: connect time, SYNs sent again, memory", run_connect},
      {"restart", "15,000 devices: until all are back after a restart of the broker", run_restart},
      {"sizes", "cost per delivery at 100, 1,000, 5,000 and 15,000 devices", run_sizes},
      {"memory", "256 KB x 100 devices at QoS 1: memory of the bridge, also with the broker stopped", run_memory},
      {"auth", "Mosquitto's CPU with and without the plugin that checks logins and topics", run_auth},
      {"identities", "CPU of devices that log in with signatures, reached by two call groups", run_identities},
      {"gateways", "deliveries/s through 10 gateways and to as many devices", run_gateways},
      {"plan", "time and memory of planning 1,000,000 sub-devices", run_plan},
      {"tmc", "bridge CPU per message of taobao.tmc.messages.produce", run_tmc},
      {"million", "fleet-bridge with 1,000,000 registered devices: start and memory", run_million},
      {"core", "the core's functions one by one: signatures, checks of names, registry", run_core},
      {"hostile", "1,000 slow connections: p99 of honest callers beside them", run_hostile},
      {"tls", "TLS handshakes by CPU second of the fleet, against openssl s_time", run_tls},
      {"paho", "the Paho engine and the Paho publisher beside the bare pair", run_paho},
  };
  return all;
}

wire::Result<void> sample_product(Bench& bench, Samples& into, const std::string& name, const std::string& scenario,
                                  std::vector<std::string> sets, const std::vector<std::string>& metrics) {
  bench.say(name);
  sets.insert(sets.begin(), fmt::format("phases.hold={}s", bench.hold.count()));
  const auto result = run_product(bench.paths, name, scenario, sets);
  if (!result) return tl::unexpected(result.error());
  if (const std::string verdict = result->value("verdict", "none"); verdict != "pass") {
    bench.notes.push_back(
        fmt::format("{}: verdict {}: {}", name, verdict, result->value("reasons", nlohmann::json::array()).dump()));
  }
  for (const std::string& path : metrics) {
    const auto value = metric(*result, path);
    if (!value) return tl::unexpected(value.error());
    into[path].push_back(*value);
  }
  return {};
}

wire::Result<void> sample_bare(Bench& bench, Samples& into, const std::string& name, const std::string& scenario,
                               const BareLoad& load) {
  bench.say(name);
  const auto run = run_bare(bench.paths, name, scenario, load);
  if (!run) return tl::unexpected(run.error());
  if (run->received != run->published) {
    bench.notes.push_back(fmt::format("{}: {} published, {} received", name, run->published, run->received));
  }
  into["bare.connect_s"].push_back(run->connect_s);
  into["bare.deliveries_per_s"].push_back(run->deliveries_per_s);
  into["bare.receiver_cpu_us"].push_back(run->receiver_cpu_us);
  into["bare.broker_cpu_us"].push_back(run->broker_cpu_us);
  into["bare.p50_us"].push_back(run->p50_us);
  into["bare.p99_us"].push_back(run->p99_us);
  return {};
}

}  // namespace fleet::bench
