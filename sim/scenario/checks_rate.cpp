#include "sim/scenario/checks_rate.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "settings/file.h"
#include "settings/rows.h"
#include "settings/units.h"

namespace fleet::sim {

using settings::grouped;
using settings::Place;

namespace {

// Due times of one replay: a day of 1,000 calls a second has 86 million, which belong into a recording.
constexpr std::size_t kReplayMax = 1'000'000;
constexpr settings::Language kDueTimes{"list of due times", 32u << 20, 0};

// Random arrivals are drawn one by one; this many take a second.
constexpr double kPoissonCallsMax = 10e6;

// One due time behind those that are there; the error is a sentence.
std::optional<std::string> add_due(std::string_view text, std::vector<wire::Nanos>& times) {
  const auto due = settings::parse_duration(text);
  if (!due) return due.error();
  if (!times.empty() && *due < times.back()) {
    return fmt::format("'{}' is due before the call in front of it; due times ascend", text);
  }
  if (times.size() == kReplayMax) return fmt::format("more than {} due times", grouped(kReplayMax));
  times.push_back(*due);
  return std::nullopt;
}

void read_replay(const std::string& named, const std::string& path, Reader& reader, std::vector<wire::Nanos>& times) {
  const std::string file = settings::beside(reader.source_of(path), named);
  const auto text = settings::read_file(file, kDueTimes);
  if (!text || text->size() > kDueTimes.bytes_max) {
    reader.fail_at(path, fmt::format("'{}': {}: {}", path, file, text ? "larger than 32 MB" : text.error().message));
    return;
  }
  const auto source = std::make_shared<const std::string>(file);
  settings::Rows rows(*text);
  while (const auto row = rows.next()) {
    if (const auto fault = add_due(*row, times)) return reader.fail(Place{source, rows.line(), 1}, *fault);
  }
  if (times.empty()) reader.fail_at(path, fmt::format("'{}': {} holds no due times", path, file));
}

// Leaves no stretch without length: the first begins with the warm-up.
void add_stretch(double from, double to, wire::Nanos length, RateShape& shape) {
  if (length.count() > 0) shape.stretches.push_back({from, to, length});
}

void fill_shape(const RateDraft& draft, const std::string& path, Reader& reader, const Phases& phases,
                RateShape& shape) {
  if (draft.ramp.from > 0) {
    const wire::Nanos over = draft.ramp.over.count() > 0 ? draft.ramp.over : phases.hold;
    add_stretch(draft.ramp.from, draft.ramp.from, phases.warm_up, shape);
    add_stretch(draft.ramp.from, draft.ramp.to, over, shape);
  }
  for (std::size_t i = 0; i < draft.steps.size(); ++i) {
    const StepDraft& step = draft.steps[i];
    add_stretch(step.per_second, step.per_second, step.length + (i == 0 ? phases.warm_up : wire::Nanos{0}), shape);
  }
  shape.burst_calls = draft.burst.calls;
  shape.burst_every = draft.burst.every;
  if (!draft.replay.empty()) read_replay(draft.replay, path + ".replay", reader, shape.replay);
  for (std::size_t i = 0; i < draft.due.size(); ++i) {
    const std::string at = fmt::format("{}.due.{}", path, i);
    if (const auto fault = add_due(draft.due[i], shape.replay)) {
      return reader.fail_at(at, fmt::format("'{}': {}", at, *fault));
    }
  }
}

// What the plan makes at most, on average.
double calls_expected(const CallGroup& call, const Phases& phases) {
  double fastest = call.per_second;
  for (const RateStretch& stretch : call.shape.stretches) fastest = std::max({fastest, stretch.from, stretch.to});
  return fastest * std::chrono::duration<double>(phases.warm_up + phases.hold).count();
}

void check_arrivals(const CallGroup& call, const std::string& path, Reader& reader, const Phases& phases) {
  if (call.arrivals == Arrivals::even) return;
  const std::string at = path + ".arrivals";
  if (call.closed_loop || call.shape.burst_calls > 0 || !call.shape.replay.empty()) {
    reader.fail_at(at,
                   fmt::format("'{}' is for a rate, a ramp or steps; max, burst, replay and due say themselves when "
                               "calls leave",
                               at));
  } else if (calls_expected(call, phases) > kPoissonCallsMax) {
    reader.fail_at(at, fmt::format("'{}: poisson' draws each call, {} at most; lower the rate or the hold", at,
                                   grouped(static_cast<std::uint64_t>(kPoissonCallsMax))));
  }
}

}  // namespace

void check_rate(const CallGroupDraft& draft, const std::string& path, Reader& reader, const Scenario& out,
                CallGroup& call) {
  const RateDraft& rate = draft.rate;
  std::vector<std::string_view> given;
  if (rate.constant) given.push_back("constant");
  if (rate.ramp.from > 0) given.push_back("ramp");
  if (!rate.steps.empty()) given.push_back("steps");
  if (rate.burst.calls > 0) given.push_back("burst");
  if (!rate.replay.empty()) given.push_back("replay");
  if (!rate.due.empty()) given.push_back("due");
  const std::string rate_path = path + ".rate";
  if (given.empty()) {
    reader.fail_at(rate_path,
                   fmt::format("'{}' is empty; write one of constant, ramp, steps, burst, replay, due", rate_path));
  } else if (given.size() > 1) {
    reader.fail_at(fmt::format("{}.{}", rate_path, given[1]),
                   fmt::format("'{}' has both '{}' and '{}'; keep one", rate_path, given[0], given[1]));
  }
  call.closed_loop = rate.constant && *rate.constant < 0;
  call.per_second = call.closed_loop ? 0 : rate.constant.value_or(0);
  fill_shape(rate, rate_path, reader, out.phases, call.shape);
  check_arrivals(call, path, reader, out.phases);
  if (!call.closed_loop && reader.given(path + ".in_flight")) {
    reader.fail_at(path + ".in_flight",
                   fmt::format("'{}.in_flight' is for rate: max; an open loop is bounded by 'connections'", path));
  }
  if (call.closed_loop && reader.given(path + ".connections")) {
    reader.fail_at(path + ".connections",
                   fmt::format("'{}.connections' is for a rate; rate: max is bounded by 'in_flight'", path));
  }
}

}  // namespace fleet::sim
