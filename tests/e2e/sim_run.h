// One run of the fleet-sim program, from outside: its exit code, what it printed, its result.json.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fleet::tests {

// Ended by its id in the destructor if it still runs. Output goes to files in `directory`, kept when the test failed.
class SimRun {
 public:
  // Starts `fleet-sim ARGUMENTS...`; where the first argument is `run`, `--out DIRECTORY` is added.
  explicit SimRun(std::vector<std::string> arguments);
  ~SimRun();
  SimRun(const SimRun&) = delete;
  SimRun& operator=(const SimRun&) = delete;

  // Waits for the end; fails the test and kills the program after two minutes. Exit code, or 128 + signal.
  int wait();
  // Waits until standard error holds `text`; false when the program ended or two minutes passed without it.
  [[nodiscard]] bool wait_for_error_text(const std::string& text);
  // Process id of the child whose name is `name`; 0 when there is none.
  [[nodiscard]] pid_t child(const std::string& name) const;
  void signal(int number) const;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string error_output() const;
  // result.json of the run; fails the test when it is not there.
  [[nodiscard]] nlohmann::json result() const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int exit_code_ = -1;
};

// Writes `text` to a new file in a directory that lives as long as the test program, and returns its path.
std::string write_scenario(const std::string& text);

// A quick scenario: `devices` devices, calls of `batch` at `rate`, `hold` long; thresholds on the books only.
struct QuickScenario {
  int devices = 200;
  int batch = 20;
  int qos = 0;
  std::string rate = "50/s";
  std::string warm_up = "200ms";
  std::string hold = "1s";
  std::string drain = "10s";
  std::string fleet_extra;  // further lines of the fleet group, indented by four
  std::string call_extra;   // further lines of the call group, indented by four
  std::string target = "{ broker: mosquitto, bridge: local }";
  std::string thresholds = "[ calls.failed == 0, deliveries.missing == 0, deliveries.duplicate == 0 ]";
};
std::string to_yaml(const QuickScenario& scenario);

}  // namespace fleet::tests
