// How many TLS handshakes does a second of CPU buy the fleet, beside a program that does nothing else?
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "bench/limit/parts.h"
#include "bench/limit/process.h"
#include "sim/fleet/fleet.h"
#include "sim/launch/certificates.h"
#include "sim/launch/launch.h"
#include "sim/launch/program.h"
#include "sim/scenario/plan.h"

namespace fleet::bench {
namespace {

constexpr std::uint32_t kDevices = 2'000;
constexpr std::chrono::seconds kConnectLimit{90};
constexpr std::chrono::seconds kTimed{3};  // of s_time
constexpr wire::Millis kAskAgain{1};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Of this process, all its threads.
double own_cpu_s() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return seconds_of(use.ru_utime) + seconds_of(use.ru_stime);
}

// Whole devices: TCP, TLS, login, subscription, session.
wire::Result<double> fleet_handshakes_per_cpu_s(const sim::Scenario& scenario, const wire::mqtt::BrokerPlace& place) {
  const std::vector<std::unique_ptr<sim::GroupBooks>> no_calls;
  const sim::Identities identities(scenario);
  sim::Fleet fleet(scenario, no_calls, identities, place, 1);
  const wire::TimePoint limit = wire::read_clock() + kConnectLimit;
  const double before = own_cpu_s();
  if (auto started = fleet.start(); !started) return tl::unexpected(started.error());
  while (fleet.status().ready < kDevices) {
    if (wire::read_clock() > limit) {
      return wire::environment_error("the fleet did not connect over TLS: " + fleet.status().last_error);
    }
    std::this_thread::sleep_for(kAskAgain);
  }
  return kDevices / (own_cpu_s() - before);
}

// openssl s_time: TCP and TLS alone, with the same broker, certificate and check, one connection after the other.
wire::Result<double> openssl_handshakes_per_cpu_s(const wire::mqtt::BrokerPlace& place, const std::string& directory) {
  const auto program = sim::find_program("openssl", {"/usr/bin"});
  if (!program) return wire::environment_error("openssl is not installed: apt-get install openssl");
  auto timed = Process::start({*program, "s_time", "-connect", place.url.address().text(), "-new", "-CAfile",
                               place.tls.ca, "-verify", "2", "-time", std::to_string(kTimed.count())},
                              directory + "/s_time.log");
  if (!timed) return tl::unexpected(timed.error());
  // "1234 connections in 3 real seconds, 0 bytes read per connection"
  for (;;) {
    const auto line = timed->read_line(kTimed + kConnectLimit);
    if (!line) return tl::unexpected(line.error());
    if (line->find(" real seconds") == std::string::npos) continue;
    double connections = 0;
    std::istringstream(*line) >> connections;
    if (const auto ended = timed->finish(kConnectLimit); !ended) return tl::unexpected(ended.error());
    const double cpu_s = std::chrono::duration<double>(timed->cpu()).count();
    if (connections < 1 || cpu_s <= 0) return wire::environment_error("openssl s_time made no connection", *line);
    return connections / cpu_s;
  }
}

wire::Result<void> sample(Bench& bench, Samples& into, int turn) {
  const std::string name = fmt::format("tls-{}", turn);
  bench.say(name);
  const auto directory = make_directory(bench.paths.out + "/" + name);
  if (!directory) return tl::unexpected(directory.error());
  auto scenario =
      sim::load_scenario(bench.paths.scenarios + "/connect.yaml",
                         {{"target.broker.tls", "on"}, {"fleet.lamps.count", std::to_string(kDevices)}}, {});
  if (!scenario) return tl::unexpected(scenario.error());
  scenario->calls.clear();  // nobody calls
  const auto broker = sim::start_mosquitto(*scenario, *directory);
  if (!broker) return tl::unexpected(broker.error());
  const auto take = [&into](const char* key, const wire::Result<double>& rate) -> wire::Result<void> {
    if (!rate) return tl::unexpected(rate.error());
    into[key].push_back(*rate);
    return {};
  };
  return run_both(
      turn, [&] { return take("fleet", fleet_handshakes_per_cpu_s(*scenario, broker->place)); },
      [&] { return take("openssl", openssl_handshakes_per_cpu_s(broker->place, *directory)); });
}

}  // namespace

wire::Result<void> run_tls(Bench& bench) {
  sim::raise_descriptor_limit();
  Samples s;
  for (int i = 0; i < bench.repeats; ++i) {
    if (auto done = sample(bench, s, i); !done) return done;
  }
  bench.figures.push_back(ratio(fmt::format("tls: {} devices, P-256, TLS 1.3, no resumption", kDevices),
                                "handshakes by CPU second of the fleet, against openssl s_time", s["fleet"],
                                s["openssl"], Bound::at_least, 0.7));
  return {};
}

}  // namespace fleet::bench
