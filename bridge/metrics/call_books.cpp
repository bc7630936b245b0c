#include "bridge/metrics/call_books.h"

#include <algorithm>
#include <utility>

#include "wire/error.h"

namespace fleet::bridge {
namespace {

// Codes that every table lacks come first, so that their places are known.
enum OwnCode : std::size_t { kOkPlace, kMissingPlace, kGonePlace, kOtherPlace };
constexpr std::size_t kUnknownPlace = 0;

}  // namespace

void StageTimes::record(wire::Nanos duration) {
  const auto* const bound = std::lower_bound(kBounds.begin(), kBounds.end(), duration);
  ++counts[static_cast<std::size_t>(bound - kBounds.begin())];
  sum += duration;
}

CallBooks::CallBooks(CallNames names) {
  names_.actions.emplace_back(kUnknown);
  for (const std::string_view own : {kOk, kMissing, kGone, kOther}) names_.codes.emplace_back(own);
  const auto add = [](std::vector<std::string>& from, std::vector<std::string>& to) {
    for (std::string& name : from) {
      if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(std::move(name));
    }
  };
  add(names.actions, names_.actions);
  add(names.codes, names_.codes);
  for (std::size_t i = 0; i < names_.actions.size(); ++i) action_places_.emplace(names_.actions[i], i);
  for (std::size_t i = 0; i < names_.codes.size(); ++i) code_places_.emplace(names_.codes[i], i);
  counts_.resize(names_.actions.size() * names_.codes.size());
}

std::size_t CallBooks::code_place(std::string_view code) const {
  if (code.empty()) return kOkPlace;
  if (code.starts_with("Missing")) return kMissingPlace;
  const auto found = code_places_.find(code);
  return found == code_places_.end() ? kOtherPlace : found->second;
}

void CallBooks::count_call(std::string_view action, std::size_t code) {
  FLEET_CHECK(in_flight_ > 0);
  --in_flight_;
  const auto found = action_places_.find(action);
  const std::size_t place = found == action_places_.end() ? kUnknownPlace : found->second;
  ++counts_[place * names_.codes.size() + code];
}

void CallBooks::end(const HttpAnswer& answer, const CallTimes& times, wire::TimePoint now) {
  count_call(answer.action, code_place(answer.code));
  if (times.api.parse.count() > 0) record(Stage::parse, times.api.parse);
  if (times.api.verify.count() > 0) record(Stage::verify, times.api.verify);
  if (times.api.plan.count() > 0) record(Stage::plan, times.api.plan);
  if (times.queued) record(Stage::publish, *times.queued - times.planned);
  if (times.queued && times.acked) record(Stage::ack, *times.acked - *times.queued);
  record(Stage::answer, now - times.received);
}

void CallBooks::end_unanswered(std::string_view action) { count_call(action, kGonePlace); }

}  // namespace fleet::bridge
