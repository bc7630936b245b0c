// Do files that are included and defaults of groups lie where they should, and do faults in them keep their places?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "sim/scenario/include.h"
#include "sim/scenario/plan.h"
#include "sim/scenario/starter.h"
#include "sim/scenario/timetable.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Scenario accepted(const wire::Result<Scenario>& scenario) {
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value_or(Scenario{});
}

Scenario accepted(const std::string& text, const std::vector<Override>& sets = {}) {
  return accepted(parse_scenario(text, "s.yaml", sets, std::nullopt));
}

// The small scenario behind some lines.
std::string behind(const std::string& lines) { return lines + std::string(kSmallScenario); }

TEST(Defaults, AreWhatGroupsHaveUnlessTheySayOtherwise) {
  const std::string text = behind(
      "defaults:\n"
      "  fleet: { connect: { rate: 7/s, protocol: 5 }, subscribe: [ { topic: update } ], engine: paho }\n"
      "  calls: { payload: 1KB, rate: max, timeout: 3s }\n");
  const Scenario scenario = accepted(text, {{"fleet.lamps.connect.keep_alive", "5s"}});
  const FleetGroup& lamps = scenario.fleet[0];
  EXPECT_DOUBLE_EQ(lamps.connect.per_second, 7);
  EXPECT_EQ(lamps.connect.version, wire::mqtt::Version::v5);
  EXPECT_EQ(lamps.connect.keep_alive, 5s);
  EXPECT_EQ(lamps.engine, Engine::paho);
  ASSERT_EQ(lamps.subscribe.size(), 1u);  // lists are taken whole
  EXPECT_EQ(lamps.subscribe[0].topic, "get");
  const CallGroup& push = scenario.calls[0];
  EXPECT_EQ(push.payload_bytes, 1'024u);
  EXPECT_EQ(push.timeout, 3s);
  EXPECT_FALSE(push.closed_loop);
  EXPECT_DOUBLE_EQ(push.per_second, 50);
}

TEST(Defaults, MayGiveWhatAGroupNeeds) {
  const std::string text = behind("defaults: { calls: { rate: { burst: { calls: 2, every: 1s } }, batch: 5 } }\n");
  EXPECT_EQ(accepted(text).calls[0].shape.burst_calls, 0u);
  std::string without = text;
  for (const std::string_view line : {"    batch: 5\n", "    rate: 50/s\n"})
    without.replace(without.find(line), line.size(), "");
  const Scenario scenario = accepted(without);
  EXPECT_EQ(scenario.calls[0].batch, 5u);
  EXPECT_EQ(scenario.calls[0].shape.burst_calls, 2u);
  EXPECT_EQ(accepted(text, {{"defaults.calls.timeout", "2s"}}).calls[0].timeout, 2s);
}

TEST(Defaults, GoTogetherWithValuesThatAreSet) {
  const std::string text = behind("defaults: { fleet: { connect: { rate: 7/s, protocol: 5 }, engine: paho } }\n");
  std::string inherited = text;
  const std::string_view line = "    subscribe: [ { topic: get } ]\n";
  inherited.replace(inherited.find(line), line.size(), "");
  inherited.replace(inherited.find("engine: paho"), 12, "subscribe: [ { topic: get } ]");
  EXPECT_EQ(accepted(inherited, {{"fleet.lamps.subscribe.0.qos", "1"}}).fleet[0].subscribe[0].qos,
            wire::mqtt::Qos::at_least_once);
  const Scenario scenario = accepted(text, {{"fleet.more", "{product: lamp, count: 1, name: 'more-{index}'}"},
                                            {"fleet.lamps.engine", "native"},
                                            {"defaults.fleet.connect.rate", "9/s"}});
  ASSERT_EQ(scenario.fleet.size(), 2u);
  for (const FleetGroup& group : scenario.fleet) EXPECT_DOUBLE_EQ(group.connect.per_second, 9);
  EXPECT_EQ(scenario.fleet[0].engine, Engine::native);
  EXPECT_EQ(scenario.fleet[1].engine, Engine::paho);
}

TEST(Defaults, SayWhereTheyAreWrong) {
  EXPECT_EQ(error_of(behind("defaults: { fleet: { cuont: 3 } }\n")),
            "s.yaml:1:22: unknown key 'cuont' in fleet group; did you mean 'count'?");
  EXPECT_EQ(error_of(behind("defaults: { fleat: { count: 3 } }\n")),
            "s.yaml:1:13: unknown key 'fleat' in defaults; did you mean 'fleet'?");
  EXPECT_EQ(error_of(behind("defaults: { calls: { timeout: 3 } }\n")),
            "s.yaml:1:31: 'calls.push.timeout': '3' has no unit; write 3us, 3ms, 3s, 3m or 3h");
  EXPECT_EQ(error_of(behind("defaults: { calls: 5 }\n")), "s.yaml:1:20: 'defaults.calls' must be a mapping, not '5'");
  EXPECT_EQ(error_of(behind("defaults: { calls: { in_flight: 3 } }\n")),
            "s.yaml:1:33: 'calls.push.in_flight' is for rate: max; an open loop is bounded by 'connections'");
}

TEST(Defaults, AreCountedInEveryGroup) {
  std::string text = "defaults:\n  fleet:\n    subscribe:\n";
  for (int i = 0; i < 900; ++i) text += fmt::format("      - {{ topic: t{} }}\n", i);
  text += "name: many\nfleet:\n";
  for (int i = 0; i < 900; ++i) text += fmt::format("  g{}: {{ count: 1 }}\n", i);
  EXPECT_EQ(error_of(text), "s.yaml:2:3: the scenario has more than 200,000 values, defaults counted in each group");
}

// A directory of scenarios.
class Includes : public testing::Test {
 protected:
  std::string write(const char* name, const std::string& text) { return directory_.write(name, text).string(); }
  [[nodiscard]] std::string path(const char* name) const { return (directory_.path() / name).string(); }
  static std::string error(const std::string& file) { return error_in(load_scenario(file, {}, {})); }

 private:
  tests::TempDir directory_;
};

TEST_F(Includes, LieBelowTheFileThatNamesThem) {
  std::filesystem::create_directory(path("parts"));
  write("parts/fleet.yaml",
        "products: { lamp: { topics: { get: subscribe } } }\n"
        "fleet: { lamps: { product: lamp, count: 10, name: 'lamp-{index:5}', subscribe: [ { topic: get } ] } }\n");
  write("parts/calls.yaml",
        "include: due.yaml\n"
        "calls: { push: { api: BatchPub, to: lamps, topic: get, batch: 5 } }\n");
  write("parts/due.yaml", "calls: { push: { rate: { replay: due.txt } } }\nname: due\n");
  write("parts/due.txt", "1s\n2s\n");
  const std::string file = write("s.yaml",
                                 "# Together?\ninclude: [ parts/fleet.yaml, parts/calls.yaml ]\nname: whole\n"
                                 "fleet: { lamps: { count: 20 } }\nphases: { hold: 10s }\n");
  const Scenario scenario = accepted(load_scenario(file, {{"calls.push.batch", "7"}}, {}));
  EXPECT_EQ(scenario.name, "whole");
  EXPECT_EQ(scenario.question, "Together?");
  EXPECT_EQ(scenario.fleet[0].count, 20u);
  EXPECT_EQ(scenario.fleet[0].name_template, "lamp-{index:5}");
  EXPECT_EQ(scenario.calls[0].batch, 7u);
  EXPECT_THAT(scenario.calls[0].shape.replay, ElementsAre(1s, 2s));  // beside the file that names it
  EXPECT_THAT(scenario.includes,
              ElementsAre(path("parts/fleet.yaml"), path("parts/calls.yaml"), path("parts/due.yaml")));
  EXPECT_THAT(plan_text(scenario, make_plan(scenario, 2), read_machine_limits()),
              HasSubstr("includes " + path("parts/due.yaml") + "\n"));
  const std::string before = scenario.sha256;
  write("parts/due.yaml", "calls: { push: { rate: 5/s } }\n");
  EXPECT_NE(accepted(load_scenario(file, {}, {})).sha256, before);
}

TEST_F(Includes, OfALaterFileAreOnTop) {
  write("a.yaml", std::string(kSmallScenario) + "seed: 1\n");
  write("b.yaml", "seed: 2\nphases: { drain: 1s }\n");
  const Scenario scenario = accepted(load_scenario(write("s.yaml", "include: [ a.yaml, b.yaml ]\n"), {}, {}));
  EXPECT_EQ(scenario.seed, 2u);
  EXPECT_EQ(scenario.phases.hold, 10s);
  EXPECT_EQ(scenario.phases.drain, 1s);
}

TEST_F(Includes, KeepThePlacesOfTheirFaults) {
  write("part.yaml", "phases:\n  hold: 10\n");
  const std::string file = write("s.yaml", behind("include: part.yaml\n"));
  EXPECT_EQ(error(write("t.yaml", small_with("phases:\n  hold: 10s\n", "include: part.yaml\n"))),
            path("part.yaml") + ":2:9: 'phases.hold': '10' has no unit; write 10us, 10ms, 10s, 10m or 10h");
  EXPECT_EQ(error(file), "accepted");  // the including file's value lies on top
  write("part.yaml", "phases:\n  hodl: 10s\n");
  EXPECT_EQ(error(file), path("part.yaml") + ":2:3: unknown key 'hodl' in phases; did you mean 'hold'?");
  write("part.yaml", "phases: [\n");
  EXPECT_THAT(error(file), HasSubstr(path("part.yaml") + ":2:1: not YAML"));
}

TEST_F(Includes, SayWhatCannotBeIncluded) {
  const std::string file = write("s.yaml", behind("include: part.yaml\n"));
  EXPECT_EQ(error(file),
            file + ":1:10: 'include': " + path("part.yaml") + ": cannot open the scenario: No such file or directory");
  write("part.yaml", "");
  EXPECT_EQ(error(file), file + ":1:10: 'include': " + path("part.yaml") + " holds nothing, not keys of a scenario");
  write("part.yaml", "[ 1 ]");
  EXPECT_EQ(error(file), file + ":1:10: 'include': " + path("part.yaml") + " holds a list, not keys of a scenario");
  EXPECT_EQ(error(write("t.yaml", behind("include: []\n"))),
            path("t.yaml") + ":1:10: 'include' is empty; name at least one");
  EXPECT_EQ(error(write("t.yaml", behind("include: { a: b }\n"))),
            path("t.yaml") + ":1:10: 'include' must be a list, not a mapping");
  EXPECT_EQ(error_in(load_scenario(write("t.yaml", std::string(kSmallScenario)), {{"include", "part.yaml"}}, {})),
            "--set include: files are included before values are set; write 'include' in the scenario");
}

TEST_F(Includes, DoNotGoInACircle) {
  const std::string file = write("s.yaml", behind("include: a.yaml\n"));
  write("a.yaml", "include: ./b.yaml\n");
  write("b.yaml", "seed: 1\ninclude: [ a.yaml ]\n");
  EXPECT_EQ(error(file), path("./b.yaml") + ":2:12: the file includes itself: " + path("a.yaml") + " -> " +
                             path("./b.yaml") + " -> " + path("./a.yaml"));
}

TEST_F(Includes, HaveABottom) {
  for (std::size_t i = 0; i <= kIncludeDepthMax; ++i) {
    write(fmt::format("d{}.yaml", i).c_str(), fmt::format("include: d{}.yaml\n", i + 1));
  }
  write("d9.yaml", "seed: 1\n");
  EXPECT_EQ(error(write("s.yaml", behind("include: d0.yaml\n"))),
            path("d7.yaml") + ":1:10: '" + path("d8.yaml") + "' lies more than 8 files deep");
  std::string many = "include: [";
  for (std::size_t i = 0; i <= kIncludedMax; ++i) many += " d9.yaml,";
  EXPECT_THAT(error(write("t.yaml", behind(many + " ]\n"))), HasSubstr("more than 100 files are included"));
}

TEST(Starter, IsRightAndPlansWhatItSays) {
  const Scenario scenario = accepted(std::string(starter_text()));
  const Plan plan = make_plan(scenario, 2);
  EXPECT_EQ(plan.devices, 500u);
  EXPECT_EQ(plan.total.deliveries, 10'000u);
  EXPECT_TRUE(check_limits(plan, {20'000, 28'232, 1u << 30, 2}));
  EXPECT_TRUE(scenario.question.ends_with('?'));
}

TEST(Starter, IsNotWrittenOverAnything) {
  const tests::TempDir directory;
  const std::string file = (directory.path() / "mine.yaml").string();
  ASSERT_TRUE(write_starter(file));
  EXPECT_TRUE(load_scenario(file, {}, {}));
  const auto again = write_starter(file);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().text(), file + ": cannot write: File exists");
  EXPECT_FALSE(write_starter("/no/such/directory/mine.yaml"));
}

TEST(Timetable, TellsAlikeSecondsOnce) {
  const Scenario scenario = accepted(std::string(kSmallScenario), {{"phases.warm_up", "1500ms"}});
  const std::string text = timetable_text(scenario);
  EXPECT_EQ(text,
            "  connect       0s .. 10ms    10 connects in 10ms\n"
            "  warm-up       0s .. 1s      50 calls, 250 deliveries a second\n"
            "  warm-up       1s .. 1500ms  25 calls, 125 deliveries in 500ms\n"
            "  hold      1500ms .. 11500ms 50 calls, 250 deliveries a second\n"
            "  drain    11500ms .. 16500ms no calls; ends early when all is there\n");
}

TEST(Timetable, FollowsEveryShape) {
  const Scenario scenario =
      accepted(small_with("rate: 50/s", "rate: { steps: [ { rate: 10/s, for: 4s }, { rate: 20/s, for: 6s } ] }"),
               {{"fleet.lamps.publish", "[{topic: update, every: 2s, payload: x}]"}});
  const std::string text = timetable_text(scenario);
  EXPECT_THAT(text,
              HasSubstr("  warm-up       0s .. 2s      10 calls, 50 deliveries, 5 messages of devices a second\n"));
  EXPECT_THAT(text,
              HasSubstr("  hold          2s .. 6s      10 calls, 50 deliveries, 5 messages of devices a second\n"));
  EXPECT_THAT(text,
              HasSubstr("  hold          6s .. 12s     20 calls, 100 deliveries, 5 messages of devices a second\n"));
}

TEST(Timetable, TellsFaultsBehindWhatTheyBreak) {
  const Scenario scenario =
      accepted(std::string(kSmallScenario), {{"faults",
                                              "[{do: broker-stop, at: 3s, for: 1s}, {do: cut, at: 9s, "
                                              "connections: {group: lamps}}]"}});
  const std::string text = timetable_text(scenario);
  const std::size_t hold = text.find("  hold  ");
  EXPECT_LT(hold, text.find("  fault         5s            broker-stop for 1s\n"));
  EXPECT_LT(text.find("  fault        11s            cut of 100% of lamps"), text.find("  drain  "));
}

TEST(Timetable, TellsWhoLeavesAndIsDueBack) {
  const Scenario scenario =
      accepted(std::string(kSmallScenario), {{"fleet.lamps.away", "[{at: 2s, for: 3s, share: 50%}]"},
                                             {"fleet.lamps.connect.keep_alive", "1s"},
                                             {"fleet.lamps.silence", "[{at: 8s, share: 20%}]"}});
  EXPECT_THAT(timetable_text(scenario), HasSubstr("  away          4s            5 of lamps leave\n"
                                                  "  back          7s            5 of lamps are due back\n"
                                                  "  silence      10s            2 of lamps ping no more\n"
                                                  "  drain "));
}

TEST(Timetable, CountsInLongerStepsWhereEverySecondDiffers) {
  const Scenario scenario = accepted(small_with("rate: 50/s", "rate: { ramp: { from: 1/s, to: 100/s } }"),
                                     {{"phases.hold", "2h"}, {"phases.warm_up", "0s"}});
  const std::vector<TimetableRow> rows = make_timetable(scenario);
  EXPECT_LE(rows.size(), 40u);
  EXPECT_GT(rows.size(), 10u);
  std::uint64_t calls = 0;
  for (const TimetableRow& row : rows) calls += row.calls * static_cast<std::uint64_t>((row.to - row.from) / row.step);
  EXPECT_EQ(calls, *make_plan(scenario, 2).total.hold);
}

}  // namespace
}  // namespace fleet::sim
