#include "sim/fleet/leave_schedule.h"

#include <cmath>
#include <span>
#include <utility>

#include "sim/scenario/mix.h"

namespace fleet::sim {

namespace {

// Sequences of their own, beside those of calls and faults.
constexpr std::uint64_t kWindowSalt = 0xA5A7;
constexpr std::uint64_t kChurnSalt = 0xC442;

std::uint64_t source_seed(std::uint64_t seed, std::uint64_t salt, std::size_t fleet_group, std::size_t number) {
  return mix(mix(mix(seed + salt * kGolden) + fleet_group + 1) + number + 1);
}

wire::Nanos due(double per_second, std::uint64_t n) {
  return wire::Nanos(std::llround(static_cast<double>(n) * 1e9 / per_second));
}

}  // namespace

void LeaveSchedule::add_group(std::size_t fleet_group, const FleetGroup& group, std::uint64_t seed, std::uint32_t first,
                              std::uint32_t stride, wire::Nanos length) {
  const Behaviour& behaviour = group.behaviour;
  for (std::size_t w = 0; w < behaviour.away.size(); ++w) {
    const AwayWindow& window = behaviour.away[w];
    const PickPlan pick(Pick::random, group.count, devices_meant(window.share, group.count),
                        source_seed(seed, kWindowSalt, fleet_group, w));
    Source source{.pick = pick, .cursor = first, .end = group.count, .first = first, .stride = stride};
    source.leaving = {window.at, window.at + window.length, fleet_group, 0, window.how};
    add(std::move(source));
  }
  if (!behaviour.churn) return;
  const Churn& churn = *behaviour.churn;
  const PickPlan pick(Pick::random, group.count, 1, source_seed(seed, kChurnSalt, fleet_group, 0));
  Source source{.pick = pick, .first = first, .stride = stride, .per_second = churn.per_second, .away = churn.away};
  source.end = static_cast<std::uint64_t>(std::ceil(std::chrono::duration<double>(length).count() * churn.per_second));
  while (source.end > 0 && due(churn.per_second, source.end - 1) >= length) --source.end;
  source.leaving = {{}, {}, fleet_group, 0, churn.how};
  add(std::move(source));
}

void LeaveSchedule::add(Source source) {
  seek(source);
  sources_.push_back(std::move(source));
  find_next();
}

void LeaveSchedule::seek(Source& source) {
  const bool is_churn = source.per_second > 0;
  const std::uint64_t step = is_churn ? 1 : source.stride;
  for (; source.cursor < source.end; source.cursor += step) {
    if (!is_churn) {
      const auto index = static_cast<std::uint32_t>(source.cursor);
      if (!source.pick.position(0, index)) continue;
      source.leaving.index = index;
      return;
    }
    std::uint32_t index = 0;
    source.pick.recipients(source.cursor, std::span(&index, 1));
    if (index % source.stride != source.first) continue;
    source.leaving.index = index;
    source.leaving.due = due(source.per_second, source.cursor);
    source.leaving.back = source.leaving.due + source.away;
    return;
  }
  source.through = true;
}

void LeaveSchedule::pop() {
  if (next_ == kNone) return;
  Source& source = sources_[next_];
  source.cursor += source.per_second > 0 ? 1 : source.stride;
  seek(source);
  find_next();
}

void LeaveSchedule::find_next() {
  next_ = kNone;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].through) continue;
    if (next_ == kNone || sources_[i].leaving.due < sources_[next_].leaving.due) next_ = i;
  }
}

}  // namespace fleet::sim
