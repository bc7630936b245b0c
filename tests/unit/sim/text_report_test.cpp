// Can a person read the summary?
#include "sim/report/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/report/quantity.h"
#include "sim/report/result_json.h"
#include "sim/report/verdict.h"
#include "tests/unit/sim/sample_record.h"

namespace fleet::sim {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

RunRecord judged() {
  RunRecord record = tests::sample_record();
  Scenario scenario;
  scenario.thresholds = {{"calls.failed == 0", "calls.failed", Comparison::equal, 0},
                         {"times_us.response.p99 < 1ms", "times_us.response.p99", Comparison::less, 1'000}};
  record.notes = {"lamps runs on Paho: Paho's own queue and threads are inside its numbers"};
  judge(scenario, record);
  return record;
}

TEST(Text, TellsFaults) {
  RunRecord record = tests::sample_record();
  record.faults = {tests::sample_fault(), {.what = "bridge-restart, started again when it has ended", .at_s = 4}};
  record.faults[0].not_back = 3;
  EXPECT_THAT(render_text(result_json(record)),
              HasSubstr("\nfaults      at 2.00 s: broker-kill, started again after 500ms; over at 2.62 s\n"
                        "              2,000 connections lost, ready again: 50% after 1.25 s, 99% after 1.50 s, all "
                        "after 1.75 s, 3 never\n"
                        "              of the calls due meanwhile: 17 deliveries missing, 30 calls rejected, 1 failed\n"
                        "            at 4.00 s: bridge-restart, started again when it has ended; not over\n"
                        "              0 connections lost\n"));
}

TEST(Text, IsTheGoldenSummary) {
  EXPECT_EQ("\n" + render_text(result_json(judged())), R"(
FAIL  quickstart: times_us.response.p99 < 1ms does not hold: observed 1.49 ms

run         seed 1, 2025-11-21T22:00:00Z on bench-7 (2 cores, Linux 6.1.0-18-amd64), Release build of 0dc2372c0ffe
broker      mosquitto 2.0.11
fleet       2,000 devices on 2,000 connections, ready in 1.02 s (1,961/s), connect p99 1.50 ms
calls       500 scheduled, 500 sent, 500 accepted, 0 rejected, 0 failed
deliveries  50,000 expected = 50,000 received + 0 missing
            none duplicate, misdelivered, corrupt, out of order, downgraded or late
rates       50 calls/s, 5,000 deliveries/s over the hold

times              p50       p90       p99     p99.9       max       count
send lag         64 µs     84 µs     89 µs     89 µs     89 µs         500
http            949 µs   1.15 ms   1.19 ms   1.20 ms   1.20 ms         500
service        1.21 ms   1.41 ms   1.45 ms   1.46 ms   1.46 ms      50,000
response       1.25 ms   1.45 ms   1.49 ms   1.50 ms   1.50 ms      50,000
first          1.15 ms   1.35 ms   1.39 ms   1.40 ms   1.40 ms         500
half           1.45 ms   1.65 ms   1.69 ms   1.70 ms   1.70 ms         500
completion     1.75 ms   1.95 ms   1.99 ms   2.00 ms   2.00 ms         500
hop http        349 µs    549 µs    594 µs    599 µs    599 µs         500
hop bridge      399 µs    599 µs    644 µs    649 µs    649 µs         500
hop broker     1.45 ms   1.65 ms   1.69 ms   1.70 ms   1.70 ms         500

cost        CPU a delivery: fleet 6.10 µs, callers 1.22 µs, bridge 0.85 µs, broker 12.2 µs
            memory: simulator 43.9 MiB, bridge 11.7 MiB, broker 9.28 MiB; 1.66 KiB a connection
              grown in the hold: simulator 512 KiB, bridge -8.00 KiB, broker 264 KiB
health      send lag p99 89 µs, worst hiccup 1.20 ms

thresholds  ok      calls.failed == 0            observed 0
            FAILED  times_us.response.p99 < 1ms  observed 1.49 ms

notes       lamps runs on Paho: Paho's own queue and threads are inside its numbers
)");
}

TEST(Text, TellsJumpsOfTheClockWhereThereWereAny) {
  RunRecord record = tests::sample_record();
  EXPECT_THAT(render_text(result_json(record)), Not(HasSubstr("jumped")));
  record.health.clock_jumps = 1'012;
  EXPECT_THAT(render_text(result_json(record)),
              HasSubstr("\nhealth      send lag p99 89 µs, worst hiccup 1.20 ms\n"
                        "            the time of day jumped 1,012 times; nothing is measured by it\n"));
}

TEST(Text, TellsWhatIsOutsideTheBooksAndWhichErrorsCame) {
  RunRecord record = tests::sample_record();
  record.total.deliveries.duplicate = 3;
  record.total.deliveries.out_of_order = 1'200;
  record.fleet.connect.errors = {{"certificate expired", 8}, {"no answer", 1}};
  record.total.calls.errors = {{"a", 1}, {"b", 20}, {"c", 3}, {"d", 4}, {"e", 5}, {"f\033[2J", 6}, {"g", 7}};
  record.fleet.connect.reconnects = 4;
  const std::string text = render_text(result_json(record));
  EXPECT_THAT(text, HasSubstr("\n            3 duplicate, 1,200 out of order\n"));
  EXPECT_THAT(text, HasSubstr("\n            8 × certificate expired, 1 × no answer\n"));
  EXPECT_THAT(text, HasSubstr("errors      20 × b, 7 × g, 6 × f?[2J, 5 × e, 4 × d, and 2 other codes\n"));
  EXPECT_THAT(text, HasSubstr(", 4 reconnects\n"));
}

TEST(Text, TellsConsumersTheirBalanceAndRefusedMessages) {
  RunRecord record = tests::sample_record();
  record.fleet.consumers = 44;
  EXPECT_THAT(render_text(result_json(record)), HasSubstr("fleet       2,000 devices and 44 consumers on "));
  record.fleet.devices = 0;
  record.groups.push_back({"warehouse", {}, Balance{.members = 40, .deliveries = 10'000, .min = 240, .max = 261}});
  record.groups.push_back({"analytics", {}, Balance{.members = 4, .deliveries = 10, .min = 2, .max = 3}});
  record.total.calls.partial = 5;
  record.total.calls.refused_messages = 7;
  record.total.calls.message_errors = {{"isv.invalid-paramter: parameter required", 7}};
  const std::string text = render_text(result_json(record));
  EXPECT_THAT(text, HasSubstr("fleet       44 consumers on "));
  EXPECT_THAT(text, HasSubstr("            7 messages refused in 5 accepted calls\n"
                              "messages    7 × isv.invalid-paramter: parameter required\n"));
  EXPECT_THAT(text, HasSubstr("balance     warehouse: 240 .. 261 deliveries a consumer, 250 on average\n"
                              "            analytics: 2 .. 3 deliveries a consumer, 2.5 on average\n"));
}

TEST(Text, TellsWhoWasRefusedAndWhy) {
  RunRecord record = tests::sample_record();
  record.fleet.kept_out = 4;
  record.fleet.connect.failed = 5;
  record.fleet.connect.refused = {{"not authorized", 3}, {"server busy", 2}};
  record.fleet.connect.subscriptions_refused = 1;
  record.fleet.connect.subscription_errors = {{"quota exceeded", 1}};
  const std::string text = render_text(result_json(record));
  EXPECT_THAT(text, HasSubstr(", 4 kept out, 5 attempts failed, 1 subscriptions refused\n"
                              "refused     3 × not authorized, 2 × server busy\n"
                              "subscribe   1 × quota exceeded\n"));
}

TEST(Text, TellsWhatDevicesDidByThemselves) {
  RunRecord record = tests::sample_record();
  record.behaviour = tests::sample_behaviour();
  record.fleet.connect.lost = {{"session taken over", 6}, {"connection closed", 9}};
  record.total.deliveries.absent = 30;
  const std::string text = render_text(result_json(record));
  EXPECT_THAT(text, HasSubstr("\n            30 absent\n"));
  EXPECT_THAT(text,
              HasSubstr("absence     20 left, 19 returned: p99 12.0 ms behind due, all 12.0 ms, 2 skipped, 18 sessions "
                        "resumed, 1 sessions forgotten\n"));
  EXPECT_THAT(text,
              HasSubstr("            backlog: 300 deliveries, p50 had theirs 80.0 ms behind due back, p99 80.0 ms, all "
                        "80.0 ms\n"));
  EXPECT_THAT(text, HasSubstr("lost        9 × connection closed, 6 × session taken over\n"));
  EXPECT_THAT(text,
              HasSubstr("takeover    9 begun, 8 done: p99 3.00 ms, max 3.00 ms, 6 first connections told so, 2 closed "
                        "otherwise, 1 failed, 1 skipped\n"));
  EXPECT_THAT(text, HasSubstr("replies     40 scheduled, 38 sent, 37 acknowledged; p99 200 µs late, 1 dropped\n"));
  EXPECT_THAT(text, HasSubstr("held back   12 times, of devices that read slowly\n"));
  EXPECT_THAT(text, HasSubstr("resubscribe 7 devices unsubscribed, 6 subscribed again, 3 skipped\n"));
  EXPECT_THAT(
      text, HasSubstr("silence     5 devices pinged no more, 4 dropped by the broker: p50 after 4.50 s, max 4.50 s, 1 "
                      "skipped\n"));
}

TEST(Text, ShowsTheCallGroupsWhereThereAreSeveral) {
  RunRecord record = tests::sample_record();
  for (int i = 0; i < 10; ++i) record.call_groups.push_back({"alarm" + std::to_string(i), {}});
  const std::string text = render_text(result_json(record));
  EXPECT_THAT(text, HasSubstr("push           1.25 ms"));
  EXPECT_THAT(text, HasSubstr("alarm0               -"));
  EXPECT_THAT(text, HasSubstr("and 3 more in result.json"));
}

TEST(Text, HasAllReasonsAndNoColourUnlessAsked) {
  RunRecord record = tests::sample_record();
  record.verdict = Verdict::invalid;
  record.reasons = {"one", "two"};
  EXPECT_THAT(render_text(result_json(record)), StartsWith("INVALID  quickstart: one\n  and: two\n\n"));
  EXPECT_THAT(render_text(result_json(judged())), Not(HasSubstr("\033")));
  const std::string coloured = render_text(result_json(judged()), {.colour = true});
  EXPECT_THAT(coloured, StartsWith("\033[31mFAIL\033[0m"));
  EXPECT_THAT(coloured, HasSubstr("\033[32mok    \033[0m"));
}

TEST(Text, RendersAnyDocument) {
  for (const char* text :
       {"{}", "[]", "7", R"({"verdict":3,"reasons":[1],"calls":{"errors":[1]},"thresholds":[1,{"expr":1,"ok":2}]})",
        R"({"faults":[1,{"what":3,"lost":"x"}]})",
        R"({"reasons":{},"times_us":{"response":{"count":"x","p50":1}},"call_groups":{"a":1,"b":[]}})"}) {
    EXPECT_FALSE(render_text(nlohmann::ordered_json::parse(text)).empty()) << text;
  }
}

TEST(Quantity, ReadsWell) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(count_text(-1'234), "-1,234");
  EXPECT_EQ(count_text(49.98), "49.98");
  EXPECT_EQ(count_text(49.9), "49.9");
  EXPECT_EQ(count_text(4'999.7), "5,000");
  EXPECT_EQ(duration_text(0), "0 µs");
  EXPECT_EQ(duration_text(6.1), "6.10 µs");
  EXPECT_EQ(duration_text(812), "812 µs");
  EXPECT_EQ(duration_text(999.7), "1.00 ms");
  EXPECT_EQ(duration_text(61'234), "61.2 ms");
  EXPECT_EQ(duration_text(999'900), "1.00 s");
  EXPECT_EQ(duration_text(3.6e9), "3600 s");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(2'000), "1.95 KiB");
  EXPECT_EQ(bytes_text(45'000.0 * 1'024), "43.9 MiB");
  EXPECT_EQ(quantity_text(1'961, MetricUnit::per_second), "1,961/s");
  EXPECT_EQ(quantity_text(1.02, MetricUnit::seconds), "1.02 s");
  EXPECT_EQ(quantity_text(12, MetricUnit::kib), "12.0 KiB");
  EXPECT_EQ(padded_left("1 µs", 6), "  1 µs");
  EXPECT_EQ(padded_right("1 µs", 6), "1 µs  ");
  EXPECT_EQ(padded_right("longer", 3), "longer");
}

}  // namespace
}  // namespace fleet::sim
