#include "sim/ledger/losses.h"

namespace fleet::sim {

void Losses::merge(const Losses& other) {
  calls_.insert(calls_.end(), other.calls_.begin(), other.calls_.end());
  dropped_ += other.dropped_;
  kept_ = kept_ || other.kept_;
}

Loss Losses::between(wire::TimePoint from, wire::TimePoint to) const {
  Loss sum;
  for (const LostCall& call : calls_) {
    if (call.due < from || call.due >= to) continue;
    sum.missing += call.loss.missing;
    sum.rejected += call.loss.rejected;
    sum.failed += call.loss.failed;
  }
  return sum;
}

}  // namespace fleet::sim
