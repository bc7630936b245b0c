// One run of the fleet-sim program, from outside: its exit code, what it printed, its result.json.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {

// Ended by its id in the destructor if it still runs; its directory is kept when the test failed.
class SimRun {
 public:
  // Plays a scenario: `fleet-sim run FILE --out DIRECTORY MORE...`.
  explicit SimRun(const std::string& scenario, std::vector<std::string> more = {});
  // Starts `fleet-sim ARGUMENTS... --out DIRECTORY`, for result().
  struct WithOut {};
  SimRun(WithOut, std::vector<std::string> arguments);
  // Starts `fleet-sim ARGUMENTS...`.
  explicit SimRun(const std::vector<std::string>& arguments);

  // Waits for the end, two minutes at most. Exit code, or 128 + signal; -1 (and the test fails) where it does not come.
  int wait();
  // Waits until the program has printed `text`; false when it ended or a minute passed without it.
  [[nodiscard]] bool wait_for(const std::string& text);
  // Process id of the child whose name is `name`; 0 when there is none.
  [[nodiscard]] pid_t child(const std::string& name) const;
  void signal(int number) const { process_.signal(number); }
  // SIGSTOP; returns when the simulator stands still. SIGCONT.
  void freeze() const { process_.freeze(); }
  void thaw() const { process_.thaw(); }
  // Standard output and standard error.
  [[nodiscard]] std::string output() const { return process_.output(); }
  // Path of the scenario file.
  [[nodiscard]] std::string scenario_path() const;
  // What is in a file of the run's directory, "bridge.log"; empty where it is not there.
  [[nodiscard]] std::string file(const std::string& name) const;
  // result.json of the run; fails the test when it is not there.
  [[nodiscard]] nlohmann::json result() const;

 private:
  TempDir directory_;
  ChildProcess process_;
};

// A quick scenario: `devices` devices, calls of `batch` at `rate`, `hold` long; thresholds on the books only.
struct QuickScenario {
  int devices = 200;
  int batch = 20;
  int qos = 0;
  std::string rate = "50/s";
  std::string warm_up = "200ms";
  std::string hold = "1s";
  std::string drain = "10s";
  std::string fleet_extra{};  // further lines of the fleet group, indented by four
  std::string call_extra{};   // further lines of the call group, indented by four
  std::string target = "{ broker: mosquitto, bridge: local }";
  std::string thresholds = "[ calls.failed == 0, deliveries.missing == 0, deliveries.duplicate == 0 ]";
};
std::string to_yaml(const QuickScenario& scenario);

}  // namespace fleet::tests
