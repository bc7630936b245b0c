#include "tests/e2e/sim_run.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>

namespace fleet::tests {

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> run_arguments(const TempDir& directory, const std::string& scenario,
                                       std::vector<std::string> more) {
  std::vector<std::string> words{FLEET_SIM_PROGRAM, "run", directory.write("scenario.yaml", scenario).string(), "--out",
                                 (directory.path() / "out").string()};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::vector<std::string> with_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FLEET_SIM_PROGRAM);
  return arguments;
}

}  // namespace

SimRun::SimRun(const std::string& scenario, std::vector<std::string> more)
    : process_(run_arguments(directory_, scenario, std::move(more))) {}

SimRun::SimRun(WithOut, std::vector<std::string> arguments)
    : process_([&] {
        arguments.insert(arguments.end(), {"--out", (directory_.path() / "out").string()});
        return with_program(std::move(arguments));
      }()) {}

SimRun::SimRun(const std::vector<std::string>& arguments) : process_(with_program(arguments)) {}

int SimRun::wait() {
  const std::optional<int> code = process_.wait(std::chrono::minutes(2));
  if (!code) ADD_FAILURE() << "fleet-sim still runs after two minutes\n" << output();
  return code.value_or(-1);
}

bool SimRun::wait_for(const std::string& text) { return process_.wait_for_output(text, std::chrono::minutes(1)); }

pid_t SimRun::child(const std::string& name) const {
  std::istringstream children(read_file(fmt::format("/proc/{0}/task/{0}/children", process_.pid())));
  pid_t candidate = 0;
  while (children >> candidate) {
    if (read_file(fmt::format("/proc/{}/comm", candidate)) == name + "\n") return candidate;
  }
  return 0;
}

std::string SimRun::scenario_path() const { return (directory_.path() / "scenario.yaml").string(); }

std::string SimRun::file(const std::string& name) const {
  return read_file((directory_.path() / "out" / name).string());
}

nlohmann::json SimRun::result() const {
  nlohmann::json document = nlohmann::json::parse(file("result.json"), nullptr, false);
  if (document.is_discarded()) {
    ADD_FAILURE() << "no result in " << directory_.path() << "\n" << output();
    return nlohmann::json::object();
  }
  return document;
}

std::string to_yaml(const QuickScenario& s) {
  return fmt::format(R"(# Does a small fleet get what it is owed?
name: quick
target: {}
products:
  lamp:
    topics: {{ get: subscribe, update: publish }}
fleet:
  lamps:
    product: lamp
    count: {}
    name: lamp-{{index:5}}
    subscribe: [ {{ topic: get, qos: {} }} ]
{}
calls:
  push:
    api: BatchPub
    to: lamps
    topic: get
    batch: {}
    qos: {}
    payload: 128B
    rate: {}
{}
phases: {{ warm_up: {}, hold: {}, drain: {} }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: {}
)",
                     s.target, s.devices, s.qos, s.fleet_extra, s.batch, s.qos, s.rate, s.call_extra, s.warm_up, s.hold,
                     s.drain, s.thresholds);
}

}  // namespace fleet::tests
