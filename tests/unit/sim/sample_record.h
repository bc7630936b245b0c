// A run record with every field set, for the tests of the report.
#pragma once

#include "sim/report/run_record.h"

namespace fleet::sim::tests {

// A run of 500 calls to 100 devices each that passes: nothing missing, responses of 1.00 to 1.50 ms.
inline RunRecord sample_record() {
  RunRecord record;
  record.context = {.host = "bench-7",
                    .cpus = 2,
                    .kernel = "6.1.0-18-amd64",
                    .build_type = "Release",
                    .git = "0dc2372c0ffee0dc2372c0ffee0dc2372c0ffee0",
                    .seed = 1,
                    .started_at = "2025-11-21T22:00:00Z",
                    .scenario_name = "quickstart",
                    .scenario_sha256 = "aa11",
                    .broker_name = "mosquitto",
                    .broker_version = "2.0.11",
                    .broker_config_sha256 = "bb22"};
  record.fleet.devices = record.fleet.connections = 2'000;
  record.fleet.connect.seconds = 1.02;
  record.fleet.connect.per_s = 1'961;
  record.fleet.connect.time.record(std::chrono::microseconds(1'500), 2'000);
  record.hold_s = 10;
  record.calls_per_s = 50;
  record.deliveries_per_s = 5'000;

  Tally tally;
  tally.calls.scheduled = tally.calls.sent = tally.calls.accepted = 500;
  tally.deliveries.expected = tally.deliveries.received = 50'000;
  PathTimes& times = tally.times;
  for (int i = 0; i < 500; ++i) {
    const auto us = [i](int base) { return std::chrono::microseconds(base + i); };
    times.send_lag.record(std::chrono::microseconds(40 + i / 10));
    times.http.record(us(700));
    times.service.record(us(960), 100);
    times.response.record(us(1'000), 100);
    times.first.record(us(900));
    times.half.record(us(1'200));
    times.completion.record(us(1'500));
    times.hop_http.record(us(100));
    times.hop_bridge.record(us(150));
    times.hop_broker.record(us(1'200));
  }
  record.total.merge(tally);
  record.groups.push_back({"lamps", tally});
  record.call_groups.push_back({"push", tally});

  record.cost.fleet = {{"worker 0", 305'000}};
  record.cost.callers = {{"callers", 61'000}};
  record.cost.deliveries = 50'000;
  record.cost.bridge_cpu_us = 42'500;
  record.cost.broker_cpu_us = 610'000;
  record.cost.sim_rss_kib = 45'000;
  record.cost.bridge_rss_kib = 12'000;
  record.cost.broker_rss_kib = 9'500;
  record.cost.sim_rss_growth_kib = 512;
  record.cost.bridge_rss_growth_kib = -8;
  record.cost.broker_rss_growth_kib = 264;
  record.cost.fleet_bytes_per_connection = 1'700;
  record.health = {.send_lag_p99_us = 89, .worst_hiccup_us = 1'200};
  record.timeline = {{.t_s = 0, .calls = 50, .deliveries = 5'000, .response = times.response.summary()}};
  return record;
}

// Everything that devices can do by themselves, a little of each.
inline BehaviourRecord sample_behaviour() {
  BehaviourRecord record;
  AbsenceRecord& absence = record.absence.emplace();
  absence.left = 20;
  absence.skipped = 2;
  absence.returned = 19;
  absence.resumed = 18;
  absence.forgotten = 1;
  absence.backlog = 300;
  absence.back.record(std::chrono::milliseconds(12), 19);
  absence.caught_up.record(std::chrono::milliseconds(80), 17);
  TakeoverRecord& takeover = record.takeover.emplace();
  takeover.begun = 9;
  takeover.skipped = 1;
  takeover.done = 8;
  takeover.failed = 1;
  takeover.session_taken_over = 6;
  takeover.closed = 2;
  takeover.time.record(std::chrono::milliseconds(3), 8);
  record.resubscribe = ResubscribeRecord{.unsubscribed = 7, .skipped = 3, .again = 6};
  SilenceRecord& silence = record.silence.emplace();
  silence.begun = 5;
  silence.skipped = 1;
  silence.dropped = 4;
  silence.time.record(std::chrono::milliseconds(4'500), 4);
  ReplyRecord& reply = record.reply.emplace();
  reply.scheduled = 40;
  reply.dropped = 1;
  reply.sent = 38;
  reply.acknowledged = 37;
  reply.lag.record(std::chrono::microseconds(200), 38);
  record.slow_reading = SlowReadingRecord{.held_back = 12};
  return record;
}

inline FaultRecord sample_fault() {
  return {.what = "broker-kill, started again after 500ms",
          .at_s = 2,
          .ended_s = 2.625,
          .lost = 2'000,
          .not_back = 0,
          .back_p50_s = 1.25,
          .back_p99_s = 1.5,
          .back_all_s = 1.75,
          .missing = 17,
          .rejected = 30,
          .failed = 1};
}

}  // namespace fleet::sim::tests
