// A small scenario that is right, for tests that make one thing wrong.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"

namespace fleet::sim {

// Line numbers matter to the tests: count from the first line below.
inline constexpr std::string_view kSmallScenario = R"(# Does it work?
name: small
products:
  lamp:
    topics: { get: subscribe, update: publish }
fleet:
  lamps:
    product: lamp
    count: 10
    name: lamp-{index:5}
    subscribe: [ { topic: get } ]
calls:
  push:
    api: BatchPub
    to: lamps
    topic: get
    batch: 5
    rate: 50/s
phases:
  hold: 10s
thresholds:
  - calls.failed == 0
)";

// The small scenario with the first `from` replaced by `to`.
inline std::string small_with(std::string_view from, std::string_view to) {
  std::string text(kSmallScenario);
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "the replaced text is not there" : text.replace(at, from.size(), to);
}

// Where and what of the error, "accepted" when there is none. Whatever is wrong with a scenario is a matter of usage.
inline std::string error_in(const wire::Result<Scenario>& scenario) {
  if (scenario) return "accepted";
  EXPECT_EQ(scenario.error().kind, wire::ErrorKind::usage) << scenario.error().text();
  return scenario.error().text();
}
inline std::string error_of(const std::string& text, const std::vector<Override>& sets = {}) {
  return error_in(parse_scenario(text, "s.yaml", sets, std::nullopt));
}

}  // namespace fleet::sim
