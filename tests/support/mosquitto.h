// A real broker for tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {

// Every limit is written into the generated configuration: Mosquitto's defaults drop messages silently.
struct MosquittoOptions {
  std::uint32_t max_inflight = 65'535;      // QoS 1 and 2 messages in flight to one session; also the receive maximum
  std::uint32_t max_queued = 100'000;       // messages waiting for one session
  std::uint32_t max_packet_size = 1 << 20;  // bytes
  std::uint32_t max_qos = 2;
  bool retain_available = true;
  bool allow_anonymous = true;
  // Keeps sessions and messages in a directory over restarts; saved at the end of the process and, so that kill() loses
  // nothing, after every change.
  bool persistence = false;
  bool open_topics_only = false;  // topics outside "open/" are refused, to publish and to subscribe
  std::string more{};             // further lines of mosquitto.conf, each with its line feed
  // Lines of its one listener that make it speak TLS or WebSocket. Then it is ready when its log says so.
  std::string listener{};
};

// Owned by one test. Listens on a free port of 127.0.0.1 from the constructor on. At the end its log is searched for
// lines that a healthy broker does not write; one that no explain() allows fails the test.
class Mosquitto {
 public:
  // Ready when this returns: a CONNECT has been answered.
  explicit Mosquitto(const MosquittoOptions& options = {});
  ~Mosquitto();
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  // Orderly end; saves what is persistent.
  void stop();
  // SIGKILL.
  void kill();
  // Writes what is persistent to its file now; returns when it is there.
  void save();
  // On the same port, after stop() or kill(). Ready when this returns.
  void start_again();
  // SIGSTOP; returns when it stands still. SIGCONT.
  void freeze();
  void thaw();
  // Allows log lines that contain `text`.
  void explain(std::string text) { explained_.push_back(std::move(text)); }
  // Waits until the running process has logged `text`.
  [[nodiscard]] bool wait_for_log(std::string_view text) { return process_->wait_for_output(text); }
  // What the running process has logged so far.
  [[nodiscard]] std::string log() const { return process_->output(); }

 private:
  [[nodiscard]] bool launch();
  void scan_log();

  const MosquittoOptions options_;
  TempDir directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;
  std::vector<std::string> explained_;
};

}  // namespace fleet::tests
