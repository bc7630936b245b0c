// What does a run say to targets that are not what they should be, to odd directories and to broken terminals?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/e2e/sim_run.h"
#include "tests/support/mosquitto.h"
#include "tests/support/scripted_bridge.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

bool has_reason(const nlohmann::json& result, const std::string& words) {
  for (const auto& reason : result["reasons"]) {
    if (reason.get<std::string>().find(words) != std::string::npos) return true;
  }
  return false;
}

// A short run whose streams a shell arranges with `redirections`.
struct ShellRun {
  explicit ShellRun(const std::string& redirections)
      : process({"sh", "-c", "exec \"$@\" " + redirections, "sh", FLEET_SIM_PROGRAM, "run",
                 directory.write("scenario.yaml", to_yaml({.hold = "200ms"})).string(), "--out", out()}) {}

  [[nodiscard]] std::string out() const { return (directory.path() / "out").string(); }
  [[nodiscard]] nlohmann::json result() const {
    std::ifstream file(out() + "/result.json");
    return nlohmann::json::parse(file, nullptr, false);
  }

  TempDir directory;
  ChildProcess process;
};

TEST(BadSurroundings, AWebServerInPlaceOfTheBridgeDoesNotPass) {
  ScriptedBridge server([](std::uint64_t, const std::string&) {
    return ScriptedBridge::Reply{ScriptedBridge::answer(404, "<html>not found</html>")};
  });
  SimRun run(to_yaml({.drain = "1s",
                      .target = fmt::format("{{ bridge: \"http://127.0.0.1:{}\" }}", server.port()),
                      .thresholds = "[ calls.failed == 0, deliveries.missing == 0 ]"}));
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 1 : 4) << run.output();
  EXPECT_TRUE(has_reason(run.result(), "no call of push was accepted")) << run.result()["reasons"];
  EXPECT_EQ(run.result()["calls"]["errors"]["HTTP 404"], 50);
}

TEST(BadSurroundings, ABridgeThatNeverAnswersIsNamedAmongTheErrors) {
  ScriptedBridge server([](std::uint64_t, const std::string&) { return ScriptedBridge::Reply{}; });
  SimRun run(to_yaml({.hold = "500ms",
                      .drain = "200ms",
                      .target = fmt::format("{{ bridge: \"http://127.0.0.1:{}\" }}", server.port())}));
  EXPECT_EQ(run.wait(), FLEET_RELEASE_BUILD ? 1 : 4) << run.output();
  const nlohmann::json calls = run.result()["calls"];
  EXPECT_EQ(calls["failed"], 25);
  EXPECT_EQ(calls["errors"]["unanswered"], 25) << calls;
}

TEST(BadSurroundings, ABrokerThatRefusesTheDevicesEndsTheRunAtOnce) {
  Mosquitto broker({.allow_anonymous = false});
  broker.explain("not authorised");
  ScriptedBridge server([](std::uint64_t, const std::string&) { return ScriptedBridge::Reply{}; });
  SimRun run(to_yaml({.target = fmt::format("{{ broker: \"mqtt://127.0.0.1:{}\", bridge: \"http://127.0.0.1:{}\" }}",
                                            broker.port(), server.port())}));
  EXPECT_EQ(run.wait(), 3);
  EXPECT_NE(run.output().find("the broker refuses the devices"), std::string::npos) << run.output();
  EXPECT_NE(run.output().find("not authorized"), std::string::npos) << run.output();
}

TEST(BadSurroundings, TwoRunsDoNotShareADirectory) {
  SimRun first(to_yaml({.hold = "60s"}));
  ASSERT_TRUE(first.wait_for("hold "));
  const std::string out = (std::filesystem::path(first.scenario_path()).parent_path() / "out").string();
  SimRun second(std::vector<std::string>{"run", first.scenario_path(), "--out", out});
  EXPECT_EQ(second.wait(), 3);
  EXPECT_NE(second.output().find("another run writes into this directory"), std::string::npos) << second.output();
  first.signal(SIGINT);
  EXPECT_EQ(first.wait(), 4) << first.output();
  EXPECT_EQ(first.result()["verdict"], "invalid");
}

TEST(BadSurroundings, APipeInPlaceOfALogIsNotWaitedFor) {
  for (const char* name : {"mosquitto.conf", "mosquitto.log", "bridge.yaml", "bridge.log"}) {
    TempDir directory;
    const std::string scenario = directory.write("scenario.yaml", to_yaml({})).string();
    ASSERT_EQ(mkfifo((directory.path() / name).c_str(), 0600), 0);
    SimRun run(std::vector<std::string>{"run", scenario, "--out", directory.path().string()});
    EXPECT_EQ(run.wait(), 3) << name;
    EXPECT_NE(run.output().find(name), std::string::npos) << run.output();
  }
}

TEST(BadSurroundings, AHangUpStillReports) {
  SimRun run(to_yaml({.hold = "60s"}));
  ASSERT_TRUE(run.wait_for("hold "));
  run.signal(SIGHUP);
  EXPECT_EQ(run.wait(), 4) << run.output();
  EXPECT_TRUE(has_reason(run.result(), "interrupted")) << run.result()["reasons"];
}

TEST(BadSurroundings, NobodyNeedsToReadAlong) {
  for (const char* streams : {"2>/dev/full", ">/dev/full", "<&- >&- 2>&-"}) {
    ShellRun run(streams);
    EXPECT_EQ(run.process.wait(std::chrono::minutes(1)), kPass) << streams << run.process.output();
    const nlohmann::json result = run.result();
    ASSERT_TRUE(result.is_object()) << streams;
    EXPECT_EQ(result["deliveries"]["missing"], 0) << streams;
    EXPECT_GT(result["deliveries"]["received"], 0) << streams;
  }
}

TEST(BadSurroundings, WhatCannotBePrintedIsTold) {
  TempDir directory;
  const std::string file = (directory.path() / "schema").string();
  for (const auto& [command, sentence] : {std::pair<std::string, std::string>{">/dev/full", "No space left on device"},
                                          std::pair<std::string, std::string>{">'" + file + "'", "File too large"}}) {
    ChildProcess print({"sh", "-c", fmt::format("ulimit -f 1; exec '{}' schema {}", FLEET_SIM_PROGRAM, command)});
    EXPECT_EQ(print.wait(std::chrono::minutes(1)), 3) << command;
    EXPECT_NE(print.output().find("fleet-sim: standard output was not written whole: " + sentence), std::string::npos)
        << print.output();
  }
}

TEST(BadSurroundings, ATerminalSeesOneLineThatIsWrittenOver) {
  TempDir directory;
  const std::string scenario = directory.write("scenario.yaml", to_yaml({.hold = "200ms"})).string();
  const std::string out = (directory.path() / "out").string();
  // A pseudo-terminal of its own.
  ChildProcess run({"script", "--quiet", "--return", "--command",
                    fmt::format("exec '{}' run '{}' --out '{}'", FLEET_SIM_PROGRAM, scenario, out), "/dev/null"});
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), kPass) << run.output();
  const std::string seen = run.output();
  const std::size_t connect = seen.find("\r\033[Kconnect  ");
  const std::size_t hold = seen.find("\r\033[Khold ");
  EXPECT_NE(connect, std::string::npos) << seen;
  EXPECT_NE(hold, std::string::npos) << seen;
  EXPECT_EQ(seen.substr(connect, hold - connect).find('\n'), std::string::npos) << "all on one line";
  EXPECT_EQ(run.output().find("\nhold "), std::string::npos);
}

}  // namespace
}  // namespace fleet::tests
