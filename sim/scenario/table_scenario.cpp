#include "sim/scenario/tables.h"

namespace fleet::sim {

const Table<CallGroupDraft>& call_table() {
  using Row = Key<CallGroupDraft>;
  static const Table<CallGroupDraft> table(
      "call group", "A stream of batch API calls.",
      {
          Row::field<&CallGroupDraft::api>(
              {.name = "api", .form = Form::choice, .fallback = kRequired, .sentence = "API action", .choices = kApis}),
          Row::names<&CallGroupDraft::to>(
              {.name = "to",
               .fallback = kRequired,
               .sentence = "fleet group that receives; of messages also a list of groups of consumers, in turn",
               .entries_min = 1}),
          Row::field<&CallGroupDraft::topic>(
              {.name = "topic", .sentence = "of BatchPub: topic short name; the group subscribes to it"}),
          Row::texts<&CallGroupDraft::topics>(
              {.name = "topics",
               .sentence = "of messages: their topics, in turn; every group of `to` consumes all of them",
               .max = wire::kTmcNameBytesMax,
               .entries_min = 1}),
          Row::field<&CallGroupDraft::batch>({.name = "batch",
                                              .form = Form::integer,
                                              .fallback = kRequired,
                                              .sentence =
                                                  "devices named in one call, at most the devices of the group, "
                                                  "and 100; with dialect emqx-bcast 10,000; messages in one call: 50",
                                              .min = 1,
                                              .max = 10'000}),
          Row::field<&CallGroupDraft::pick>({.name = "pick",
                                             .form = Form::choice,
                                             .fallback = "round-robin",
                                             .sentence = "which devices a call names; not of messages",
                                             .choices = "round-robin|random"}),
          Row::field<&CallGroupDraft::qos>({.name = "qos",
                                            .form = Form::choice,
                                            .fallback = "0",
                                            .sentence = "QoS of the publishes; messages have 1",
                                            .choices = "0|1"}),
          Row::field<&CallGroupDraft::payload_bytes>(
              {.name = "payload",
               .form = Form::size,
               .fallback = "256B",
               .sentence = "bytes of one message, the delivery stamp of 40 B included; JSON messages 80 B .. 120 KB",
               .min = 40,
               .max = 256u << 10}),
          Row::field<&CallGroupDraft::per_second>(
              {.name = "rate",
               .form = Form::rate_or_max,
               .fallback = kRequired,
               .sentence = "calls due (open loop), or max: the next call leaves when one is answered (closed loop)",
               .min = 0.001,
               .max = 1e6}),
          Row::field<&CallGroupDraft::in_flight>({.name = "in_flight",
                                                  .form = Form::integer,
                                                  .fallback = "8",
                                                  .sentence = "calls at once; only with rate: max",
                                                  .min = 1,
                                                  .max = 10'000}),
          Row::field<&CallGroupDraft::connections_max>(
              {.name = "connections",
               .form = Form::integer,
               .fallback = "256",
               .sentence = "caller connections at most, opened on demand; not with rate: max",
               .min = 1,
               .max = 10'000}),
          Row::field<&CallGroupDraft::timeout>(
              {.name = "timeout",
               .form = Form::duration,
               .fallback = "10s",
               .sentence = "written to answered; then the outcome is unknown and the call failed",
               .min = 0.001,
               .max = 3'600}),
      });
  return table;
}

const Table<Phases>& phases_table() {
  using Row = Key<Phases>;
  static const Table<Phases> table(
      "phases", "How long what takes. The fleet connects before the warm-up.",
      {
          Row::field<&Phases::warm_up>({.name = "warm_up",
                                        .form = Form::duration,
                                        .fallback = "2s",
                                        .sentence = "played, not measured",
                                        .min = 0,
                                        .max = 86'400}),
          Row::field<&Phases::hold>({.name = "hold",
                                     .form = Form::duration,
                                     .fallback = "10s",
                                     .sentence = "played and measured",
                                     .min = 0.001,
                                     .max = 7 * 86'400}),
          Row::field<&Phases::drain>({.name = "drain",
                                      .form = Form::duration,
                                      .fallback = "5s",
                                      .sentence = "no calls; waits at most this long for what is owed",
                                      .min = 0,
                                      .max = 86'400}),
      });
  return table;
}

const Table<HealthLimits>& health_table() {
  using Row = Key<HealthLimits>;
  static const Table<HealthLimits> table(
      "health", "What the simulator's own health may be before its numbers are INVALID.",
      {
          Row::field<&HealthLimits::send_lag_p99>({.name = "send_lag_p99",
                                                   .form = Form::duration,
                                                   .fallback = "10ms",
                                                   .sentence = "99% of the calls were written this soon after due",
                                                   .min = 0.000'001,
                                                   .max = 3'600}),
          Row::field<&HealthLimits::hiccup>({.name = "hiccup",
                                             .form = Form::duration,
                                             .fallback = "200ms",
                                             .sentence = "longest stall of one of the simulator's own loops",
                                             .min = 0.000'001,
                                             .max = 3'600}),
      });
  return table;
}

const Table<Draft>& scenario_table() {
  using Row = Key<Draft>;
  static const Table<Draft> table(
      "the scenario", "A fleet, the calls made to it, and what must hold.",
      {
          Row::field<&Draft::name>(
              {.name = "name", .form = Form::name, .fallback = kRequired, .sentence = "stands in reports"}),
          Row::field<&Draft::seed>({.name = "seed",
                                    .form = Form::integer,
                                    .fallback = "1",
                                    .sentence = "decides names, payloads, order and arrival times; nothing else does",
                                    .min = 0,
                                    .max = 9'007'199'254'740'992.0}),
          Row::field<&Draft::workers>({.name = "workers",
                                       .form = Form::integer,
                                       .fallback = "0",
                                       .sentence = "threads of the fleet; 0: one for each core but one",
                                       .min = 0,
                                       .max = 256}),
          Row::mapping<&Draft::target, &target_table>(
              {.name = "target", .fallback = "{}", .sentence = "broker and bridge under test"}),
          Row::named<&Draft::products, &product_table>(
              {.name = "products", .fallback = "{}", .sentence = "products by name; a scenario of consumers has none"}),
          Row::named<&Draft::fleet, &fleet_table>({.name = "fleet",
                                                   .fallback = kRequired,
                                                   .sentence = "groups of devices or consumers by name",
                                                   .entries_min = 1}),
          Row::named<&Draft::calls, &call_table>(
              {.name = "calls", .fallback = kRequired, .sentence = "groups of calls by name", .entries_min = 1}),
          Row::mapping<&Draft::phases, &phases_table>(
              {.name = "phases", .fallback = "{}", .sentence = "warm-up, hold and drain"}),
          Row::mapping<&Draft::health, &health_table>(
              {.name = "health", .fallback = "{}", .sentence = "limits beyond which a run is INVALID"}),
          Row::texts<&Draft::thresholds>(
              {.name = "thresholds",
               .fallback = "[]",
               .sentence = "what must hold: METRIC OPERATOR VALUE, metrics as in result.json",
               .max = 300}),
      });
  return table;
}

}  // namespace fleet::sim
