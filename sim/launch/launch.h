// Mosquitto and fleet-bridge as child processes on free loopback ports, with every setting written down, ended in every
// case: also when the simulator is killed (parent-death signal).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::sim {

// CPU and memory of one child, read from outside.
struct ProcessUse {
  wire::Nanos cpu{};
  std::int64_t rss_kib = 0;
};

// One child process. Its standard output and error go to `log`. Ended by its id in the destructor: SIGTERM, then
// SIGKILL after the grace.
class Child {
 public:
  // Starts `program` (looked up in PATH unless it holds a '/') with `arguments`.
  [[nodiscard]] static wire::Result<std::unique_ptr<Child>> start(const std::string& program,
                                                                  const std::vector<std::string>& arguments,
                                                                  const std::string& log);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] std::optional<ProcessUse> use() const;  // none: it has ended
  // A sentence when it has ended by itself ("mosquitto was killed by signal 9; its log is …"), none while it runs.
  [[nodiscard]] std::optional<std::string> ended();
  [[nodiscard]] int pid() const;
  void stop();

 private:
  Child() = default;
  std::string program_, log_;
  int pid_ = -1;
};

struct StartedBroker {
  std::unique_ptr<Child> child;
  Url url;
  std::string version;        // "2.0.11"
  std::string config_sha256;  // of the generated configuration
};

struct StartedBridge {
  std::unique_ptr<Child> child;
  Url url;
};

// Starts Mosquitto with its files under `directory` (made if missing); ready when it answered a CONNECT.
[[nodiscard]] wire::Result<StartedBroker> start_mosquitto(const Scenario& scenario, const std::string& directory);

// Starts the fleet-bridge that lies beside this program with a generated configuration: the
// scenario's products, devices and account. Ready when it printed its ready line.
[[nodiscard]] wire::Result<StartedBridge> start_bridge(const Scenario& scenario, const Url& broker,
                                                       const std::string& directory);

}  // namespace fleet::sim
