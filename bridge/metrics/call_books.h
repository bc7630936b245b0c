// How many calls there were of each action, how they ended, and where their time went: plain numbers of the loop, added
// to without a lock and without memory, read when somebody asks for /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bridge/server/answer_text.h"
#include "wire/clock.h"

namespace fleet::bridge {

// Parts of a call's time as the Server-Timing field has them, and the whole of it.
enum class Stage : std::uint8_t {
  parse,
  verify,
  plan,
  publish,  // planned to queued
  ack,      // QoS 1: queued to acknowledged
  answer,   // received to answered
};
inline constexpr std::array<std::string_view, 6> kStageNames = {"parse", "verify", "plan", "publish", "ack", "answer"};

// How many durations fell into which range.
struct StageTimes {
  // Upper bounds of the ranges, each its own range's; one more range lies above them. A call's own work takes tens of
  // microseconds, a broker's acknowledgement milliseconds, and seconds are a fault.
  static constexpr std::array<wire::Nanos, 19> kBounds = {
      wire::Micros(10),        wire::Micros(20),        wire::Micros(50),        wire::Micros(100),
      wire::Micros(200),       wire::Micros(500),       wire::Micros(1'000),     wire::Micros(2'000),
      wire::Micros(5'000),     wire::Micros(10'000),    wire::Micros(20'000),    wire::Micros(50'000),
      wire::Micros(100'000),   wire::Micros(200'000),   wire::Micros(500'000),   std::chrono::seconds(1),
      std::chrono::seconds(2), std::chrono::seconds(5), std::chrono::seconds(10)};

  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  wire::Nanos sum{};

  void record(wire::Nanos duration);
};

// What a call may be and how it may end: the labels of its counter. All that is not in the lists is one label, so that
// no caller can make the books longer.
struct CallNames {
  std::vector<std::string> actions;
  std::vector<std::string> codes;
};

// Those of all APIs' tables.
[[nodiscard]] CallNames call_names();

// Owned by the HTTP server; lives on its loop.
class CallBooks {
 public:
  // Labels of what is in no list, and of calls that have a code of their own:
  static constexpr std::string_view kUnknown = "unknown";           // an action that there is not, or none
  static constexpr std::string_view kOk = "OK";                     // a success, which has no code
  static constexpr std::string_view kMissing = "MissingParameter";  // all codes that begin with Missing
  static constexpr std::string_view kGone = "CallerGone";           // the connection ended before the outcome was known
  static constexpr std::string_view kOther = "other";               // a code that is in no list

  explicit CallBooks(CallNames names);
  CallBooks(const CallBooks&) = delete;
  CallBooks& operator=(const CallBooks&) = delete;

  // A call has come in.
  void begin() { ++in_flight_; }
  // Its answer is ready at `now`; times of what did not happen are left out.
  void end(const HttpAnswer& answer, const CallTimes& times, wire::TimePoint now);
  // Its caller is gone before its outcome was known; `action` as in HttpAnswer.
  void end_unanswered(std::string_view action);

  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  [[nodiscard]] const StageTimes& times(Stage stage) const { return times_[static_cast<std::size_t>(stage)]; }

  // All labels, kUnknown and the codes above among them.
  [[nodiscard]] const std::vector<std::string>& actions() const { return names_.actions; }
  [[nodiscard]] const std::vector<std::string>& codes() const { return names_.codes; }
  // Calls of one action that ended with one code, by their places in the lists.
  [[nodiscard]] std::uint64_t count(std::size_t action, std::size_t code) const {
    return counts_[action * names_.codes.size() + code];
  }

 private:
  using Places = std::unordered_map<std::string_view, std::size_t>;

  void count_call(std::string_view action, std::size_t code);
  [[nodiscard]] std::size_t code_place(std::string_view code) const;
  void record(Stage stage, wire::Nanos duration) { times_[static_cast<std::size_t>(stage)].record(duration); }

  CallNames names_;
  Places action_places_;  // keys view names_
  Places code_places_;
  std::vector<std::uint64_t> counts_;  // [action][code]
  std::array<StageTimes, kStageNames.size()> times_{};
  std::uint64_t in_flight_ = 0;
};

}  // namespace fleet::bridge
