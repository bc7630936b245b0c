// The scenarios that ship, shortened for a test.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace fleet::tests {

// The text of a file; the test fails where there is none.
inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty()) << path;
  return text;
}

// The same of a file of scenarios/.
inline std::string shipped(const std::string& name) { return text_of(std::string(FLEET_SCENARIOS) + "/" + name); }

// Arguments that leave a second of a scenario, on a machine of any speed, with further values set.
inline std::vector<std::string> shortened(const std::vector<std::string>& sets = {}) {
  std::vector<std::string> arguments;
  const auto set = [&arguments](const std::string& value) {
    arguments.emplace_back("--set");
    arguments.push_back(value);
  };
  set("phases={warm_up: 100ms, hold: 1s, drain: 10s}");
  set("health={send_lag_p99: 5s, hiccup: 5s}");
  for (const std::string& value : sets) set(value);
  return arguments;
}

}  // namespace fleet::tests
