#include "sim/scenario/tables.h"

namespace fleet::sim {

const Table<Phases>& phases_table() {
  using Row = Key<Phases>;
  static const Table<Phases> table(
      "phases", "How long what takes. The fleet connects before the warm-up.",
      {
          Row::field<&Phases::ready_within>(
              {.name = "ready_within",
               .form = Form::duration,
               .sentence = "the run begins without those who are not ready by then (fleet.late), and ends where nobody "
                           "is; absent: what the rates need, the longest timeout, and 30 s",
               .min = 0.001,
               .max = 86'400}),
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

const Table<DefaultsDraft>& defaults_table() {
  using Row = Key<DefaultsDraft>;
  static const Table<DefaultsDraft> table(
      "defaults", "What groups have unless they say otherwise.",
      {
          Row::inherited<&fleet_table>({.name = "fleet", .sentence = "keys of a fleet group, for every fleet group"}),
          Row::inherited<&call_table>({.name = "calls", .sentence = "keys of a call group, for every call group"}),
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
          Row::some_texts<&Draft::include>(
              {.name = "include",
               .sentence = "file, or list of files, that this one lies on top of; beside this one",
               .max = 4'096,
               .entries_min = 1}),
          Row::mapping<&Draft::defaults, &defaults_table>(
              {.name = "defaults", .sentence = "what every group has unless it says otherwise"}),
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
          Row::list<&Draft::faults, &fault_table>(
              {.name = "faults", .fallback = "[]", .sentence = "what goes wrong on purpose, in order of time"}),
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
