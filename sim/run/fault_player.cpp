#include "sim/run/fault_player.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace fleet::sim {

namespace {

using wire::Nanos;
using wire::TimePoint;

// How often a program that ends or starts is looked at: the times of faults are as good as this.
constexpr Nanos kLookAgain = std::chrono::milliseconds(5);
// A broker that goes on may close connections whose keep-alive has passed meanwhile, and the kernel's word of it takes
// its way: so long behind the end of a fault, a lost connection is still its work.
constexpr Nanos kAftermath = std::chrono::seconds(1);
// The bridge promises to end 5 s after SIGTERM; Mosquitto writes its sessions to disk and is quicker.
constexpr Nanos kOrderlyMax = std::chrono::seconds(15);

// Whoever loses its connection meanwhile has lost it to this fault.
bool takes_blame(const Fault& fault) { return is_of_broker(fault.kind) || fault.between == Between::fleet_broker; }

// A moment's cut that leaves connections half open is found out by keep-alive (MQTT 3.1.1 §3.1.2.10), at the device
// or, half as late again, at the broker.
Nanos aftermath(const Scenario& scenario, const Fault& fault) {
  if (!is_of_link(fault) || fault.cut != CutKind::half_open || fault.length.count() > 0) return kAftermath;
  Nanos longest{};
  for (const FleetGroup& group : scenario.fleet) {
    if (group.connects()) longest = std::max<Nanos>(longest, group.connect.keep_alive);
  }
  return 2 * longest + kAftermath;
}

}  // namespace

Child* FaultPlayer::target(const Fault& fault) const {
  if (is_of_broker(fault.kind)) return stage_.broker->child.get();
  return is_of_bridge(fault.kind) ? stage_.bridge->child.get() : nullptr;
}

// One fault at a time for each program: a restart that takes long delays the next.
bool FaultPlayer::has_turn(std::size_t fault) const {
  if (is_of_link(scenario_.faults[fault])) return true;  // their lengths do not grow
  if (scenario_.faults[fault].kind == FaultKind::handover) return stage_.handovers->is_done();
  const Child* child = target(scenario_.faults[fault]);
  if (child == nullptr) return true;
  for (std::size_t i = 0; i < fault; ++i) {
    if (faults_[i].step != Step::over && target(scenario_.faults[i]) == child) return false;
  }
  return true;
}

std::optional<TimePoint> FaultPlayer::turn(TimePoint now) {
  std::optional<TimePoint> next;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    advance(i, now);
    const auto look = next_look(i, now);
    if (look && (!next || *look < *next)) next = look;
  }
  if (pass_at_ && now >= *pass_at_) {
    stage_.fleet->pass_fault();
    pass_at_.reset();
  }
  if (pass_at_ && (!next || *pass_at_ < *next)) next = pass_at_;
  return next;
}

void FaultPlayer::advance(std::size_t fault, TimePoint now) {
  const Fault& what = scenario_.faults[fault];
  Played& played = faults_[fault];
  Child* child = target(what);
  if (played.step == Step::waiting) {
    if (cut_short_) {
      played.step = Step::over;
    } else if (now >= hold_begin_ + what.at && has_turn(fault)) {
      begin(fault, now);
    }
  }
  if (played.step == Step::lasting && (cut_short_ || now >= *played.times.begin + what.length)) end_length(fault, now);
  if (played.step != Step::starting) return;
  if (child->has_logged(is_of_broker(what.kind) ? kBrokerReady : kBridgeReady)) return finish(fault, now);
  if (!child->is_running()) give_up(fault, "did not come up again");
}

void FaultPlayer::begin(std::size_t fault, TimePoint now) {
  const Fault& what = scenario_.faults[fault];
  Child* child = target(what);
  if (child != nullptr && !child->is_running()) return give_up(fault, "found its program ended already");
  Played& played = faults_[fault];
  played.step = Step::lasting;
  played.times.begin = now;
  progress_.say(fmt::format("fault {}: {}", fault, fault_text(scenario_, what)));
  // First, so that nobody loses a connection before it is known to whom.
  stage_.fleet->begin_fault(fault, now, takes_blame(what));
  if (takes_blame(what)) pass_at_.reset();
  if (is_of_link(what)) stage_.proxy(*what.between)->begin(fault, now);
  if (what.kind == FaultKind::handover) {
    if (auto begun = stage_.handovers->begin(fault); !begun) give_up(fault, begun.error().text());
  }
  if (is_stop(what.kind)) child->freeze();
  if (is_kill(what.kind)) child->end_for_now(SIGKILL);
  if (is_restart(what.kind)) child->end_for_now(SIGTERM);
}

void FaultPlayer::end_length(std::size_t fault, TimePoint now) {
  const Fault& what = scenario_.faults[fault];
  Child* child = target(what);
  if (is_of_link(what)) stage_.proxy(*what.between)->end(fault);
  if (what.kind == FaultKind::handover) {
    if (cut_short_) stage_.handovers->cut_short();
    if (!stage_.handovers->is_done()) return;
    if (!stage_.handovers->problem().empty()) return give_up(fault, stage_.handovers->problem());
  }
  if (child == nullptr) return finish(fault, now);
  if (is_stop(what.kind)) {
    child->thaw();
    return finish(fault, now);
  }
  if (child->is_running()) {
    if (is_restart(what.kind) && now >= *faults_[fault].times.begin + kOrderlyMax) child->end_for_now(SIGKILL);
    return;
  }
  if (auto started = child->start_again(); !started) return give_up(fault, started.error().text());
  faults_[fault].step = Step::starting;
}

void FaultPlayer::finish(std::size_t fault, TimePoint now) {
  faults_[fault].step = Step::over;
  faults_[fault].times.end = now;
  const Fault& what = scenario_.faults[fault];
  if (takes_blame(what)) pass_at_ = now + aftermath(scenario_, what);
}

void FaultPlayer::give_up(std::size_t fault, const std::string& why) {
  faults_[fault].step = Step::over;
  problems_.push_back(fmt::format("fault {}, {}, {}", fault, fault_name(scenario_.faults[fault].kind), why));
  progress_.say(problems_.back());
}

std::optional<TimePoint> FaultPlayer::next_look(std::size_t fault, TimePoint now) const {
  const Fault& what = scenario_.faults[fault];
  const Played& played = faults_[fault];
  switch (played.step) {
    case Step::waiting:
      return std::max(hold_begin_ + what.at, has_turn(fault) ? now : now + kLookAgain);
    case Step::lasting:
      return std::max(*played.times.begin + what.length, now + kLookAgain);
    case Step::starting:
      return now + kLookAgain;
    case Step::over:
      break;
  }
  return std::nullopt;
}

bool FaultPlayer::is_quiet() const {
  return std::all_of(faults_.begin(), faults_.end(),
                     [](const Played& played) { return played.step == Step::waiting || played.step == Step::over; });
}

std::vector<FaultTimes> FaultPlayer::times() const {
  std::vector<FaultTimes> times;
  for (const Played& played : faults_) times.push_back(played.times);
  return times;
}

}  // namespace fleet::sim
