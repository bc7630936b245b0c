#include "tests/support/mosquitto.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include "tests/support/free_port.h"
#include "tests/support/wait_until.h"

namespace fleet::tests {
namespace {

// What Mosquitto 2.0 writes in a healthy life at the log levels error, warning, notice and information.
constexpr std::array kHealthy = {
    "mosquitto version",
    "should not be run as root",  // containers
    "Config loaded from",
    "Opening ipv4 listen socket",
    "Opening websockets listen socket",
    "New connection from",
    "New client connected from",
    " disconnected.",
    " closed its connection.",
    "disconnected: Broken pipe.",  // it wrote to a session that had just said DISCONNECT
    "already connected, closing old connection.",
    "Saving in-memory database to",
    "Loading plugin:",
};

constexpr std::string_view kOpenTopicsOnly = R"({
  "defaultACLAccess": {"publishClientSend": false, "publishClientReceive": true, "subscribe": false, "unsubscribe": true},
  "clients": [],
  "groups": [{"groupname": "everybody", "roles": [{"rolename": "open"}]}],
  "anonymousGroup": "everybody",
  "roles": [{"rolename": "open", "acls": [
    {"acltype": "publishClientSend", "topic": "open/#", "allow": true},
    {"acltype": "subscribePattern", "topic": "open/#", "allow": true}
  ]}]
})";

// Debian keeps plugins in the directory of the machine's architecture.
std::filesystem::path dynamic_security_plugin() {
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
    const std::filesystem::path plugin = entry.path() / "mosquitto_dynamic_security.so";
    if (std::filesystem::exists(plugin)) return plugin;
  }
  throw std::runtime_error("no mosquitto_dynamic_security.so below /usr/lib");
}

std::string write_configuration(const TempDir& directory, const MosquittoOptions& options, std::uint16_t port) {
  std::ostringstream out;
  if (options.listener.find("websockets") != std::string::npos) {
    // Mosquitto 2.0.11 wants a listener of another protocol, too.
    out << "listener " << free_port() << " 127.0.0.1\n";
  }
  out << "listener " << port << " 127.0.0.1\n"
      << options.listener << "allow_anonymous " << (options.allow_anonymous ? "true" : "false") << '\n'
      << "max_inflight_messages " << options.max_inflight << '\n'
      << "max_inflight_bytes 0\n"
      << "max_queued_messages " << options.max_queued << '\n'
      << "max_queued_bytes 0\n"
      << "max_packet_size " << options.max_packet_size << '\n'
      << "max_connections -1\n"
      << "max_keepalive 65535\n"
      << "max_qos " << options.max_qos << '\n'
      << "memory_limit 0\n"
      << "persistent_client_expiration 1d\n"
      << "queue_qos0_messages false\n"
      << "retain_available " << (options.retain_available ? "true" : "false") << '\n'
      << "set_tcp_nodelay true\n"
      << "sys_interval 0\n"
      << "upgrade_outgoing_qos false\n"
      << "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
      << "persistence " << (options.persistence ? "true" : "false") << '\n';
  if (options.persistence) {
    out << "persistence_location " << directory.path().string() << "/\n"
        << "autosave_interval 1\nautosave_on_changes true\n";
  }
  if (::geteuid() == 0) out << "user root\n";  // the temporary directory is the test's own
  if (options.open_topics_only) {
    // An access list of Mosquitto 2.0 lets every subscription pass and drops what it would bring; this plugin refuses.
    out << "plugin " << dynamic_security_plugin().string() << '\n'
        << "plugin_opt_config_file " << directory.write("roles.json", kOpenTopicsOnly).string() << '\n';
  }
  out << options.more;
  return directory.write("mosquitto.conf", out.str()).string();
}

// A broker that saves after every change is as slow as its disk: it has one in memory.
std::filesystem::path directory_for(const MosquittoOptions& options) {
  const std::filesystem::path memory = "/dev/shm";
  return options.persistence && std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

// Sends a CONNECT and waits for any CONNACK, also one that refuses.
bool answers_connect(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const timeval patience{static_cast<time_t>(ChildProcess::kPatience.count()), 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  constexpr std::string_view kConnect("\x10\x0e\x00\x04MQTT\x04\x02\x00\x0a\x00\x02up", 16);
  std::array<char, 4> answer{};
  const bool answered = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                        ::send(socket, kConnect.data(), kConnect.size(), MSG_NOSIGNAL) == ssize_t{kConnect.size()} &&
                        ::recv(socket, answer.data(), answer.size(), MSG_WAITALL) == ssize_t{answer.size()} &&
                        answer[0] == 0x20;
  constexpr std::string_view kDisconnect("\xe0\x00", 2);
  if (answered) (void)::send(socket, kDisconnect.data(), kDisconnect.size(), MSG_NOSIGNAL);
  ::close(socket);
  return answered;
}

}  // namespace

Mosquitto::Mosquitto(const MosquittoOptions& options) : options_(options), directory_(directory_for(options)) {
  if (!options.listener.empty()) {  // its words for a connection that went without close_notify
    explain("unexpected eof while reading");
    explain("disconnected: Protocol error.");
  }
  for (int attempt = 0; attempt < 5; ++attempt) {  // another process may take the port first
    port_ = free_port();
    if (launch()) return;
  }
  throw std::runtime_error("Mosquitto does not start: " + process_->output());
}

Mosquitto::~Mosquitto() { stop(); }

bool Mosquitto::launch() {
  const std::string configuration = write_configuration(directory_, options_, port_);
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{"/usr/sbin/mosquitto", "-c", configuration});
  return process_->wait_for_output(" running") && (!options_.listener.empty() || answers_connect(port_));
}

void Mosquitto::stop() {
  if (!process_) return;
  process_->stop();
  scan_log();
  process_.reset();
}

void Mosquitto::kill() {
  process_->signal(SIGKILL);
  (void)process_->wait();
  scan_log();
  process_.reset();
}

void Mosquitto::save() {
  const std::filesystem::path file = directory_.path() / "mosquitto.db";
  const auto written = [&file] {
    std::error_code none_yet;
    return std::filesystem::last_write_time(file, none_yet);
  };
  const auto before = written();
  process_->signal(SIGUSR1);
  if (!wait_until([&] { return written() > before; })) ADD_FAILURE() << "Mosquitto does not save";
}

void Mosquitto::start_again() {
  if (!launch()) throw std::runtime_error("Mosquitto does not start again: " + process_->output());
}

void Mosquitto::freeze() { process_->freeze(); }
void Mosquitto::thaw() { process_->thaw(); }

void Mosquitto::scan_log() {
  const std::string log = process_->output();
  if (::testing::Test::HasFailure()) directory_.write("mosquitto.log", log);
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto holds = [&line](std::string_view text) { return line.find(text) != std::string::npos; };
    if (std::any_of(kHealthy.begin(), kHealthy.end(), holds)) continue;
    if (std::any_of(explained_.begin(), explained_.end(), holds)) continue;
    ADD_FAILURE() << "unexplained line in Mosquitto's log: " << line;
  }
}

}  // namespace fleet::tests
