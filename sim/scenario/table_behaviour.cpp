#include "sim/scenario/tables.h"

namespace fleet::sim {

namespace {

// Order of Leave.
constexpr std::string_view kLeaves = "disconnect|abrupt";
constexpr std::string_view kLeaveSentence =
    "disconnect: with a DISCONNECT packet; abrupt: the TCP connection is closed without a word";

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
                                          .sentence = "of the devices of the group, picked by the seed, at least one",
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

}  // namespace fleet::sim
