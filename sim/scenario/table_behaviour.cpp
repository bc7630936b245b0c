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

}  // namespace fleet::sim
