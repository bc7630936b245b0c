#include "sim/launch/mosquitto_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/launch/certificates.h"
#include "sim/scenario/pacer.h"
#include "sim/scenario/sub_devices.h"
#include "wire/signing.h"

namespace fleet::sim {

namespace {

// A closed loop may make this many calls before the broker's queue of one device could drop a message.
constexpr std::uint64_t kClosedLoopCalls = 1'000'000;
// Mosquitto's own default; smaller scenarios need no less.
constexpr std::uint64_t kQueuedMin = 1'000;

// Messages that one connection can be owed at most: every call names a device at most once, and a gateway has those of
// all its sub-devices. A consumer may be the only one left of its group, and get all.
std::uint64_t owed_to_a_connection(const Scenario& scenario) {
  std::uint64_t owed = 0;
  for (std::size_t i = 0; i < scenario.calls.size(); ++i) {
    const CallGroup& group = scenario.calls[i];
    const std::uint64_t calls = group.closed_loop
                                    ? kClosedLoopCalls
                                    : calls_due(scenario, i, {}, scenario.phases.warm_up + scenario.phases.hold);
    std::uint32_t each = group.targets.empty() ? 1 : group.batch;
    const FleetGroup& recipients = scenario.fleet[group.fleet_group];
    if (group.targets.empty() && recipients.gateway) {
      const SubDeviceSpread spread{recipients.count, scenario.fleet[recipients.gateway->group].count};
      each = std::min(group.batch, spread.count_max());
    }
    owed += calls * each;
  }
  return std::clamp(owed, kQueuedMin, std::uint64_t{100'000'000});
}

void append_auth(const Scenario& scenario, const std::string& directory, const std::string& plugin, std::string& out) {
  const wire::mqtt::Login bridge = bridge_login(scenario);
  fmt::format_to(std::back_inserter(out),
                 "plugin {}\n"
                 "plugin_opt_registry {}/{}\n"
                 "plugin_opt_bridge_username {}\n"
                 "plugin_opt_bridge_password {}\n",
                 plugin, directory, kRegistryFile, bridge.username, bridge.password);
}

// Mosquitto 2.0.11 does not start where every listener is of WebSocket. Nobody uses this one.
std::string spare_listener(const Scenario& scenario, const BrokerPorts& ports) {
  if (!scenario.target.broker_websocket) return {};
  return fmt::format("listener {} 127.0.0.1\nmax_connections 1\n", ports.spare);
}

std::string listener_lines(const Scenario& scenario, const RunCertificates& files) {
  // Without the domain it would listen on every address there is.
  std::string protocol = scenario.target.broker_websocket ? "socket_domain ipv4\nprotocol websockets\n" : "";
  if (scenario.target.broker_tls == BrokerTls::off) return protocol;
  return protocol + fmt::format("cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate {}\n", files.ca,
                                files.broker_certificate, files.broker_key,
                                scenario.target.broker_tls == BrokerTls::mutual);
}

}  // namespace

wire::mqtt::Login bridge_login(const Scenario& scenario) {
  return {
      "ready", "fleet-bridge",
      wire::hmac_hex(wire::HashMethod::sha256, fmt::format("bridge {}", scenario.seed), scenario.target.access_key_id)};
}

std::string mosquitto_config(const Scenario& scenario, const BrokerPorts& ports, const std::string& directory,
                             const std::string& plugin) {
  std::string text = fmt::format(
      "# Written by fleet-sim for one run.\n"
      "{}"
      "listener {} 127.0.0.1\n"
      "{}"
      "max_connections -1\n"
      "allow_anonymous {}\n"
      "allow_zero_length_clientid true\n"
      // Changing the user would clear the parent-death signal; without root the line has no effect.
      "user root\n"
      "set_tcp_nodelay true\n"
      // Limits of one device. Nothing that this scenario can owe is dropped.
      "max_inflight_messages 65535\n"
      "max_inflight_bytes 0\n"
      "max_queued_messages {}\n"
      "max_queued_bytes 0\n"
      "queue_qos0_messages false\n"
      // 256 KB of payload and its topic, with room.
      "max_packet_size 1048576\n"
      "max_keepalive 65535\n"
      "memory_limit 0\n"
      "upgrade_outgoing_qos false\n"
      "retain_available true\n"
      // No $SYS messages: nobody reads them.
      "sys_interval 0\n"
      // A line for each device would be measured as well.
      "connection_messages false\n"
      "log_dest stderr\n"
      "log_type error\n"
      "log_type warning\n"
      "log_type notice\n"
      "log_type information\n"
      "log_timestamp true\n"
      "log_timestamp_format %Y-%m-%dT%H:%M:%S\n",
      spare_listener(scenario, ports), ports.mqtt, listener_lines(scenario, run_certificates(directory)),
      !scenario.target.broker_auth, owed_to_a_connection(scenario));
  if (scenario.target.broker_auth) append_auth(scenario, directory, plugin, text);
  if (!scenario.target.broker_persistence) return text + "persistence false\n";
  return text + fmt::format(
                    "persistence true\n"
                    "persistence_location {}/\n"
                    "persistence_file mosquitto.db\n"
                    "autosave_on_changes false\n"
                    "autosave_interval 1\n",
                    directory);
}

}  // namespace fleet::sim
