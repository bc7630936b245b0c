#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "sim/launch/bridge_config.h"
#include "sim/launch/files.h"
#include "sim/launch/lasting_port.h"
#include "sim/launch/launch.h"
#include "sim/launch/mosquitto_config.h"
#include "sim/launch/program.h"

namespace fleet::sim {

namespace {

// Twenty thousand devices are read in a second; a machine under load takes its time.
constexpr wire::Millis kReadyLimit{60'000};
constexpr wire::Millis kAskAgain{5};
constexpr std::size_t kLogHead = 64u << 10;

// The port in a whole line "listening on http://127.0.0.1:PORT"; 0 while there is none.
std::uint16_t port_in(const std::string& log) {
  constexpr std::string_view kReady = "listening on http://127.0.0.1:";
  const std::size_t at = log.find(kReady);
  if (at == std::string::npos) return 0;
  const std::size_t end = log.find('\n', at);
  if (end == std::string::npos) return 0;  // half a line
  std::uint16_t port = 0;
  const auto [stop, failure] = std::from_chars(log.data() + at + kReady.size(), log.data() + end, port);
  return failure == std::errc{} ? port : std::uint16_t{0};
}

tl::unexpected<wire::Error> missing(const std::string& program) {
  return wire::environment_error("fleet-bridge is missing; it must lie beside this program", program);
}

}  // namespace

wire::Result<void> prepare_auth(const Scenario& scenario, const std::string& directory) {
  const std::string program = beside_this_program("fleet-bridge");
  if (!find_program(program, {})) return missing(program);
  const auto home = make_directory(directory);
  if (!home) return tl::unexpected(home.error());
  for (const char* const part : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(fmt::format("{}/{}{}", *home, kRegistryFile, part), ignored);
  }
  const std::string config = *home + "/bridge.yaml";
  const std::string log = *home + "/bridge.log";
  // Where the broker will be is not known yet, and of no matter to the registry.
  const wire::mqtt::BrokerPlace nowhere{{"mqtt", "127.0.0.1", 1'883}};
  if (auto written = write_file(config, bridge_config(scenario, nowhere, *home)); !written) return written;
  auto child = Child::start(program, {"prepare", config}, log);
  if (!child) return tl::unexpected(child.error());
  if (!(*child)->wait_for_end(kReadyLimit)) {
    return wire::environment_error(
        fmt::format("fleet-bridge did not make the registry within {} s; the end of its log "
                    "({}):{}",
                    kReadyLimit.count() / 1'000, log, log_tail(log)));
  }
  if ((*child)->exit_code() == 0) return {};
  return wire::environment_error(fmt::format("{}:{}", (*child)->ended().value_or("fleet-bridge"), log_tail(log)));
}

wire::Result<StartedBridge> start_bridge(const Scenario& scenario, const wire::mqtt::BrokerPlace& broker,
                                         const std::string& directory) {
  const std::string program = beside_this_program("fleet-bridge");
  if (!find_program(program, {})) return missing(program);
  const auto home = make_directory(directory);
  if (!home) return tl::unexpected(home.error());
  const std::string config = *home + "/bridge.yaml";
  const std::string log = *home + "/bridge.log";
  const std::uint16_t port = is_started_again(scenario, is_of_bridge) ? lasting_port() : std::uint16_t{0};
  if (port == 0 && is_started_again(scenario, is_of_bridge))
    return wire::environment_error("no free port for the bridge on 127.0.0.1");
  if (auto written = write_file(config, bridge_config(scenario, broker, *home, port)); !written) {
    return tl::unexpected(written.error());
  }
  auto child = Child::start(program, {"--config", config}, log);
  if (!child) return tl::unexpected(child.error());
  const wire::TimePoint deadline = wire::read_clock() + kReadyLimit;
  while (wire::read_clock() < deadline) {
    if (const std::uint16_t bound = port_in(read_head(log, kLogHead)); bound != 0) {
      return StartedBridge{std::move(*child), Url{"http", "127.0.0.1", bound}};
    }
    if ((*child)->wait_for_end(kAskAgain)) {
      return wire::environment_error(fmt::format("{}:{}", (*child)->ended().value_or("fleet-bridge"), log_tail(log)));
    }
  }
  return wire::environment_error(fmt::format("fleet-bridge was not ready within {} s; the end of its log ({}):{}",
                                             kReadyLimit.count() / 1'000, log, log_tail(log)));
}

}  // namespace fleet::sim
