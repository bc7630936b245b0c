// Mosquitto and fleet-bridge as child processes on free loopback ports, with every setting written down, ended in every
// case: also when the simulator is killed (parent-death signal).
#pragma once

#include <sched.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

// CPU and memory of one child, read from outside.
struct ProcessUse {
  wire::Nanos cpu{};         // of all its lives
  std::int64_t rss_kib = 0;  // negative: it does not run now
};

// One child process, in a process group of its own (a Ctrl-C at the terminal is ours alone). Its standard output and
// error go to `log`. Killed by the kernel when the thread that started it ends: start it on the main thread. Ended by
// its id in the destructor. A fault may end it and start it again, with the same arguments and the same log: another
// process then, and the same child. Owned by the coordinator's thread.
class Child {
 public:
  // Starts `program` (looked up in PATH unless it holds a '/') with `arguments`; returns once it is executing. Errors:
  // environment (no such program, `log` cannot be written, no process to be had).
  [[nodiscard]] static wire::Result<std::unique_ptr<Child>> start(const std::string& program,
                                                                  const std::vector<std::string>& arguments,
                                                                  const std::string& log);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] std::optional<ProcessUse> use() const;  // none: it has ended by itself
  // A sentence when it has ended by itself ("mosquitto was killed by signal 9; its log is …"), none while it runs and
  // where end_for_now() has ended it.
  [[nodiscard]] std::optional<std::string> ended();
  // Of a child that has ended by itself; -1 while it runs, or where a signal ended it.
  [[nodiscard]] int exit_code() const { return exit_code_; }
  // Waits until it has ended, at most `limit`; true when it has.
  [[nodiscard]] bool wait_for_end(wire::Millis limit);
  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] const std::string& log() const { return log_; }
  // SIGTERM, and SIGKILL when it has not ended 6 s later (the bridge promises 5 s). Idempotent.
  void stop();

  // SIGSTOP, and SIGCONT; nothing where it does not run.
  void freeze() { signal(SIGSTOP); }
  void thaw() { signal(SIGCONT); }
  // Sends SIGTERM or SIGKILL to a child that runs; that it ends is then expected.
  void end_for_now(int number);
  // Reaps it where it has ended.
  [[nodiscard]] bool is_running();
  // Once is_running() is false: the same program again, on the cores that it had. Its log goes on. Errors: environment.
  [[nodiscard]] wire::Result<void> start_again();
  // Whether the log of this life holds `words`.
  [[nodiscard]] bool has_logged(std::string_view words) const;

 private:
  Child() = default;
  wire::Result<void> launch();
  void reap(int status, wire::Nanos cpu);
  void signal(int number);

  std::string path_, program_, log_;
  std::vector<std::string> arguments_;
  int pid_ = -1;
  int pidfd_ = -1;  // readable when it has ended
  bool running_ = false;
  int exit_code_ = -1;
  bool expected_ = false;       // end_for_now() was called
  std::string ending_;          // how it ended, once it has
  std::int64_t log_begin_ = 0;  // bytes that earlier lives have written
  wire::Nanos cpu_before_{};    // of lives that are over
  std::optional<cpu_set_t> cores_;
};

// What their logs say when they can be used.
inline constexpr std::string_view kBrokerReady = " running\n";
inline constexpr std::string_view kBridgeReady = "listening on http://";

struct StartedBroker {
  std::unique_ptr<Child> child;
  wire::mqtt::BrokerPlace place;
  std::string version;        // "2.0.11"
  std::string config_sha256;  // of the generated configuration without port and directory: equal settings, equal hash
};

struct StartedBridge {
  std::unique_ptr<Child> child;
  Url url;
};

// Has the fleet-bridge that lies beside this program make the registry of the scenario's products and devices, and
// writes what else the broker's plugin reads, under `directory` (made if missing): before the broker starts, where
// target.broker.auth is on. What an earlier run left is removed. Errors: environment.
[[nodiscard]] wire::Result<void> prepare_auth(const Scenario& scenario, const std::string& directory);

// Starts Mosquitto with its files under `directory` (made if missing): mosquitto.conf, mosquitto.log,
// and certificates made for this run with target.broker.tls. Ready when it answered a CONNECT. With target.broker.auth
// on: behind prepare_auth(). Errors: environment (not installed, directory not writable, ended early: with the end of
// its log).
[[nodiscard]] wire::Result<StartedBroker> start_mosquitto(const Scenario& scenario, const std::string& directory);

// Starts the fleet-bridge that lies beside this program with a generated configuration: the
// scenario's products, devices and account, in bridge.yaml and bridge.log under `directory` (made if missing). Ready
// when it printed its ready line. Errors: environment, as above.
[[nodiscard]] wire::Result<StartedBridge> start_bridge(const Scenario& scenario, const wire::mqtt::BrokerPlace& broker,
                                                       const std::string& directory);

}  // namespace fleet::sim
