#include "sim/ledger/timeline.h"

#include <array>
#include <map>
#include <utility>

namespace fleet::sim {

bool Timeline::turn(wire::TimePoint when) {
  if (when < hold_begin_) return false;
  if (current_begin_ != current_end_ && when < current_begin_) return true;  // counted in the second that is open
  if (finished_.size() >= kSecondsMax) {
    ++dropped_;
    return false;
  }
  close();
  current_.t_s = std::chrono::duration_cast<std::chrono::seconds>(when - hold_begin_).count();
  current_begin_ = hold_begin_ + std::chrono::seconds(current_.t_s);
  current_end_ = current_begin_ + std::chrono::seconds(1);
  return true;
}

void Timeline::close() {
  if (current_begin_ == current_end_) return;
  current_.response = response_.pack();
  finished_.push_back(std::exchange(current_, {}));
  response_.clear();
  current_begin_ = current_end_ = {};
}

std::vector<SecondSlice> Timeline::take() {
  close();
  return std::exchange(finished_, {});
}

std::vector<SecondSlice> merge_slices(std::span<const std::vector<SecondSlice>> threads) {
  std::map<std::int64_t, std::vector<const SecondSlice*>> seconds;
  for (const auto& thread : threads) {
    for (const SecondSlice& slice : thread) seconds[slice.t_s].push_back(&slice);
  }
  std::vector<SecondSlice> merged;
  merged.reserve(seconds.size());
  SmallHistogram sum;
  for (const auto& [t_s, slices] : seconds) {
    SecondSlice row{.t_s = t_s, .calls = 0, .deliveries = 0, .response = {}};
    sum.clear();
    for (const SecondSlice* slice : slices) {
      row.calls += slice->calls;
      row.deliveries += slice->deliveries;
      sum.merge(slice->response);
    }
    row.response = sum.pack();
    merged.push_back(std::move(row));
  }
  return merged;
}

std::vector<TimelineRow> timeline_rows(const std::vector<SecondSlice>& slices) {
  std::vector<TimelineRow> rows;
  if (slices.empty() || slices.back().t_s < 0) return rows;
  rows.resize(static_cast<std::size_t>(slices.back().t_s) + 1);
  for (std::size_t t = 0; t < rows.size(); ++t) rows[t].t_s = t;
  SmallHistogram counts;
  for (const SecondSlice& slice : slices) {
    if (slice.t_s < 0) continue;
    TimelineRow& row = rows[static_cast<std::size_t>(slice.t_s)];
    row.calls += slice.calls;
    row.deliveries += slice.deliveries;
    counts.clear();
    counts.merge(slice.response);
    row.response = counts.summary();
  }
  return rows;
}

std::vector<TimelineRow> merge_timelines(const std::vector<SecondSlice>& fleet,
                                         const std::vector<SecondSlice>& callers) {
  return timeline_rows(merge_slices(std::array{fleet, callers}));
}

}  // namespace fleet::sim
