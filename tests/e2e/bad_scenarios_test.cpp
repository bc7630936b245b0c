// What does the program make of scenarios that are wrong? Exit code 2, and one line that says where and what.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "tests/e2e/sim_run.h"

namespace fleet::tests {
namespace {

// The quick scenario with the first `from` replaced by `to`. Lines and columns below count in what to_yaml() writes.
std::string quick_with(std::string_view from, std::string_view to) {
  std::string text = to_yaml({});
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "the replaced text is not there" : text.replace(at, from.size(), to);
}

std::string binary() {
  std::string bytes = "\x7F";
  for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i * 7));
  return bytes;
}

std::string repeated(std::string_view what, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += what;
  return text;
}

constexpr std::size_t kMegabyte = 1u << 20;

struct BadScenario {
  const char* name;
  std::string text;
  const char* error;  // behind the file's name
};

class BadScenarios : public testing::TestWithParam<BadScenario> {};

TEST_P(BadScenarios, AreOneLineAndExitCode2) {
  const TempDir directory;
  const std::string file = directory.write("s.yaml", GetParam().text).string();
  const std::string out = (directory.path() / "out").string();
  const std::string words[] = {"plan \"$1\"", "run \"$1\" --out \"$2\""};
  for (const std::string& command : words) {
    // Standard error alone.
    ChildProcess program({"sh", "-c", "exec \"$0\" " + command + " >/dev/null", FLEET_SIM_PROGRAM, file, out});
    ASSERT_EQ(program.wait(std::chrono::minutes(1)), 2) << command << program.output();
    EXPECT_EQ(program.output(), "fleet-sim: " + file + GetParam().error + "\n");
  }
  EXPECT_FALSE(std::filesystem::exists(out));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadScenarios,
    testing::Values(BadScenario{"empty", "", ":1:1: the scenario is empty; fleet-sim new writes one to begin with"},
                    BadScenario{"binary", binary(), ":1:1: the byte 0x7F is not text; a scenario is YAML in UTF-8"},
                    BadScenario{"nested_lists", repeated("[", kMegabyte), ":1:1: nested deeper than 32 levels"},
                    BadScenario{"nested_mappings", repeated("{a: ", kMegabyte), ":1:1: nested deeper than 32 levels"},
                    BadScenario{"nested_dashes", repeated("- ", kMegabyte), ":1:65: nested deeper than 32 levels"},
                    BadScenario{"unknown_key", quick_with("count: 200", "cuont: 200"),
                                ":10:5: unknown key 'cuont' in fleet group 'lamps'; did you mean 'count'?"},
                    BadScenario{"count_zero", quick_with("count: 200", "count: 0"),
                                ":10:12: 'fleet.lamps.count': '0' is out of range; allowed is 1 .. 1,000,000"},
                    BadScenario{"count_ten_million", quick_with("count: 200", "count: 10000000"),
                                ":10:12: 'fleet.lamps.count': '10000000' is out of range; allowed is 1 .. 1,000,000"},
                    BadScenario{"unknown_product", quick_with("product: lamp", "product: lmap"),
                                ":9:14: unknown product 'lmap'; did you mean 'lamp'?"},
                    BadScenario{"unknown_metric", quick_with("calls.failed", "calls.faild"),
                                ":26:15: unknown metric 'calls.faild'; did you mean 'calls.failed'?"},
                    BadScenario{"unit_missing", quick_with("hold: 1s", "hold: 1"),
                                ":24:33: 'phases.hold': '1' has no unit; write 1us, 1ms, 1s, 1m or 1h"},
                    BadScenario{"list_for_a_number", quick_with("count: 200", "count: [ 200 ]"),
                                ":10:12: 'fleet.lamps.count' must be a value, not a list"},
                    BadScenario{"word_for_a_mapping",
                                quick_with("    topics: { get: subscribe, update: publish }", "    topics: get"),
                                ":6:13: 'products.lamp.topics' must be a mapping, not 'get'"},
                    BadScenario{"alias_of_nothing", quick_with("batch: 20", "batch: *twenty"),
                                ":19:12: not YAML: the referenced anchor is not defined"},
                    BadScenario{"alias_inside_itself",
                                quick_with("subscribe: [ { topic: get, qos: 0 } ]", "subscribe: &s [ *s ]"),
                                ":12:21: the alias stands inside what it names"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(MissingScenario, IsExitCode2) {
  SimRun run(std::vector<std::string>{"run", "/nonexistent/scenario.yaml"});
  EXPECT_EQ(run.wait(), 2);
  EXPECT_EQ(run.output(),
            "fleet-sim: /nonexistent/scenario.yaml: cannot open the scenario: No such file or directory\n");
}

}  // namespace
}  // namespace fleet::tests
