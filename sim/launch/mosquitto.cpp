#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "sim/launch/broker_probe.h"
#include "sim/launch/certificates.h"
#include "sim/launch/files.h"
#include "sim/launch/lasting_port.h"
#include "sim/launch/launch.h"
#include "sim/launch/mosquitto_config.h"
#include "sim/launch/program.h"
#include "wire/signing.h"

namespace fleet::sim {

namespace {

// Somebody else may take the port between our look and Mosquitto's bind.
constexpr int kPortTries = 5;
// Loaded machines start programs slowly; a broker that has not answered by then will not.
constexpr wire::Millis kReadyLimit{15'000};
constexpr wire::Millis kAskAgain{5};
constexpr std::size_t kLogHead = 16u << 10;

// A loopback TCP socket that closes itself.
class Socket {
 public:
  Socket() : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// A port that nobody listens on now; 0 when the kernel has none.
std::uint16_t free_port() {
  const Socket socket;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return 0;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

// Two that differ.
BrokerPorts choose_ports(bool lasting) {
  const auto choose = [lasting] { return lasting ? lasting_port() : free_port(); };
  BrokerPorts ports{choose(), choose()};
  for (int tries = 0; ports.spare == ports.mqtt && tries < kPortTries; ++tries) ports.spare = choose();
  return ports;
}

// "…: mosquitto version 2.0.11 starting"
std::string version_in(const std::string& log) {
  constexpr std::string_view kMark = "mosquitto version ";
  const std::size_t at = log.find(kMark);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + kMark.size();
  return log.substr(begin, log.find_first_of(" \n", begin) - begin);
}

// True: ready. False: it has ended, and its log says why.
wire::Result<bool> wait_until_ready(Child& child, const wire::mqtt::BrokerPlace& place,
                                    const wire::mqtt::Login& login) {
  BrokerProbe probe(login);
  if (auto found = probe.find(place); !found) return tl::unexpected(found.error());
  const wire::TimePoint deadline = wire::read_clock() + kReadyLimit;
  while (wire::read_clock() < deadline) {
    if (probe.answers()) return !child.ended().has_value();
    if (child.wait_for_end(kAskAgain)) return false;
  }
  return wire::environment_error(
      fmt::format("mosquitto did not answer a CONNECT within {} s; the end of its log ({}):{}",
                  kReadyLimit.count() / 1'000, child.log(), log_tail(child.log())));
}

// How its devices and the bridge reach it.
wire::mqtt::BrokerPlace place_of(const Scenario& scenario, const std::string& home, std::uint16_t port) {
  const BrokerTls tls = scenario.target.broker_tls;
  constexpr const char* kSchemes[2][2] = {{"mqtt", "mqtts"}, {"ws", "wss"}};
  const char* const scheme = kSchemes[scenario.target.broker_websocket ? 1 : 0][tls == BrokerTls::off ? 0 : 1];
  wire::mqtt::BrokerPlace place{{scheme, "127.0.0.1", port}};
  const RunCertificates files = run_certificates(home);
  if (tls != BrokerTls::off) place.tls.ca = files.ca;
  if (tls == BrokerTls::mutual) {
    place.tls.certificate = files.fleet_certificate;
    place.tls.key = files.fleet_key;
  }
  return place;
}

}  // namespace

wire::Result<StartedBroker> start_mosquitto(const Scenario& scenario, const std::string& directory) {
  // Debian puts it where only root's PATH looks.
  const auto program = find_program("mosquitto", {"/usr/sbin", "/usr/local/sbin"});
  if (!program) {
    return wire::environment_error(
        "mosquitto is not installed: apt-get install mosquitto, or name a broker in target.broker");
  }
  const std::string plugin = beside_this_program(std::string(kAuthPlugin));
  if (scenario.target.broker_auth && ::access(plugin.c_str(), R_OK) != 0) {
    return wire::environment_error("the broker's plugin is missing; it must lie beside this program", plugin);
  }
  const auto home = make_directory(directory);
  if (!home) return tl::unexpected(home.error());
  if (scenario.target.broker_tls != BrokerTls::off) {
    if (auto written = write_certificates(*home); !written) return tl::unexpected(written.error());
  }
  const std::string config = *home + "/mosquitto.conf";
  const std::string log = *home + "/mosquitto.log";
  std::error_code ignored;
  std::filesystem::remove(*home + "/mosquitto.db", ignored);  // sessions of an earlier run

  for (int tries = 0; tries < kPortTries; ++tries) {
    const BrokerPorts ports = choose_ports(is_started_again(scenario, is_of_broker));
    if (ports.mqtt == 0 || ports.spare == 0) return wire::environment_error("no free port for the broker on 127.0.0.1");
    if (auto written = write_file(config, mosquitto_config(scenario, ports, *home, plugin)); !written) {
      return tl::unexpected(written.error());
    }
    auto child = Child::start(*program, {"-c", config}, log);
    if (!child) return tl::unexpected(child.error());
    const wire::mqtt::BrokerPlace place = place_of(scenario, *home, ports.mqtt);
    const auto ready = wait_until_ready(**child, place, bridge_login(scenario));
    if (!ready) return tl::unexpected(ready.error());
    const std::string head = read_head(log, kLogHead);
    if (*ready) {
      StartedBroker broker;
      broker.child = std::move(*child);
      broker.place = place;
      broker.version = version_in(head);
      broker.config_sha256 =
          wire::hash_hex(wire::HashMethod::sha256, mosquitto_config(scenario, {}, "", std::string(kAuthPlugin)));
      return broker;
    }
    if (head.find("Address already in use") == std::string::npos) {
      return wire::environment_error(fmt::format("{}:{}", (*child)->ended().value_or("mosquitto"), log_tail(log)));
    }
  }
  return wire::environment_error(fmt::format("every port tried for the broker was taken; its log is {}", log));
}

}  // namespace fleet::sim
