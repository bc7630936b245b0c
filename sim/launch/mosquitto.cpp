#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

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

bool comes_back(const Scenario& scenario) {
  return std::any_of(scenario.faults.begin(), scenario.faults.end(),
                     [](const Fault& fault) { return is_of_broker(fault.kind) && !is_stop(fault.kind); });
}

// CONNECT (MQTT 3.1.1 §3.1: clean session, keep-alive 10 s, user name and password).
std::string connect_packet(const wire::mqtt::Login& login) {
  constexpr std::string_view kHead("\0\4MQTT\4\xC2\0\12", 10);
  std::string body(kHead);
  for (const std::string* text : {&login.client_id, &login.username, &login.password}) {
    body.append({'\0', static_cast<char>(text->size())}).append(*text);
  }
  FLEET_CHECK(body.size() < 0x80);  // one byte tells its length
  return std::string{'\x10', static_cast<char>(body.size())} + body;
}

// The CONNECT and its CONNACK of acceptance. A broker that lets anybody in does not look at the login.
bool answers_connect(std::uint16_t port, const std::string& connect) {
  constexpr std::array<unsigned char, 4> kConnack{0x20, 2, 0, 0};
  constexpr std::array<unsigned char, 2> kDisconnect{0xE0, 0};
  const Socket socket;
  const sockaddr_in address = loopback(port);
  const timeval limit{2, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
  if (::send(socket.get(), connect.data(), connect.size(), MSG_NOSIGNAL) < 0) return false;
  std::array<unsigned char, 4> answer{};
  if (::recv(socket.get(), answer.data(), answer.size(), MSG_WAITALL) != 4 || answer != kConnack) return false;
  return ::send(socket.get(), kDisconnect.data(), kDisconnect.size(), MSG_NOSIGNAL) > 0;
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
wire::Result<bool> wait_until_ready(Child& child, std::uint16_t port, const std::string& connect) {
  const wire::TimePoint deadline = wire::read_clock() + kReadyLimit;
  while (wire::read_clock() < deadline) {
    if (answers_connect(port, connect)) return !child.ended().has_value();
    if (child.wait_for_end(kAskAgain)) return false;
  }
  return wire::environment_error(
      fmt::format("mosquitto did not answer a CONNECT within {} s; the end of its log ({}):{}",
                  kReadyLimit.count() / 1'000, child.log(), log_tail(child.log())));
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
  const std::string connect = connect_packet(bridge_login(scenario));
  const auto home = make_directory(directory);
  if (!home) return tl::unexpected(home.error());
  const std::string config = *home + "/mosquitto.conf";
  const std::string log = *home + "/mosquitto.log";
  std::error_code ignored;
  std::filesystem::remove(*home + "/mosquitto.db", ignored);  // sessions of an earlier run

  for (int tries = 0; tries < kPortTries; ++tries) {
    const std::uint16_t port = comes_back(scenario) ? lasting_port() : free_port();
    if (port == 0) return wire::environment_error("no free port for the broker on 127.0.0.1");
    if (auto written = write_file(config, mosquitto_config(scenario, port, *home, plugin)); !written) {
      return tl::unexpected(written.error());
    }
    auto child = Child::start(*program, {"-c", config}, log);
    if (!child) return tl::unexpected(child.error());
    const auto ready = wait_until_ready(**child, port, connect);
    if (!ready) return tl::unexpected(ready.error());
    const std::string head = read_head(log, kLogHead);
    if (*ready) {
      StartedBroker broker;
      broker.child = std::move(*child);
      broker.url = Url{"mqtt", "127.0.0.1", port};
      broker.version = version_in(head);
      broker.config_sha256 =
          wire::hash_hex(wire::HashMethod::sha256, mosquitto_config(scenario, 0, "", std::string(kAuthPlugin)));
      return broker;
    }
    if (head.find("Address already in use") == std::string::npos) {
      return wire::environment_error(fmt::format("{}:{}", (*child)->ended().value_or("mosquitto"), log_tail(log)));
    }
  }
  return wire::environment_error(fmt::format("every port tried for the broker was taken; its log is {}", log));
}

}  // namespace fleet::sim
