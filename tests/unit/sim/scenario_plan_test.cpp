#include "sim/scenario/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sim/scenario/metrics.h"
#include "sim/scenario/naming.h"
#include "sim/scenario/schema.h"
#include "sim/scenario/tables.h"
#include "sim/scenario/thresholds.h"
#include "tests/unit/sim/scenario_text.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Scenario small(const std::vector<Override>& sets = {}) {
  const auto scenario = parse_scenario(std::string(kSmallScenario), "s.yaml", sets, {});
  EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
  return scenario.value_or(Scenario{});
}

TEST(Plan, CountsTheQuickstart) {
  const auto scenario = load_scenario(FLEET_SCENARIOS "/quickstart.yaml", {}, {});
  ASSERT_TRUE(scenario);
  const Plan plan = make_plan(*scenario, 2);
  EXPECT_EQ(plan.devices, 2'000u);
  EXPECT_EQ(plan.connections, 2'000u);
  EXPECT_EQ(plan.subscriptions, 2'000u);
  EXPECT_EQ(plan.total.warm_up, 100u);
  EXPECT_EQ(plan.total.hold, 500u);
  EXPECT_EQ(plan.total.deliveries, 50'000u);
  EXPECT_EQ(plan.workers, 1u);
  EXPECT_GT(plan.descriptors, 2'256u);
  const std::string text = plan_text(*scenario, plan, {20'000, 28'232, 1u << 30, 2});
  EXPECT_THAT(text, HasSubstr("calls in the hold        500\n"));
  EXPECT_THAT(text, HasSubstr("deliveries               50,000\n"));
}

TEST(Plan, AClosedLoopPlansNoNumbers) {
  const Plan plan = make_plan(small({{"calls.push.rate", "max"}}), 4);
  EXPECT_FALSE(plan.total.hold);
  EXPECT_FALSE(plan.calls[0].deliveries);
  EXPECT_EQ(plan.workers, 3u);
  EXPECT_THAT(plan_text(small({{"calls.push.rate", "max"}}), plan, read_machine_limits()), HasSubstr("as many as fit"));
}

TEST(Plan, WorkersAreTheScenariosOrTheCoresButOne) {
  EXPECT_EQ(worker_count(small(), 1), 1u);
  EXPECT_EQ(worker_count(small(), 2), 1u);
  EXPECT_EQ(worker_count(small(), 8), 7u);
  EXPECT_EQ(worker_count(small({{"workers", "5"}}), 8), 5u);
}

TEST(Limits, SayTheNumberThatFits) {
  const Plan plan = make_plan(small({{"fleet.lamps.count", "50000"}, {"workers", "1"}}), 2);
  const auto descriptors = check_limits(plan, {20'000, 60'000, 0, 2});
  ASSERT_FALSE(descriptors);
  EXPECT_EQ(descriptors.error().kind, wire::ErrorKind::environment);
  EXPECT_EQ(descriptors.error().message,
            "50,000 devices need 50,324 open descriptors and a process may have 20,000; 19,676 fit: lower the "
            "counts, or raise the hard limit (ulimit -Hn)");
  const auto ports = check_limits(plan, {100'000, 28'232, 0, 2});
  ASSERT_FALSE(ports);
  EXPECT_EQ(ports.error().kind, wire::ErrorKind::environment);
  EXPECT_EQ(ports.error().message,
            "50,000 devices need 50,000 local ports and net.ipv4.ip_local_port_range leaves 28,132; 28,132 fit: "
            "lower the counts, widen the range, or let them come from more addresses (target.broker.source_addresses)");
  const auto memory = check_limits(plan, {100'000, 60'000, 1u << 20, 2});
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().kind, wire::ErrorKind::environment);
  EXPECT_THAT(memory.error().message, HasSubstr("of memory and 1 MB are available"));
  EXPECT_TRUE(check_limits(plan, {100'000, 60'000, 0, 2}));
}

TEST(Limits, MemoryKnowsWhatTlsTakes) {
  const auto memory = [](const char* tls) {
    return make_plan(small({{"fleet.lamps.count", "10000"}, {"target.broker.tls", tls}}), 2).memory_bytes;
  };
  EXPECT_EQ(memory("on") - memory("off"), 10'000u * (57u << 10));
  EXPECT_EQ(memory("mutual"), memory("on"));
}

TEST(Limits, TheNumberThatFitsFits) {
  const MachineLimits limits{20'000, 28'232, 0, 2};
  EXPECT_TRUE(check_limits(make_plan(small({{"fleet.lamps.count", "19676"}, {"workers", "1"}}), 2), limits));
  EXPECT_FALSE(check_limits(make_plan(small({{"fleet.lamps.count", "19677"}, {"workers", "1"}}), 2), limits));
}

TEST(Machine, LimitsAreReadable) {
  const MachineLimits limits = read_machine_limits();
  EXPECT_GT(limits.descriptors, 0u);
  EXPECT_GT(limits.local_ports, 0u);
  EXPECT_GE(limits.cores, 1u);
}

TEST(Names, AreFunctionsOfTheIndex) {
  EXPECT_EQ(device_name("lamp-{index:5}", 0), "lamp-00000");
  EXPECT_EQ(device_name("lamp-{index:5}", 123), "lamp-00123");
  EXPECT_EQ(device_name("lamp-{index:5}", 123'456), "lamp-123456");
  EXPECT_EQ(device_name("{index}.lamp", 7), "7.lamp");
  EXPECT_TRUE(check_name_template("lamp-{index:5}", 1'000'000));
  EXPECT_FALSE(check_name_template("lamp-{index:0}", 1));
  EXPECT_FALSE(check_name_template("lamp-{index:}", 1));
  EXPECT_FALSE(check_name_template("lamp-{index", 1));
  EXPECT_FALSE(check_name_template("lamp-{Index}", 1));
  EXPECT_FALSE(check_name_template("lamp-{index:-1}", 1));
  EXPECT_FALSE(check_name_template("lamp-{index:99999999999999999999}", 1));
}

TEST(Thresholds, ReadEveryKindOfValue) {
  const auto value = [](const std::string& text) { return parse_threshold(text, {"lamps"}, {"push"}).value().value; };
  EXPECT_DOUBLE_EQ(value("times_us.response.p99 < 50ms"), 50'000);
  EXPECT_DOUBLE_EQ(value("times_us.hops.broker.max<=1s"), 1e6);
  EXPECT_DOUBLE_EQ(value("times_us.response.count >= 100"), 100);
  EXPECT_DOUBLE_EQ(value("fleet.connect.seconds < 5s"), 5);
  EXPECT_DOUBLE_EQ(value("rates.calls_per_s >= 49.5/s"), 49.5);
  EXPECT_DOUBLE_EQ(value("rates.calls_per_s >= 49.5"), 49.5);
  EXPECT_DOUBLE_EQ(value("cost.rss_kib.sim < 64MB"), 65'536);
  EXPECT_DOUBLE_EQ(value("cost.fleet_bytes_per_connection < 2KB"), 2'048);
  EXPECT_DOUBLE_EQ(value("cost.cpu_us_per_delivery.fleet < 9.5us"), 9.5);
  EXPECT_DOUBLE_EQ(value("groups.lamps.times_us.service.p50 < 3ms"), 3'000);
  EXPECT_DOUBLE_EQ(value("call_groups.push.calls.failed == 0"), 0);
  EXPECT_DOUBLE_EQ(value("times_us.response.p99 != 0"), 0);
}

TEST(Thresholds, KnowTheirOperators) {
  const auto comparison = [](const std::string& op) {
    return parse_threshold("calls.failed" + op + "1", {}, {}).value().comparison;
  };
  EXPECT_EQ(comparison("<"), Comparison::less);
  EXPECT_EQ(comparison("<="), Comparison::less_equal);
  EXPECT_EQ(comparison("=="), Comparison::equal);
  EXPECT_EQ(comparison("!="), Comparison::not_equal);
  EXPECT_EQ(comparison(">="), Comparison::greater_equal);
  EXPECT_EQ(comparison(">"), Comparison::greater);
}

TEST(Thresholds, EveryPathHasAUnit) {
  const std::vector<std::string> groups{"lamps"}, calls{"push"};
  const std::vector<std::string> paths = metric_paths(groups, calls);
  EXPECT_GT(paths.size(), 200u);
  for (const std::string& path : paths) EXPECT_TRUE(metric_unit(path, groups, calls)) << path;
  for (const char* path :
       {"", "calls", "times_us.response", "times_us.response.", "times_us.response.p95", "calls.errors",
        "groups.push.deliveries.missing", "groups.lamps", "call_groups.push.rates.calls_per_s"}) {
    EXPECT_FALSE(metric_unit(path, groups, calls)) << path;
  }
}

TEST(Schema, IsMadeOfTheTables) {
  const auto schema = nlohmann::json::parse(scenario_schema());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["anyOf"][0]["required"], nlohmann::json({"name", "fleet", "calls"}));
  const auto& group = schema["properties"]["fleet"]["additionalProperties"];
  EXPECT_EQ(group["properties"]["count"]["anyOf"][0]["maximum"], 1'000'000);
  EXPECT_EQ(group["properties"]["connect"]["properties"]["rate"]["default"], "1000/s");
  const auto& call = schema["properties"]["calls"]["additionalProperties"];
  EXPECT_EQ(call["properties"]["pick"]["anyOf"][0]["enum"],
            nlohmann::json({"round-robin", "random", "zipf", "same", "all"}));
}

TEST(Schema, TakesANameOrAListOfNames) {
  const auto schema = nlohmann::json::parse(scenario_schema());
  const auto& to = schema["properties"]["calls"]["additionalProperties"]["properties"]["to"]["anyOf"];
  EXPECT_EQ(to[0]["anyOf"][0]["pattern"], "^[A-Za-z0-9_-]{1,64}$");
  EXPECT_EQ(to[1]["type"], "array");
  EXPECT_EQ(to[1]["items"], to[0]);
  EXPECT_EQ(to[1]["minItems"], 1);
}

TEST(Names, LeadBackToTheirIndexes) {
  for (const char* text : {"lamp-{index:5}", "{index}-lamp", "a{index:1}", "lamp-{index}-7"}) {
    const NameTemplate names(text);
    for (const std::uint32_t index : {0u, 7u, 10u, 99'999u, 100'000u, 4'294'967'295u}) {
      std::string name = "x";
      names.append(index, name);
      EXPECT_EQ(name, "x" + device_name(text, index));
      EXPECT_EQ(names.index_of(std::string_view(name).substr(1)), index) << name;
    }
  }
  const NameTemplate names("lamp-{index:3}");
  for (const char* other :
       {"", "lamp-", "lamp-07", "lamp-0007", "lamp-4294967296", "lamp-00a", "lamb-007", "lamp--07"}) {
    EXPECT_FALSE(names.index_of(other)) << other;
  }
}

// Rows of the tables, mappings within mappings included, as README.md prints them.
void expect_rows(const settings::MappingInfo& info, const std::string& readme) {
  for (const settings::KeyInfo& key : info.keys) {
    EXPECT_THAT(readme, HasSubstr("| `" + std::string(key.name) + "` |")) << info.what;
    EXPECT_THAT(readme, HasSubstr(" | " + std::string(key.sentence) + " |\n")) << info.what << "." << key.name;
    if (key.inner != nullptr) expect_rows(key.inner(), readme);
  }
}

TEST(Readme, TellsEveryKey) {
  std::ifstream file(FLEET_SCENARIOS "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  expect_rows(scenario_table().info, readme);
}

}  // namespace
}  // namespace fleet::sim
