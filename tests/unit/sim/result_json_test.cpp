// Does result.json hold what design.md promises, and is every number in it a metric, and every metric in it?
#include "sim/report/result_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/scenario/metrics.h"
#include "tests/unit/sim/sample_record.h"

namespace fleet::sim {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(ResultJson, HasItsKeysInTheirOrder) {
  const Json result = result_json(tests::sample_record());
  EXPECT_THAT(keys(result), ElementsAre("schema_version", "verdict", "reasons", "notes", "context", "fleet", "calls",
                                        "deliveries", "telemetry", "rates", "times_us", "cost", "health", "thresholds",
                                        "absence", "takeover", "resubscribe", "silence", "reply", "slow_reading",
                                        "groups", "call_groups", "timeline", "faults"));
  EXPECT_THAT(keys(result["context"]), ElementsAre("host", "cpus", "kernel", "build_type", "git", "seed", "started_at",
                                                   "scenario", "broker", "proxies"));
  EXPECT_THAT(keys(result["context"]["scenario"]), ElementsAre("name", "sha256"));
  EXPECT_THAT(keys(result["context"]["broker"]), ElementsAre("name", "version", "config_sha256"));
  EXPECT_THAT(keys(result["fleet"]),
              ElementsAre("devices", "gateways", "sub_devices", "consumers", "connections", "kicked",
                          "newcomers_refused", "kept_out", "late", "subscriptions", "connect"));
  EXPECT_THAT(keys(result["fleet"]["subscriptions"]), ElementsAre("refused", "errors", "lowered"));
  EXPECT_THAT(keys(result["fleet"]["connect"]),
              ElementsAre("seconds", "per_s", "failed", "errors", "reconnects", "lost", "refused", "time_us"));
  EXPECT_THAT(keys(result["calls"]), ElementsAre("scheduled", "sent", "accepted", "rejected", "failed", "errors",
                                                 "partial", "refused_messages", "message_errors"));
  EXPECT_THAT(keys(result["deliveries"]), ElementsAre("expected", "received", "missing", "duplicate", "misdelivered",
                                                      "corrupt", "absent", "unsubscribed", "out_of_order", "downgraded",
                                                      "unaccepted", "late", "foreign", "wills", "retained"));
  EXPECT_THAT(keys(result["rates"]), ElementsAre("calls_per_s", "deliveries_per_s"));
  EXPECT_THAT(keys(result["times_us"]),
              ElementsAre("send_lag", "http", "service", "response", "first", "half", "completion", "hops"));
  EXPECT_THAT(keys(result["times_us"]["hops"]), ElementsAre("http", "bridge", "broker"));
  EXPECT_THAT(keys(result["times_us"]["response"]),
              ElementsAre("count", "min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"));
  EXPECT_THAT(keys(result["cost"]),
              ElementsAre("cpu_us_per_delivery", "rss_kib", "rss_growth_kib", "fleet_bytes_per_connection"));
  EXPECT_THAT(keys(result["cost"]["cpu_us_per_delivery"]),
              ElementsAre("fleet", "callers", "bridge", "broker", "fleet_threads", "caller_threads"));
  EXPECT_THAT(keys(result["cost"]["rss_kib"]), ElementsAre("sim", "bridge", "broker"));
  EXPECT_EQ(result["cost"]["rss_growth_kib"]["sim"], 512);
  EXPECT_EQ(result["cost"]["rss_growth_kib"]["bridge"], -8);
  EXPECT_EQ(result["cost"]["rss_growth_kib"]["broker"], 264);
  EXPECT_THAT(keys(result["health"]), ElementsAre("send_lag_p99_us", "worst_hiccup_us", "clock_jumps"));
  EXPECT_THAT(keys(result["groups"]["lamps"]), ElementsAre("deliveries", "times_us"));
  EXPECT_THAT(keys(result["call_groups"]["push"]), ElementsAre("calls", "deliveries", "times_us"));
  EXPECT_THAT(keys(result["timeline"][0]), ElementsAre("t_s", "calls", "deliveries", "response"));
  EXPECT_THAT(keys(result["timeline"][0]["response"]), ElementsAre("p50", "p99", "max"));
}

TEST(ResultJson, HasTheValuesOfTheRecord) {
  RunRecord record = tests::sample_record();
  record.verdict = Verdict::fail;
  record.reasons = {"a reason"};
  record.total.calls.errors["timeout"] = 3;
  record.thresholds = {{.expression = "calls.failed == 0", .observed = 3, .ok = false}};
  const Json result = result_json(record);
  EXPECT_EQ(result["schema_version"], 1);
  EXPECT_EQ(result["verdict"], "fail");
  EXPECT_EQ(result["reasons"], Json({"a reason"}));
  EXPECT_EQ(result["calls"]["errors"]["timeout"], 3);
  EXPECT_EQ(result["deliveries"]["received"], 50'000);
  EXPECT_EQ(result["times_us"]["response"]["p50"], 1'249);
  EXPECT_EQ(result["times_us"]["response"]["mean"], 1'249.5);
  EXPECT_EQ(result["cost"]["cpu_us_per_delivery"]["fleet"], 6.1);
  EXPECT_EQ(result["cost"]["cpu_us_per_delivery"]["bridge"], 0.85);
  EXPECT_EQ(result["cost"]["cpu_us_per_delivery"]["fleet_threads"]["worker 0"], 6.1);
  EXPECT_EQ(result["thresholds"][0].dump(), R"({"expr":"calls.failed == 0","observed":3,"ok":false})");
}

TEST(ResultJson, TellsTheBalanceOfConsumersOnly) {
  RunRecord record = tests::sample_record();
  record.groups.push_back({"warehouse", {}, Balance{}});
  Json result = result_json(record);
  EXPECT_FALSE(result["groups"]["lamps"].contains("balance"));
  EXPECT_TRUE(result["groups"]["warehouse"]["balance"]["mean"].is_null());
  for (const std::uint64_t received : {12, 10, 15}) record.groups.back().balance->add_member(received);
  result = result_json(record);
  EXPECT_EQ(result["groups"]["warehouse"]["balance"].dump(), R"({"min":10,"max":15,"mean":12.333})");
  EXPECT_EQ(metric_at(result, "groups.warehouse.balance.max"), 15);
}

TEST(ResultJson, TellsWhatDevicesDidByThemselves) {
  RunRecord record = tests::sample_record();
  record.behaviour = tests::sample_behaviour();
  record.groups.push_back({"sleepy", {}});
  record.groups.back().behaviour = tests::sample_behaviour();
  record.groups.push_back({"deaf", {}});
  record.groups.back().behaviour.resubscribe.emplace();
  const Json result = result_json(record);
  EXPECT_THAT(keys(result["groups"]["lamps"]), ElementsAre("deliveries", "times_us"));
  EXPECT_THAT(keys(result["groups"]["deaf"]), ElementsAre("deliveries", "times_us", "resubscribe"));
  EXPECT_THAT(keys(result["absence"]),
              ElementsAre("left", "skipped", "returned", "resumed", "forgotten", "backlog", "back_us", "caught_up_us"));
  EXPECT_THAT(keys(result["takeover"]),
              ElementsAre("begun", "skipped", "done", "failed", "session_taken_over", "closed", "time_us"));
  for (const char* key : {"absence", "takeover", "resubscribe", "silence", "reply", "slow_reading"}) {
    EXPECT_EQ(result["groups"]["sleepy"][key], result[key]) << key;
  }
  EXPECT_EQ(result["absence"]["left"], 20);
  EXPECT_EQ(result["takeover"]["session_taken_over"], 6);
  EXPECT_EQ(result["resubscribe"].dump(), R"({"unsubscribed":7,"skipped":3,"again":6})");
  EXPECT_EQ(result["silence"]["dropped"], 4);
  EXPECT_EQ(result["reply"]["acknowledged"], 37);
  EXPECT_EQ(result["slow_reading"].dump(), R"({"held_back":12})");
  EXPECT_EQ(metric_at(result, "groups.sleepy.absence.backlog"), 300);
  EXPECT_EQ(metric_at(result, "absence.caught_up_us.count"), 17);
}

TEST(ResultJson, WhatIsNotKnownIsNull) {
  RunRecord record = tests::sample_record();
  record.cost.bridge_cpu_us = -1;
  record.cost.broker_rss_kib = -1;
  record.cost.broker_rss_growth_kib.reset();
  Json result = result_json(record);
  EXPECT_TRUE(result["cost"]["cpu_us_per_delivery"]["bridge"].is_null());
  EXPECT_TRUE(result["cost"]["rss_kib"]["broker"].is_null());
  EXPECT_TRUE(result["cost"]["rss_growth_kib"]["broker"].is_null());
  EXPECT_EQ(metric_at(result, "cost.cpu_us_per_delivery.bridge"), std::nullopt);
  record.cost.deliveries = 0;
  record.cost.fleet_bytes_per_connection = std::numeric_limits<double>::quiet_NaN();
  result = result_json(record);
  EXPECT_TRUE(result["cost"]["fleet_bytes_per_connection"].is_null());
  EXPECT_TRUE(result["cost"]["cpu_us_per_delivery"]["fleet"].is_null());
}

// Every path of a number that a threshold could mean. Left out: what describes the run instead of measuring it, and
// maps whose keys no scenario can know.
void collect(const Json& value, const std::string& path, std::set<std::string>& out) {
  static const std::set<std::string> kNotMetrics = {"schema_version",
                                                    "context",
                                                    "thresholds",
                                                    "timeline",
                                                    "cost.cpu_us_per_delivery.fleet_threads",
                                                    "calls.errors",
                                                    "fleet.connect.errors",
                                                    "fleet.connect.lost",
                                                    "fleet.connect.refused",
                                                    "fleet.subscriptions.errors",
                                                    "calls.message_errors",
                                                    "call_groups.push.calls.message_errors",
                                                    "cost.cpu_us_per_delivery.caller_threads",
                                                    "call_groups.push.calls.errors"};
  if (kNotMetrics.contains(path)) return;
  if (value.is_number()) out.insert(path);
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
    collect(value[i], path + "." + std::to_string(i), out);
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) collect(inner, path.empty() ? key : path + "." + key, out);
}

TEST(Metrics, AreTheNumbersOfResultJson) {
  RunRecord record = tests::sample_record();
  record.groups[0].balance = Balance{.members = 1, .deliveries = 5, .min = 5, .max = 5};
  record.behaviour = record.groups[0].behaviour = tests::sample_behaviour();
  record.faults = {tests::sample_fault()};
  const Json result = result_json(record);
  std::set<std::string> written;
  collect(result, "", written);
  std::set<std::string> named;
  for (const std::string& path : metric_paths({"lamps"}, {"push"})) {
    EXPECT_TRUE(named.insert(path).second) << path;
    EXPECT_TRUE(metric_at(result, path)) << path;
    EXPECT_TRUE(metric_unit(path, {"lamps"}, {"push"})) << path;
  }
  EXPECT_EQ(named, written);
}

TEST(MetricAt, FindsNumbersByPath) {
  RunRecord record = tests::sample_record();
  record.groups.push_back({"lamps.v2", {}});
  record.groups.back().tally.deliveries.missing = 7;
  const Json result = result_json(record);
  EXPECT_EQ(metric_at(result, "times_us.response.max"), 1'499);
  EXPECT_EQ(metric_at(result, "groups.lamps.v2.deliveries.missing"), 7);
  EXPECT_EQ(metric_at(result, "times_us.response"), std::nullopt);
  EXPECT_EQ(metric_at(result, "times_us.respons.max"), std::nullopt);
  EXPECT_EQ(metric_at(result, ""), std::nullopt);
  EXPECT_EQ(metric_at(result, "."), std::nullopt);
  EXPECT_EQ(metric_at(result, "verdict"), std::nullopt);
}

TEST(ResultJson, TellsFaultsAndWhatIsNotKnownOfThem) {
  RunRecord record = tests::sample_record();
  record.faults = {tests::sample_fault(), {.what = "broker-restart, started again when it has ended"}};
  const Json faults = result_json(record)["faults"];
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0]["what"], "broker-kill, started again after 500ms");
  EXPECT_EQ(faults[0]["back"]["p99_s"], 1.5);
  EXPECT_EQ(faults[0]["missing"], 17);
  EXPECT_TRUE(faults[1]["at_s"].is_null());
  EXPECT_TRUE(faults[1]["back"]["all_s"].is_null());
  const Json result = result_json(record);
  EXPECT_EQ(metric_at(result, "faults.0.back.all_s"), 1.75);
  EXPECT_EQ(metric_at(result, "faults.1.lost"), 0);
  for (const char* path :
       {"faults.1.back.all_s", "faults.2.lost", "faults.0", "faults.", "faults.x.lost", "faults.0lost"}) {
    EXPECT_EQ(metric_at(result, path), std::nullopt) << path;
  }
}

TEST(ResultJson, MarksTheSecondsInWhichAFaultIsUnderWay) {
  RunRecord record = tests::sample_record();
  record.timeline.assign(7, {});
  for (std::size_t t = 0; t < record.timeline.size(); ++t) record.timeline[t].t_s = t;
  record.faults = {{.what = "over within its second", .at_s = 1.25, .ended_s = 1.75},
                   {.what = "long", .at_s = 1.999, .ended_s = 4.001},
                   {.what = "of a moment", .at_s = 4, .ended_s = 4},
                   {.what = "not over", .at_s = 5.5},
                   {.what = "never came"}};
  const Json rows = result_json(record)["timeline"];
  ASSERT_EQ(rows.size(), 7u);
  for (const std::size_t t : {0, 6}) EXPECT_FALSE(rows[t].contains("faults")) << t;
  EXPECT_EQ(rows[1]["faults"], Json({0, 1}));
  EXPECT_EQ(rows[2]["faults"], Json::array({1}));
  EXPECT_EQ(rows[3]["faults"], Json::array({1}));
  EXPECT_EQ(rows[4]["faults"], Json({1, 2}));
  EXPECT_EQ(rows[5]["faults"], Json::array({3}));
  EXPECT_THAT(keys(rows[1]), ElementsAre("t_s", "calls", "deliveries", "response", "faults"));
}

TEST(MetricAt, ThereIsNoStatisticOfNothing) {
  RunRecord record = tests::sample_record();
  record.total.times.response.clear();
  const Json result = result_json(record);
  EXPECT_EQ(result["times_us"]["response"]["p99"], 0);
  EXPECT_EQ(metric_at(result, "times_us.response.p99"), std::nullopt);
  EXPECT_EQ(metric_at(result, "times_us.response.count"), 0);
}

struct ResultFile : testing::Test {
  ResultFile() {
    std::string name = (std::filesystem::temp_directory_path() / "fleet-result-XXXXXX").string();
    directory = ::mkdtemp(name.data());
  }
  ~ResultFile() override { std::filesystem::remove_all(directory); }
  void put(const std::string& text) const { std::ofstream(directory / "result.json") << text; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
  }
  std::filesystem::path directory;
  std::string path() const { return (directory / "result.json").string(); }
};

TEST_F(ResultFile, ComesBackAsItWasWritten) {
  put("an older one");
  const Json result = result_json(tests::sample_record());
  ASSERT_TRUE(write_result(result, path()));
  EXPECT_EQ(files(), 1U);
  const auto back = read_result(path());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->dump(), result.dump());
}

TEST_F(ResultFile, BytesThatAreNoUtf8DoNotLoseTheReport) {
  RunRecord record = tests::sample_record();
  record.total.calls.errors["\xFF\xFE"] = 1;
  ASSERT_TRUE(write_result(result_json(record), path()));
  EXPECT_TRUE(read_result(path()));
}

TEST_F(ResultFile, WithoutItsDirectoryIsAnEnvironmentError) {
  const auto written = write_result(result_json(tests::sample_record()), (directory / "none" / "result.json").string());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, wire::ErrorKind::environment);
  EXPECT_THAT(written.error().text(), HasSubstr("No such file or directory"));
}

TEST_F(ResultFile, OnAFullDiskLeavesTheOldOneAndNothingElse) {
  put("the old one");
  // A limit on file sizes fails the write as a full disk does.
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 1'000, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_result(result_json(tests::sample_record()), path());
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, wire::ErrorKind::environment);
  EXPECT_EQ(files(), 1U);
  std::string text;
  std::getline(std::ifstream(path()), text);
  EXPECT_EQ(text, "the old one");
}

TEST_F(ResultFile, ThatIsNoResultIsAUsageError) {
  EXPECT_THAT(read_result(path()).error().text(), HasSubstr("No such file or directory"));
  for (const char* text : {"", "{", "[]", "7", "{}", R"({"verdict":"pass"})", "\xFF\x01", "{\"schema_version\":1}"}) {
    put(text);
    const auto read = read_result(path());
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().text(), HasSubstr("not a result.json")) << text;
  }
  put(R"({"schema_version": 99, "verdict": "pass"})");
  EXPECT_THAT(read_result(path()).error().text(), HasSubstr("schema_version is 99; this fleet-sim reads 1"));
  EXPECT_EQ(read_result(directory.string()).error().kind, wire::ErrorKind::usage);
}

}  // namespace
}  // namespace fleet::sim
