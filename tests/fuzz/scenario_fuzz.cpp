// Any bytes as a scenario: accepted or refused with a place, never a crash, a hang or a thrown exception.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sim/scenario/plan.h"
#include "sim/scenario/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  // What stands behind a NUL byte is a --set: PATH=VALUE.
  const std::string input(reinterpret_cast<const char*>(bytes), size);
  const std::size_t end = input.find('\0');
  std::vector<fleet::sim::Override> sets;
  if (end != std::string::npos) {
    const std::string set = input.substr(end + 1);
    const std::size_t equals = set.find('=');
    if (equals != std::string::npos) sets.push_back({set.substr(0, equals), set.substr(equals + 1)});
  }
  const auto scenario = fleet::sim::parse_scenario(input.substr(0, end), "fuzz.yaml", sets, std::nullopt);
  if (!scenario) {
    if (scenario.error().message.empty() || scenario.error().where.empty()) std::abort();
    return 0;
  }
  const fleet::sim::Plan plan = fleet::sim::make_plan(*scenario, 2);
  if (fleet::sim::plan_text(*scenario, plan, fleet::sim::read_machine_limits()).empty()) std::abort();
  return 0;
}
