#include "sim/scenario/tables.h"

namespace fleet::sim {

namespace {

// Order of Leave.
constexpr std::string_view kLeaves = "disconnect|abrupt";
constexpr std::string_view kLeaveSentence =
    "disconnect: with a DISCONNECT packet; abrupt: the TCP connection is closed without a word";
constexpr std::string_view kShareSentence = "of the devices of the group, picked by the seed, at least one";

}  // namespace

const Table<AwayWindow>& away_table() {
  using Row = Key<AwayWindow>;
  static const Table<AwayWindow> table(
      "time away", "When devices of a group are away on purpose.",
      {
          Row::field<&AwayWindow::at>({.name = "at",
                                       .form = Form::duration,
                                       .fallback = kRequired,
                                       .sentence = "when they leave, behind the start of the hold",
                                       .min = 0,
                                       .max = 7 * 86'400}),
          Row::field<&AwayWindow::length>({.name = "for",
                                           .form = Form::duration,
                                           .fallback = kRequired,
                                           .sentence = "until all of them are due back",
                                           .min = 0.001,
                                           .max = 7 * 86'400}),
          Row::field<&AwayWindow::share>({.name = "share",
                                          .form = Form::share,
                                          .fallback = "100%",
                                          .sentence = kShareSentence,
                                          .min = 0.0001,
                                          .max = 1}),
          Row::field<&AwayWindow::how>({.name = "how",
                                        .form = Form::choice,
                                        .fallback = "disconnect",
                                        .sentence = kLeaveSentence,
                                        .choices = kLeaves}),
      });
  return table;
}

const Table<Churn>& churn_table() {
  using Row = Key<Churn>;
  static const Table<Churn> table(
      "churn", "Devices that leave one by one, all through the hold, and come back.",
      {
          Row::field<&Churn::per_second>(
              {.name = "leave",
               .form = Form::rate,
               .fallback = kRequired,
               .sentence = "leavings of the whole group; the devices take turns, in an order dealt by the seed",
               .min = 0.001,
               .max = 1e5}),
          Row::field<&Churn::away>({.name = "away",
                                    .form = Form::duration,
                                    .fallback = kRequired,
                                    .sentence = "from leaving until the device is due back",
                                    .min = 0.001,
                                    .max = 86'400}),
          Row::field<&Churn::how>({.name = "how",
                                   .form = Form::choice,
                                   .fallback = "disconnect",
                                   .sentence = kLeaveSentence,
                                   .choices = kLeaves}),
      });
  return table;
}

const Table<Takeover>& takeover_table() {
  using Row = Key<Takeover>;
  static const Table<Takeover> table(
      "takeover", "Identities that connect a second time elsewhere, all through the hold.",
      {
          Row::field<&Takeover::per_second>({.name = "rate",
                                             .form = Form::rate,
                                             .fallback = kRequired,
                                             .sentence = "takeovers in the whole group; the devices take turns",
                                             .min = 0.001,
                                             .max = 1e5}),
      });
  return table;
}

const Table<Resubscribe>& resubscribe_table() {
  using Row = Key<Resubscribe>;
  static const Table<Resubscribe> table(
      "resubscribe", "Devices that unsubscribe from everything and subscribe again, all through the hold.",
      {
          Row::field<&Resubscribe::per_second>({.name = "rate",
                                                .form = Form::rate,
                                                .fallback = kRequired,
                                                .sentence = "devices of the whole group; they take turns",
                                                .min = 0.001,
                                                .max = 1e5}),
          Row::field<&Resubscribe::after>({.name = "after",
                                           .form = Form::duration,
                                           .fallback = "1s",
                                           .sentence = "from unsubscribing to subscribing again",
                                           .min = 0,
                                           .max = 86'400}),
      });
  return table;
}

const Table<Silence>& silence_table() {
  using Row = Key<Silence>;
  static const Table<Silence> table(
      "silence", "When devices of a group stop pinging.",
      {
          Row::field<&Silence::at>({.name = "at",
                                    .form = Form::duration,
                                    .fallback = kRequired,
                                    .sentence = "from when on, behind the start of the hold",
                                    .min = 0,
                                    .max = 7 * 86'400}),
          Row::field<&Silence::share>({.name = "share",
                                       .form = Form::share,
                                       .fallback = "100%",
                                       .sentence = kShareSentence,
                                       .min = 0.0001,
                                       .max = 1}),
      });
  return table;
}

const Table<SlowReading>& slow_reading_table() {
  using Row = Key<SlowReading>;
  static const Table<SlowReading> table(
      "slow reading", "Devices that read slowly, from the start of the hold to its end.",
      {
          Row::field<&SlowReading::bytes_per_second>(
              {.name = "bytes_per_second",
               .form = Form::size,
               .fallback = kRequired,
               .sentence = "what each device reads in a second, headers of MQTT included",
               .min = 16,
               .max = 1u << 30}),
      });
  return table;
}

const Table<ReplyDraft>& reply_table() {
  using Row = Key<ReplyDraft>;
  static const Table<ReplyDraft> table(
      "reply", "What each device of a group publishes for every message on a topic.",
      {
          Row::field<&ReplyDraft::to>(
              {.name = "to", .fallback = kRequired, .sentence = "short name of a topic that the group subscribes to"}),
          Row::field<&ReplyDraft::topic>({.name = "topic",
                                          .fallback = kRequired,
                                          .sentence = "short name of a topic that its devices publish to"}),
          Row::field<&ReplyDraft::delay>({.name = "delay",
                                          .form = Form::duration,
                                          .fallback = "0s",
                                          .sentence = "from receiving to publishing, on average",
                                          .min = 0,
                                          .max = 3'600}),
          Row::field<&ReplyDraft::spread>(
              {.name = "spread",
               .form = Form::choice,
               .fallback = "constant",
               .sentence = "of the delay; uniform: nothing to twice as long; exponential: at most 20 times as long",
               .choices = "constant|uniform|exponential"}),
          Row::field<&ReplyDraft::qos>({.name = "qos",
                                        .form = Form::choice,
                                        .fallback = "0",
                                        .sentence = "QoS of the replies",
                                        .choices = "0|1|2"}),
          Row::field<&ReplyDraft::payload>({.name = "payload",
                                            .fallback = kRequired,
                                            .sentence = "text with fields in braces, as in `publish`",
                                            .max = 16'384}),
      });
  return table;
}

const Table<WillDraft>& will_table() {
  using Row = Key<WillDraft>;
  static const Table<WillDraft> table(
      "will", "What the broker publishes for a device whose connection ends without a DISCONNECT.",
      {
          Row::field<&WillDraft::topic>({.name = "topic",
                                         .fallback = kRequired,
                                         .sentence = "short name of a topic that the device publishes to"}),
          Row::field<&WillDraft::qos>({.name = "qos",
                                       .form = Form::choice,
                                       .fallback = "0",
                                       .sentence = "QoS of the will",
                                       .choices = "0|1|2"}),
          Row::field<&WillDraft::retain>({.name = "retain",
                                          .form = Form::flag,
                                          .fallback = "false",
                                          .sentence = "the broker keeps it for whoever subscribes later"}),
          Row::field<&WillDraft::payload>({.name = "payload",
                                           .fallback = kRequired,
                                           .sentence = "text with fields in braces, filled in when it connects",
                                           .max = 16'384}),
      });
  return table;
}

const Table<BackOff>& back_off_table() {
  using Row = Key<BackOff>;
  static const Table<BackOff> table(
      "back-off", "How long a device waits before it tries to connect again.",
      {
          Row::field<&BackOff::model>(
              {.name = "model",
               .form = Form::choice,
               .fallback = "exponential",
               .sentence = "none: at once; constant: `first`; exponential: doubled after each failure in a row",
               .choices = "none|constant|exponential"}),
          Row::field<&BackOff::first>({.name = "first",
                                       .form = Form::duration,
                                       .fallback = "100ms",
                                       .sentence = "after the first failure",
                                       .min = 0.001,
                                       .max = 3'600}),
          Row::field<&BackOff::longest>({.name = "longest",
                                         .form = Form::duration,
                                         .fallback = "5s",
                                         .sentence = "at most, of model exponential",
                                         .min = 0.001,
                                         .max = 86'400}),
          Row::field<&BackOff::jitter>({.name = "jitter",
                                        .form = Form::choice,
                                        .fallback = "equal",
                                        .sentence = "none: all of it; equal: one half to all; full: nothing to all",
                                        .choices = "none|equal|full"}),
      });
  return table;
}

}  // namespace fleet::sim
