#include "sim/scenario/tables.h"

namespace fleet::sim {

const Table<CutDraft>& cut_table() {
  using Row = Key<CutDraft>;
  static const Table<CutDraft> table(
      "connections", "Which connections of the fleet a cut ends, and how.",
      {
          Row::field<&CutDraft::group>({.name = "group",
                                        .form = Form::name,
                                        .sentence = "fleet group of the devices; not together with between"}),
          Row::field<&CutDraft::share>({.name = "share",
                                        .form = Form::share,
                                        .fallback = "100%",
                                        .sentence = "of the devices of the group, or of the connections that are open; "
                                                    "picked by the seed, at least one",
                                        .min = 0.0001,
                                        .max = 1}),
          Row::field<&CutDraft::how>({.name = "how",
                                      .form = Form::choice,
                                      .fallback = "reset",
                                      .sentence = "reset: at once; half_open: nothing gets through any more, without a "
                                                  "word, until keep-alive ends it",
                                      .choices = "reset|half_open"}),
      });
  return table;
}

const Table<HandoverDraft>& handover_table() {
  using Row = Key<HandoverDraft>;
  static const Table<HandoverDraft> table(
      "sub_devices", "Which sub-devices a hand-over moves.",
      {
          Row::field<&HandoverDraft::group>({.name = "group",
                                             .form = Form::name,
                                             .fallback = kRequired,
                                             .sentence = "fleet group of the sub-devices"}),
          Row::field<&HandoverDraft::share>({.name = "share",
                                             .form = Form::share,
                                             .fallback = "100%",
                                             .sentence = "of them, picked by the seed, at least one",
                                             .min = 0.0001,
                                             .max = 1}),
      });
  return table;
}

const Table<FaultDraft>& fault_table() {
  using Row = Key<FaultDraft>;
  static const Table<FaultDraft> table(
      "fault", "One thing that goes wrong on purpose.",
      {
          Row::field<&FaultDraft::at>({.name = "at",
                                       .form = Form::duration,
                                       .fallback = kRequired,
                                       .sentence = "when it begins, behind the start of the hold",
                                       .min = 0,
                                       .max = 7 * 86'400}),
          Row::field<&FaultDraft::kind>({.name = "do",
                                         .form = Form::choice,
                                         .fallback = kRequired,
                                         .sentence = "what happens; broker and bridge are those started for the run",
                                         .choices = kFaultKinds}),
          Row::field<&FaultDraft::length>(
              {.name = "for",
               .form = Form::duration,
               .sentence = "how long a stop or slow lasts, or a killed program stays away; with cut and between: new "
                           "connections fare no better for so long",
               .min = 0.001,
               .max = 86'400}),
          Row::field<&FaultDraft::between>({.name = "between",
                                            .form = Form::choice,
                                            .sentence = "where a proxy of the simulator is put; with slow and cut",
                                            .choices = kBetween}),
          Row::field<&FaultDraft::delay>({.name = "delay",
                                          .form = Form::duration,
                                          .fallback = "0s",
                                          .sentence = "of every byte, each way; only with slow",
                                          .min = 0,
                                          .max = 60}),
          Row::field<&FaultDraft::jitter>(
              {.name = "jitter",
               .form = Form::duration,
               .fallback = "0s",
               .sentence = "up to so much more, drawn evenly; no byte overtakes another one; only with slow",
               .min = 0,
               .max = 60}),
          Row::field<&FaultDraft::bandwidth>(
              {.name = "bandwidth",
               .form = Form::size,
               .sentence = "bytes a second, each way, all connections together; only with slow",
               .min = 64,
               .max = 1e9}),
          Row::mapping<&FaultDraft::connections, &cut_table>(
              {.name = "connections",
               .sentence = "which connections are cut; only with do: cut, with between all of them by default"}),
          Row::mapping<&FaultDraft::sub_devices, &handover_table>(
              {.name = "sub_devices",
               .sentence = "which sub-devices move to the next gateway; only with do: handover"}),
      });
  return table;
}

}  // namespace fleet::sim
