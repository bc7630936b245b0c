#include "sim/fleet/errands.h"

#include <cmath>
#include <span>
#include <utility>

#include "sim/scenario/mix.h"

namespace fleet::sim {

namespace {

// Sequences of their own, beside those of calls and faults.
constexpr std::uint64_t kSalt = 0xA5A7'0C0D;

wire::Nanos due(double per_second, std::uint64_t n) {
  return wire::Nanos(std::llround(static_cast<double>(n) * 1e9 / per_second));
}

}  // namespace

std::uint64_t Errands::next_seed(Place& place) {
  return mix(mix(mix(place.seed + kSalt * kGolden) + place.fleet_group + 1) + ++place.sources);
}

void Errands::add_group(std::size_t fleet_group, const FleetGroup& group, std::uint64_t seed, std::uint32_t first,
                        std::uint32_t stride, wire::Nanos length) {
  Place place{fleet_group, group.count, seed, first, stride, length};
  const Behaviour& behaviour = group.behaviour;
  for (const AwayWindow& window : behaviour.away) {
    add_at_once(place, window.share,
                {.due = window.at, .back = window.at + window.length, .act = Act::leave, .how = window.how});
  }
  if (const auto& churn = behaviour.churn) {
    add_turns(place, churn->per_second, churn->away, {.act = Act::leave, .how = churn->how});
  }
  if (const auto& takeover = behaviour.takeover) add_turns(place, takeover->per_second, {}, {.act = Act::take_over});
  if (const auto& resubscribe = behaviour.resubscribe) {
    add_turns(place, resubscribe->per_second, resubscribe->after, {.act = Act::unsubscribe});
  }
  for (const Silence& silence : behaviour.silence) {
    add_at_once(place, silence.share, {.due = silence.at, .act = Act::fall_silent});
  }
}

void Errands::add_at_once(Place& place, double share, Errand errand) {
  errand.fleet_group = place.fleet_group;
  const PickPlan pick(Pick::random, place.devices, devices_meant(share, place.devices), next_seed(place));
  add({.pick = pick,
       .cursor = place.first,
       .end = place.devices,
       .first = place.first,
       .stride = place.stride,
       .errand = errand});
}

void Errands::add_turns(Place& place, double per_second, wire::Nanos length, Errand errand) {
  errand.fleet_group = place.fleet_group;
  auto end = static_cast<std::uint64_t>(std::ceil(std::chrono::duration<double>(place.hold).count() * per_second));
  while (end > 0 && due(per_second, end - 1) >= place.hold) --end;
  add({.pick = PickPlan(Pick::random, place.devices, 1, next_seed(place)),
       .end = end,
       .first = place.first,
       .stride = place.stride,
       .per_second = per_second,
       .length = length,
       .errand = errand});
}

void Errands::add(Source source) {
  seek(source);
  sources_.push_back(std::move(source));
  find_next();
}

void Errands::seek(Source& source) {
  const bool in_turns = source.per_second > 0;
  const std::uint64_t step = in_turns ? 1 : source.stride;
  for (; source.cursor < source.end; source.cursor += step) {
    if (!in_turns) {
      const auto index = static_cast<std::uint32_t>(source.cursor);
      if (!source.pick.position(0, index)) continue;
      source.errand.index = index;
      return;
    }
    std::uint32_t index = 0;
    source.pick.recipients(source.cursor, std::span(&index, 1));
    if (index % source.stride != source.first) continue;
    source.errand.index = index;
    source.errand.due = due(source.per_second, source.cursor);
    source.errand.back = source.errand.due + source.length;
    return;
  }
  source.through = true;
}

void Errands::pop() {
  if (next_ == kNone) return;
  Source& source = sources_[next_];
  source.cursor += source.per_second > 0 ? 1 : source.stride;
  seek(source);
  find_next();
}

void Errands::find_next() {
  next_ = kNone;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i].through) continue;
    if (next_ == kNone || sources_[i].errand.due < sources_[next_].errand.due) next_ = i;
  }
}

BehaviourRecord empty_record(const Behaviour& behaviour) {
  BehaviourRecord record;
  if (behaviour.leaves()) record.absence.emplace();
  if (behaviour.takeover) record.takeover.emplace();
  if (behaviour.resubscribe) record.resubscribe.emplace();
  if (!behaviour.silence.empty()) record.silence.emplace();
  if (!behaviour.reply.empty()) record.reply.emplace();
  if (behaviour.slow_reading) record.slow_reading.emplace();
  return record;
}

}  // namespace fleet::sim
