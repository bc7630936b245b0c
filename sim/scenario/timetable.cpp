#include "sim/scenario/timetable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "settings/units.h"
#include "sim/scenario/fault.h"
#include "sim/scenario/pacer.h"

namespace fleet::sim {

using settings::duration_text;
using settings::grouped;
using std::chrono::seconds;

namespace {

// Seconds that people count in.
constexpr std::array kSteps{1, 2, 5, 10, 30, 60, 120, 300, 600, 1'800, 3'600, 7'200, 21'600, 86'400};
// Rows that are looked at before alike ones become one: an hour of seconds.
constexpr std::int64_t kLookedAtMax = 3'600;

double in_seconds(wire::Nanos length) { return std::chrono::duration<double>(length).count(); }

wire::Nanos connect_length(const Scenario& scenario) {
  double longest = 0;
  for (const FleetGroup& group : scenario.fleet) {
    if (group.connects()) longest = std::max(longest, group.count / group.connect.per_second);
  }
  return wire::Nanos(std::llround(std::min(longest, 9e9) * 1e9));
}

// Device n of a group begins to connect n / rate behind the start.
std::uint64_t connects_before(const Scenario& scenario, wire::Nanos when) {
  std::uint64_t connects = 0;
  for (const FleetGroup& group : scenario.fleet) {
    if (!group.connects()) continue;
    const double begun = std::ceil(in_seconds(when) * group.connect.per_second - 1e-6);
    connects += static_cast<std::uint64_t>(std::clamp(begun, 0.0, static_cast<double>(group.count)));
  }
  return connects;
}

double telemetry_per_second(const Scenario& scenario) {
  double messages = 0;
  for (const FleetGroup& group : scenario.fleet) {
    for (const Telemetry& row : group.publish) messages += row.burst * (group.count / in_seconds(row.every));
  }
  return messages;
}

class Timetable {
 public:
  Timetable(const Scenario& scenario, wire::Nanos step) : scenario_(scenario), step_(step) {
    for (std::size_t i = 0; i < scenario.calls.size(); ++i) {
      if (!scenario.calls[i].closed_loop) loops_.push_back({i, Pacer(scenario, i, wire::TimePoint{}), 0});
    }
  }

  std::vector<TimetableRow> rows() {
    const Phases& phases = scenario_.phases;
    add_phase("connect", {}, connect_length(scenario_));
    add_phase("warm-up", {}, phases.warm_up);
    add_phase("hold", phases.warm_up, phases.warm_up + phases.hold);
    if (phases.drain.count() > 0) {
      rows_.push_back({"drain", phases.warm_up + phases.hold, phases.warm_up + phases.hold + phases.drain, phases.drain,
                       0, 0, 0, 0});
    }
    return std::move(rows_);
  }

 private:
  struct Loop {
    std::size_t call_group;
    Pacer pacer;
    std::uint64_t counted;  // calls in front of the next row
  };

  void add_phase(std::string_view phase, wire::Nanos begin, wire::Nanos end) {
    const std::size_t first = rows_.size();
    for (wire::Nanos from = begin; from < end; from += step_) {
      TimetableRow row{phase, from, std::min(from + step_, end), {}, 0, 0, 0, 0};
      row.step = row.to - row.from;
      fill(row);
      if (rows_.size() > first && is_alike(rows_.back(), row)) {
        rows_.back().to = row.to;
      } else {
        rows_.push_back(row);
      }
    }
  }

  void fill(TimetableRow& row) {
    if (row.phase == "connect") {
      row.connects = connects_before(scenario_, row.to) - connects_before(scenario_, row.from);
      return;
    }
    for (Loop& loop : loops_) {
      const std::uint64_t before = loop.counted;
      loop.counted = first_due(loop.pacer, wire::TimePoint{row.to});
      row.calls += loop.counted - before;
      row.deliveries += (loop.counted - before) * scenario_.calls[loop.call_group].batch;
    }
    row.telemetry = static_cast<std::uint64_t>(std::llround(telemetry_per_second(scenario_) * in_seconds(row.step)));
  }

  static bool is_alike(const TimetableRow& a, const TimetableRow& b) {
    return a.step == b.step && a.connects == b.connects && a.calls == b.calls && a.deliveries == b.deliveries &&
           a.telemetry == b.telemetry;
  }

  const Scenario& scenario_;
  const wire::Nanos step_;
  std::vector<Loop> loops_;
  std::vector<TimetableRow> rows_;
};

// "50 calls, 5,000 deliveries a second"
std::string work_of(const TimetableRow& row) {
  if (row.phase == "drain") return "no calls; ends early when all is there";
  std::string text;
  const auto add = [&text](std::uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), what);
  };
  add(row.connects, "connects");
  add(row.calls, "calls");
  add(row.deliveries, "deliveries");
  add(row.telemetry, "messages of devices");
  if (text.empty()) return "nothing planned";
  if (row.step == seconds(1)) return text + " a second";
  return text + (row.to - row.from == row.step ? " in " : " each ") + duration_text(row.step);
}

// What happens at one moment.
struct Event {
  wire::Nanos when{};  // behind the warm-up's beginning
  std::string_view what;
  std::string sentence;
};

void add_behaviour(const FleetGroup& group, wire::Nanos hold, std::vector<Event>& events) {
  const auto some = [&group](double share) {
    return fmt::format("{} of {}", grouped(devices_meant(share, group.count)), group.name);
  };
  for (const AwayWindow& window : group.behaviour.away) {
    events.push_back({hold + window.at, "away", some(window.share) + " leave"});
    events.push_back({hold + window.at + window.length, "back", some(window.share) + " are due back"});
  }
  for (const Silence& silence : group.behaviour.silence) {
    events.push_back({hold + silence.at, "silence", some(silence.share) + " ping no more"});
  }
}

std::vector<Event> events_of(const Scenario& scenario) {
  std::vector<Event> events;
  const wire::Nanos hold = scenario.phases.warm_up;
  for (const Fault& fault : scenario.faults) events.push_back({hold + fault.at, "fault", fault_text(scenario, fault)});
  for (const FleetGroup& group : scenario.fleet) add_behaviour(group, hold, events);
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.when < b.when; });
  return events;
}

}  // namespace

std::vector<TimetableRow> make_timetable(const Scenario& scenario, std::size_t rows_max) {
  const wire::Nanos longest =
      std::max(connect_length(scenario), wire::Nanos(scenario.phases.warm_up + scenario.phases.hold));
  std::vector<TimetableRow> rows;
  for (const int step : kSteps) {
    const bool last = step == kSteps.back();
    if (!last && longest / seconds(step) > kLookedAtMax) continue;
    rows = Timetable(scenario, seconds(step)).rows();
    if (rows.size() <= rows_max) break;
  }
  return rows;
}

std::string timetable_text(const Scenario& scenario) {
  std::string text;
  const std::vector<Event> events = events_of(scenario);
  auto next = events.begin();
  const auto tell_events = [&](wire::Nanos until) {
    for (; next != events.end() && next->when < until; ++next) {
      text += fmt::format("  {:<8} {:>7}    {:<7} {}\n", next->what, duration_text(next->when), "", next->sentence);
    }
  };
  for (const TimetableRow& row : make_timetable(scenario)) {
    if (row.phase != "connect") tell_events(row.from);
    text += fmt::format("  {:<8} {:>7} .. {:<7} {}\n", row.phase, duration_text(row.from), duration_text(row.to),
                        work_of(row));
  }
  tell_events(wire::Nanos::max());
  return text;
}

}  // namespace fleet::sim
