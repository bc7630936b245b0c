#include "sim/fleet/ramp.h"

#include <algorithm>
#include <cmath>

#include "sim/scenario/mix.h"

namespace fleet::sim {

namespace {

constexpr auto kLater = [](const Ramp::Due& a, const Ramp::Due& b) { return a.when > b.when; };

}  // namespace

wire::Nanos back_off(const BackOff& rule, std::uint32_t failures, std::uint64_t salt) {
  if (rule.model == BackOff::Model::none) return {};
  wire::Nanos whole = rule.first;
  if (rule.model == BackOff::Model::exponential) {
    for (std::uint32_t i = 1; i < failures && whole < rule.longest; ++i) whole *= 2;
    whole = std::min(whole, rule.longest);
  }
  if (rule.jitter == BackOff::Jitter::none) return whole;
  constexpr std::uint64_t kSteps = 1024;
  const auto step = static_cast<std::int64_t>(mix(salt + failures + kGolden) % kSteps);
  const wire::Nanos least = rule.jitter == BackOff::Jitter::equal ? whole / 2 : wire::Nanos{};
  return least + (whole - least) / static_cast<std::int64_t>(kSteps) * step;
}

void Ramp::add_group(std::uint32_t first_slot, std::uint32_t devices, std::uint32_t first_index, std::uint32_t stride,
                     double per_second) {
  groups_.push_back({first_slot, first_slot + devices, first_index, stride, per_second});
}

void Ramp::add_retry(std::uint32_t slot, wire::TimePoint when) {
  retries_.push_back({when, slot});
  std::push_heap(retries_.begin(), retries_.end(), kLater);
}

wire::TimePoint Ramp::due(const Group& group) const {
  return start_ + wire::Nanos(std::llround(static_cast<double>(group.next_index) * 1e9 / group.per_second));
}

std::size_t Ramp::first_group() const {
  std::size_t first = groups_.size();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].next_slot == groups_[i].end_slot) continue;
    if (first == groups_.size() || due(groups_[i]) < due(groups_[first])) first = i;
  }
  return first;
}

std::optional<Ramp::Due> Ramp::front() const {
  const std::size_t group = first_group();
  if (group == groups_.size()) {
    if (retries_.empty()) return std::nullopt;
    return retries_.front();
  }
  const Due planned{due(groups_[group]), groups_[group].next_slot};
  return !retries_.empty() && retries_.front().when <= planned.when ? retries_.front() : planned;
}

void Ramp::pop() {
  const std::optional<Due> first = front();
  if (!first) return;
  if (!retries_.empty() && retries_.front().slot == first->slot) {
    std::pop_heap(retries_.begin(), retries_.end(), kLater);
    retries_.pop_back();
    return;
  }
  Group& group = groups_[first_group()];
  ++group.next_slot;
  group.next_index += group.stride;
}

}  // namespace fleet::sim
