#include "sim/proxy/line.h"

#include <algorithm>
#include <limits>

#include "sim/scenario/mix.h"

namespace fleet::sim {

using wire::Nanos;
using wire::TimePoint;

Nanos Line::time_of(std::size_t bytes) const {
  return Nanos(static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(state_.bytes_per_s)));
}

// A line so slow that kLeastBytes take longer than kAheadMax takes them one read after the other.
std::size_t Line::room(TimePoint now) const {
  if (state_.bytes_per_s == 0) return std::numeric_limits<std::size_t>::max();
  if (free_at_ <= now) {
    const double ahead = std::chrono::duration<double>(kAheadMax).count() * static_cast<double>(state_.bytes_per_s);
    return std::max(kLeastBytes, static_cast<std::size_t>(ahead));
  }
  const double left = std::chrono::duration<double>(now + kAheadMax - free_at_).count();
  const auto bytes = static_cast<std::size_t>(std::max(left, 0.0) * static_cast<double>(state_.bytes_per_s));
  return bytes < kLeastBytes ? 0 : bytes;
}

TimePoint Line::room_at() const {
  if (state_.bytes_per_s == 0) return {};
  return std::min(free_at_, free_at_ + time_of(kLeastBytes) - kAheadMax + kGrid);
}

TimePoint Line::enter(TimePoint now, std::size_t bytes) {
  TimePoint due = now + state_.delay;
  if (state_.bytes_per_s > 0) {
    free_at_ = std::max(free_at_, now) + time_of(bytes);
    due = free_at_ + state_.delay;
  }
  if (state_.jitter.count() > 0) {
    const std::uint64_t drawn = mix(seed_ + ++draws_ * kGolden);
    due += Nanos(static_cast<std::int64_t>(drawn % static_cast<std::uint64_t>(state_.jitter.count() + 1)));
  }
  const Nanos beyond = due.time_since_epoch() % kGrid;
  return beyond.count() == 0 ? due : due + (kGrid - beyond);
}

}  // namespace fleet::sim
