#include "sim/scenario/tables.h"

namespace fleet::sim {

namespace {

// Of every rate of calls.
constexpr double kPerSecondMin = 0.001;
constexpr double kPerSecondMax = 1e6;

constexpr double kWeek = 7 * 86'400;

}  // namespace

const Table<RampDraft>& ramp_table() {
  using Row = Key<RampDraft>;
  static const Table<RampDraft> table("ramp", "A rate that grows, or shrinks, evenly.",
                                      {
                                          Row::field<&RampDraft::from>({.name = "from",
                                                                        .form = Form::rate,
                                                                        .fallback = kRequired,
                                                                        .sentence = "rate of the warm-up",
                                                                        .min = kPerSecondMin,
                                                                        .max = kPerSecondMax}),
                                          Row::field<&RampDraft::to>({.name = "to",
                                                                      .form = Form::rate,
                                                                      .fallback = kRequired,
                                                                      .sentence = "rate at the end, which goes on",
                                                                      .min = kPerSecondMin,
                                                                      .max = kPerSecondMax}),
                                          Row::field<&RampDraft::over>({.name = "over",
                                                                        .form = Form::duration,
                                                                        .sentence = "from the hold's begin on; absent: "
                                                                                    "the whole hold",
                                                                        .min = 0.001,
                                                                        .max = kWeek}),
                                      });
  return table;
}

const Table<StepDraft>& step_table() {
  using Row = Key<StepDraft>;
  static const Table<StepDraft> table("step", "One rate for some time.",
                                      {
                                          Row::field<&StepDraft::per_second>({.name = "rate",
                                                                              .form = Form::rate,
                                                                              .fallback = kRequired,
                                                                              .sentence = "calls due",
                                                                              .min = kPerSecondMin,
                                                                              .max = kPerSecondMax}),
                                          Row::field<&StepDraft::length>({.name = "for",
                                                                          .form = Form::duration,
                                                                          .fallback = kRequired,
                                                                          .sentence = "how long; the last goes on",
                                                                          .min = 0.001,
                                                                          .max = kWeek}),
                                      });
  return table;
}

const Table<BurstDraft>& burst_table() {
  using Row = Key<BurstDraft>;
  static const Table<BurstDraft> table("burst", "Calls that are all due at one moment, again and again.",
                                       {
                                           Row::field<&BurstDraft::calls>({.name = "calls",
                                                                           .form = Form::integer,
                                                                           .fallback = kRequired,
                                                                           .sentence = "calls due at once",
                                                                           .min = 1,
                                                                           .max = 10'000}),
                                           Row::field<&BurstDraft::every>({.name = "every",
                                                                           .form = Form::duration,
                                                                           .fallback = kRequired,
                                                                           .sentence = "from one burst to the next",
                                                                           .min = 0.001,
                                                                           .max = kWeek}),
                                       });
  return table;
}

const Table<RateDraft>& rate_table() {
  using Row = Key<RateDraft>;
  static const Table<RateDraft> table(
      "rate", "When the calls are due: one of these keys; a rate alone is short for constant.",
      {
          Row::field<&RateDraft::constant>({.name = "constant",
                                            .form = Form::rate_or_max,
                                            .sentence = "calls due a second, a minute, an hour; or max",
                                            .min = kPerSecondMin,
                                            .max = kPerSecondMax}),
          Row::mapping<&RateDraft::ramp, &ramp_table>({.name = "ramp", .sentence = "from one rate to another"}),
          Row::list<&RateDraft::steps, &step_table>(
              {.name = "steps",
               .sentence = "rates one after the other; the first is also the warm-up's",
               .entries_min = 1}),
          Row::mapping<&RateDraft::burst, &burst_table>({.name = "burst", .sentence = "many calls at once"}),
          Row::field<&RateDraft::replay>(
              {.name = "replay",
               .sentence = "file of due times behind the hold's begin, one a line, like 1.5s; beside the scenario"}),
          Row::texts<&RateDraft::due>({.name = "due",
                                       .sentence = "the due times themselves, ascending",
                                       .max = 32,
                                       .entries_min = 1,
                                       .entries_max = 100'000}),
      });
  return table;
}

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
              {.name = "topic", .sentence = "of messages to devices: topic short name; the group subscribes to it"}),
          Row::texts<&CallGroupDraft::topics>(
              {.name = "topics",
               .sentence = "of messages: their topics, in turn; every group of `to` consumes all of them",
               .max = wire::kTmcNameBytesMax,
               .entries_min = 1}),
          Row::field<&CallGroupDraft::batch>({.name = "batch",
                                              .form = Form::integer,
                                              .sentence =
                                                  "devices named in one call, at most the devices of the group, "
                                                  "and 100; with dialect emqx-bcast 10,000; messages in one call: 50; "
                                                  "absent: all devices of the group where a call goes to all, of Pub 1",
                                              .min = 1,
                                              .max = 10'000}),
          Row::field<&CallGroupDraft::pick>({.name = "pick",
                                             .form = Form::choice,
                                             .fallback = "round-robin",
                                             .sentence = "which devices a call names; not of messages",
                                             .choices = "round-robin|random|zipf|same|all"}),
          Row::field<&CallGroupDraft::qos>({.name = "qos",
                                            .form = Form::choice,
                                            .fallback = "0",
                                            .sentence = "QoS of the publishes; broadcasts have 0, messages 1",
                                            .choices = "0|1"}),
          Row::field<&CallGroupDraft::payload_bytes>(
              {.name = "payload",
               .form = Form::size,
               .fallback = "256B",
               .sentence = "bytes of one message, the delivery stamp of 40 B included; JSON messages 80 B .. 120 KB",
               .min = 40,
               .max = 256u << 10}),
          Row::mapping<&CallGroupDraft::rate, &rate_table>(
              {.name = "rate",
               .form = Form::shorthand,
               .fallback = kRequired,
               .sentence = "calls due (open loop), or max: the next call leaves when one is answered (closed loop); or "
                           "a shape, see below",
               .choices = "constant"}),
          Row::field<&CallGroupDraft::arrivals>(
              {.name = "arrivals",
               .form = Form::choice,
               .fallback = "even",
               .sentence = "even: as far apart as the rate says; poisson: at random, independent of each other",
               .choices = "even|poisson"}),
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

}  // namespace fleet::sim
