#include "sim/fleet/replies.h"

#include <algorithm>
#include <cmath>

#include "sim/scenario/mix.h"

namespace fleet::sim {

namespace {

// A sequence of its own, beside those of telemetry and calls.
constexpr std::uint64_t kSalt = 0x4E91;

// An exponential draw is never longer than this many means: 2e-9 of them would be.
constexpr double kMeansMax = 20;

struct Later {
  bool operator()(const ReplySchedule::Due& a, const ReplySchedule::Due& b) const {
    if (a.when != b.when) return a.when > b.when;
    return a.slot != b.slot ? a.slot > b.slot : a.sequence > b.sequence;
  }
};

}  // namespace

wire::Nanos ReplyRow::delay(std::uint32_t index, std::uint32_t sequence) const {
  if (reply->spread == Spread::constant) return reply->delay;
  const std::uint64_t device = mix(seed + (index + std::uint64_t{1}) * kGolden);
  const double drawn = unit_interval(mix(device + (sequence + std::uint64_t{1}) * kGolden));
  const double means = reply->spread == Spread::uniform ? drawn * 2 : std::min(-std::log1p(-drawn), kMeansMax);
  return wire::Nanos(std::llround(means * static_cast<double>(reply->delay.count())));
}

std::vector<ReplyRow> reply_rows(const Scenario& scenario) {
  std::vector<ReplyRow> rows;
  for (std::size_t g = 0; g < scenario.fleet.size(); ++g) {
    for (const Reply& reply : scenario.fleet[g].behaviour.reply) {
      rows.push_back({g, &reply, mix(mix(scenario.seed + kSalt * kGolden) + rows.size() + 1), "/user/" + reply.to});
    }
  }
  return rows;
}

void ReplySchedule::make_room(const std::vector<std::uint32_t>& devices) {
  if (rows_.empty()) return;
  for (const ReplyRow& row : rows_) sequences_.emplace_back(devices[row.fleet_group], 0);
  waiting_.reserve(kRepliesMax);
}

ReplySchedule::Range ReplySchedule::rows_of(std::size_t fleet_group) const {
  const auto is_before = [](const ReplyRow& row, std::size_t group) { return row.fleet_group < group; };
  const auto first = std::lower_bound(rows_.begin(), rows_.end(), fleet_group, is_before);
  const auto end = std::lower_bound(first, rows_.end(), fleet_group + 1, is_before);
  return {static_cast<std::uint32_t>(first - rows_.begin()), static_cast<std::uint32_t>(end - rows_.begin())};
}

bool ReplySchedule::add(const Due& reply) {
  if (waiting_.size() == kRepliesMax) return false;
  waiting_.push_back(reply);
  std::push_heap(waiting_.begin(), waiting_.end(), Later());
  return true;
}

void ReplySchedule::pop() {
  std::pop_heap(waiting_.begin(), waiting_.end(), Later());
  waiting_.pop_back();
}

}  // namespace fleet::sim
