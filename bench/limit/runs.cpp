#include "bench/limit/runs.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "bench/limit/process.h"
#include "sim/launch/cores.h"
#include "sim/launch/launch.h"

namespace fleet::bench {
namespace {

using std::chrono::seconds;

constexpr seconds kReadyLimit{90};
constexpr seconds kProductLimit{180};
constexpr seconds kWarmUp{1};
constexpr seconds kStragglers{20};  // at most; the receiver leaves when nothing comes for half a second

// The `key=value` words of a line.
std::map<std::string, double> values_of(const std::string& line) {
  std::map<std::string, double> values;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    if (equals != std::string::npos) values[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
  }
  return values;
}

std::int64_t nanos_of(wire::TimePoint time) { return time.time_since_epoch().count(); }

BareRun summary(const std::map<std::string, double>& ready, std::map<std::string, double> received,
                std::map<std::string, double> sent, wire::Nanos broker_cpu) {
  const auto by = [](double ns, double count) { return count > 0 ? ns / 1e3 / count : 0; };
  BareRun run;
  run.connect_s = ready.at("connect_ns") / 1e9;
  run.deliveries_per_s = received["deliveries"] / (received["hold_ns"] / 1e9);
  run.receiver_cpu_us = by(received["cpu_ns"], received["deliveries"]);
  run.publisher_cpu_us = by(sent["cpu_ns"], sent["publishes"]);
  run.broker_cpu_us = by(static_cast<double>(broker_cpu.count()), received["deliveries"]);
  run.p50_us = received["p50_us"];
  run.p99_us = received["p99_us"];
  run.published = static_cast<std::uint64_t>(sent["all"]);
  run.received = static_cast<std::uint64_t>(received["all"]);
  return run;
}

}  // namespace

wire::Result<std::string> make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return wire::environment_error("cannot make the directory: " + error.message(), path);
  return path;
}

wire::Result<BareRun> run_bare(const Paths& paths, const std::string& name, const std::string& scenario,
                               const BareLoad& load) {
  const auto directory = make_directory(paths.out + "/" + name);
  if (!directory) return tl::unexpected(directory.error());
  const auto plan = sim::load_scenario(paths.scenarios + "/" + scenario, {}, {});
  if (!plan) return tl::unexpected(plan.error());
  const auto broker = sim::start_mosquitto(*plan, *directory);
  if (!broker) return tl::unexpected(broker.error());
  const std::string port = std::to_string(broker->place.url.port);

  auto receiver = Process::start({paths.programs + "/bare_receiver", port, std::to_string(load.devices)},
                                 *directory + "/bare_receiver.log");
  if (!receiver) return tl::unexpected(receiver.error());
  const auto ready = receiver->read_line(kReadyLimit);
  if (!ready) return tl::unexpected(ready.error());
  auto publisher = Process::start(
      {paths.programs + "/bare_publisher", port, std::to_string(load.devices), std::to_string(load.burst),
       std::to_string(load.payload_bytes), std::to_string(load.bursts_per_s)},
      *directory + "/bare_publisher.log");
  if (!publisher) return tl::unexpected(publisher.error());
  if (const auto line = publisher->read_line(kReadyLimit); !line) return tl::unexpected(line.error());

  sim::keep_broker_apart(broker->child->pid(), {receiver->pid(), publisher->pid()});  // as in the product's own runs

  const wire::TimePoint start = wire::read_clock() + wire::Millis(50);
  const wire::TimePoint begin = start + kWarmUp;
  const wire::TimePoint end = begin + load.hold;
  receiver->write_line(fmt::format("{} {} {}", nanos_of(begin), nanos_of(end), nanos_of(end + kStragglers)));
  publisher->write_line(fmt::format("{} {} {}", nanos_of(start), nanos_of(begin), nanos_of(end)));
  std::this_thread::sleep_until(begin);
  const wire::Nanos broker_before = cpu_of(broker->child->pid());
  std::this_thread::sleep_until(end);
  const wire::Nanos broker_after = cpu_of(broker->child->pid());

  const auto sent = publisher->read_line(kStragglers + kReadyLimit);
  if (!sent) return tl::unexpected(sent.error());
  const auto received = receiver->read_line(kStragglers + kReadyLimit);
  if (!received) return tl::unexpected(received.error());
  return summary(values_of(*ready), values_of(*received), values_of(*sent), broker_after - broker_before);
}

wire::Result<nlohmann::json> run_product(const Paths& paths, const std::string& name, const std::string& scenario,
                                         const std::vector<std::string>& sets) {
  const auto directory = make_directory(paths.out + "/" + name);
  if (!directory) return tl::unexpected(directory.error());
  std::vector<std::string> argv = {paths.programs + "/fleet-sim", "run", paths.scenarios + "/" + scenario, "--out",
                                   *directory};
  for (const std::string& set : sets) argv.insert(argv.end(), {"--set", set});
  auto process = Process::start(argv, *directory + "/fleet-sim.log");
  if (!process) return tl::unexpected(process.error());
  const auto exit_code = process->finish(kProductLimit);
  if (!exit_code) return tl::unexpected(exit_code.error());
  std::ifstream file(*directory + "/result.json");
  auto result = nlohmann::json::parse(file, nullptr, false);
  if (result.is_discarded()) {
    return wire::environment_error(fmt::format(
        "fleet-sim left no result (exit code {}); its words are in {}/fleet-sim.log", *exit_code, *directory));
  }
  return result;
}

wire::Result<double> metric(const nlohmann::json& result, const std::string& path) {
  const nlohmann::json* at = &result;
  std::istringstream keys(path);
  for (std::string key; std::getline(keys, key, '.');) {
    if (at->is_array() && key.size() == 1 && at->size() > static_cast<std::size_t>(key[0] - '0')) {
      at = &(*at)[static_cast<std::size_t>(key[0] - '0')];
      continue;
    }
    if (!at->is_object() || !at->contains(key)) return wire::environment_error("result.json has no " + path);
    at = &(*at)[key];
  }
  if (!at->is_number()) return wire::environment_error("result.json has no number at " + path);
  return at->get<double>();
}

}  // namespace fleet::bench
