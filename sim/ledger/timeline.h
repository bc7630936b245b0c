// One row a second: how many calls were answered, how many deliveries came, how fast. Every thread collects its own
// seconds; the rows are merged from the counts, not from percentiles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/ledger/histogram.h"
#include "wire/clock.h"

namespace fleet::sim {

// One finished second as one thread saw it, or several threads together.
struct SecondSlice {
  std::int64_t t_s = 0;             // whole seconds since the hold began
  std::uint64_t calls = 0;          // answered in this second
  std::uint64_t deliveries = 0;     // received in this second
  SmallHistogram::Packed response;  // of these deliveries
};

// A row of result.json.
struct TimelineRow {
  std::uint64_t t_s = 0;         // whole seconds since the hold began; rows cover the hold and the drain
  std::uint64_t calls = 0;       // answered in this second
  std::uint64_t deliveries = 0;  // received in this second
  HistogramSummary response;     // two significant digits; max is exact
};

// Owned by one thread. Holds one open second and, of each finished one, a few hundred bytes; allocates only when a
// second ends. Seconds without an event take no memory.
class Timeline {
 public:
  // Before the first event. Events before `hold_begin` are passed over.
  void start(wire::TimePoint hold_begin) { hold_begin_ = hold_begin; }
  // A delivery of a measured call came at `when`. Times ascend; one of a second that is over counts in the open one.
  void delivered(wire::TimePoint when, wire::Nanos response) {
    if (!enter(when)) return;
    ++current_.deliveries;
    response_.record(response);
  }
  // A measured call was answered at `when`.
  void answered(wire::TimePoint when) {
    if (enter(when)) ++current_.calls;
  }
  // Events that came when kSecondsMax seconds were kept already, and are in no row.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  // Closes the open second and hands over all of them, ascending; the timeline is empty afterwards.
  [[nodiscard]] std::vector<SecondSlice> take();

  static constexpr std::size_t kSecondsMax = 7 * 24 * 3600;  // a week

 private:
  // Makes the second of `when` the open one; false where the event is to be passed over.
  bool enter(wire::TimePoint when) {
    if (when >= current_begin_ && when < current_end_) return true;
    return turn(when);
  }
  bool turn(wire::TimePoint when);
  void close();

  wire::TimePoint hold_begin_{};
  wire::TimePoint current_begin_{}, current_end_{};  // of the open second; equal: none is open
  SecondSlice current_;
  SmallHistogram response_;
  std::vector<SecondSlice> finished_;
  std::uint64_t dropped_ = 0;
};

// Adds up the seconds of several threads (each ascending); ascending, one slice a second, exact.
[[nodiscard]] std::vector<SecondSlice> merge_slices(std::span<const std::vector<SecondSlice>> threads);

// Rows for every second from 0 to the last slice, seconds without an event included. `slices` as merge_slices gives
// them.
[[nodiscard]] std::vector<TimelineRow> timeline_rows(const std::vector<SecondSlice>& slices);

// Rows of what the fleet and the callers saw together.
[[nodiscard]] std::vector<TimelineRow> merge_timelines(const std::vector<SecondSlice>& fleet,
                                                       const std::vector<SecondSlice>& callers);

}  // namespace fleet::sim
