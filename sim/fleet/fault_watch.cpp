#include "sim/fleet/fault_watch.h"

namespace fleet::sim {

void FaultOutcome::merge(const FaultOutcome& other) {
  lost += other.lost;
  back.insert(back.end(), other.back.begin(), other.back.end());
}

void FaultWatch::note_cut(std::size_t slot, std::size_t fault, bool returns) {
  if (fault_of_[slot] != 0) return;  // an earlier one has it already
  fault_of_[slot] = static_cast<std::uint16_t>(fault + 1);
  ++outcomes_[fault].lost;
  if (returns) away_.add(1);
}

void FaultWatch::note_lost(std::size_t slot, bool returns) {
  if (fault_of_.empty()) return;
  if (const auto fault = clock_.blamed()) note_cut(slot, *fault, returns);
}

void FaultWatch::note_ready(std::size_t slot, wire::TimePoint now) {
  if (fault_of_.empty() || fault_of_[slot] == 0) return;
  const std::size_t fault = fault_of_[slot] - 1u;
  fault_of_[slot] = 0;
  outcomes_[fault].back.push_back(now - clock_.began(fault));
  away_.subtract(1);
}

void FaultWatch::note_gone(std::size_t slot) {
  if (fault_of_.empty() || fault_of_[slot] == 0) return;
  fault_of_[slot] = 0;
  away_.subtract(1);
}

}  // namespace fleet::sim
