#include "bridge/fanout/publisher.h"

#include <algorithm>
#include <utility>

#include "bridge/fanout/split.h"
#include "wire/error.h"

namespace fleet::bridge {

using wire::mqtt::Offer;
using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;

namespace {

// Upper bound of an MQTT 5.0 PUBLISH around its topic and payload (§3.3): type, length, topic length, identifier,
// properties' length.
constexpr std::size_t kHeaderBytes = 10;

std::size_t bytes_of(const PublishBatch& batch) {
  return batch.payload_bytes().size() + batch.topics.size() + batch.size() * kHeaderBytes;
}

}  // namespace

Publisher::Publisher(PublisherOptions options, const MakeEndpoint& make) : options_(std::move(options)) {
  FLEET_CHECK(options_.connections > 0);
  for (std::size_t i = 0; i < options_.connections; ++i) {
    wire::mqtt::Login login = options_.login;
    login.client_id += '-' + std::to_string(i);
    LinkEvents events;
    events.published = [this](std::uint64_t cookie, ReasonCode worst) {
      if (cookie > 0) end_part(static_cast<std::size_t>(cookie - 1), worst);
      on_changed();
    };
    events.changed = [this] { on_changed(); };
    links_.push_back(std::make_unique<BrokerLink>(make, std::move(login), "broker connection " + std::to_string(i),
                                                  options_.seed + i, std::move(events)));
  }
}

void Publisher::start(wire::TimePoint now, std::function<void()> settled) {
  now_ = now;
  settled_ = std::move(settled);
  for (const auto& link : links_) link->start(now);
}

bool Publisher::connected() const {
  return std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->connected(); });
}

void Publisher::publish(const Batch& batch, PublishDone done) {
  FLEET_CHECK(batch && batch->size() > 0);
  if (stopping_) return tell(done, batch->size(), {PublishOutcome::stopping, {}});
  const Taken taken = waiting_.empty() && !taking_ ? take(batch, done) : Taken::full;
  switch (taken) {
    case Taken::yes:
      return;
    case Taken::away:
      return tell(done, batch->size(), {PublishOutcome::broker_away, {}});
    case Taken::refused:
      return tell(done, batch->size(), {PublishOutcome::refused, {}});
    case Taken::full:
      break;
  }
  const std::size_t bytes = bytes_of(*batch);
  if (waiting_.size() >= kWaitingCallsMax || waiting_bytes_ + bytes > options_.backlog_bytes) {
    return tell(done, batch->size(), {PublishOutcome::backlog_full, {}});
  }
  waiting_bytes_ += bytes;
  waiting_.push_back({batch, std::move(done), bytes, now_ + options_.backlog_wait});
}

void Publisher::tell(const PublishDone& done, std::size_t publishes, const Published& published) {
  published_[static_cast<std::size_t>(published.outcome)] += publishes;
  done(published);
}

void Publisher::hold_writes() {
  for (const auto& link : links_) link->hold_writes();
}

void Publisher::release_writes() {
  for (const auto& link : links_) link->release_writes();
}

Publisher::Taken Publisher::take(const Batch& batch, PublishDone& done) {
  return links_.size() == 1 ? take_on_one(batch, done) : take_on_several(batch, done);
}

Publisher::Taken Publisher::take_on_one(const Batch& batch, PublishDone& done) {
  const bool acknowledged = batch->qos != Qos::at_most_once;
  // One part more than there are, so that an event from inside offer() does not end the call.
  const std::size_t call = acknowledged ? open_call({}, 2, batch->size()) : 0;
  const Offer offer = links_[0]->offer(batch, acknowledged ? call + 1 : 0);
  if (offer == Offer::queued) {
    Published published{PublishOutcome::done, wire::read_clock()};
    if (!acknowledged) {
      tell(std::exchange(done, nullptr), batch->size(), published);
      return Taken::yes;
    }
    calls_[call].done = std::move(done);
    calls_[call].published = published;
    end_part(call, ReasonCode::success);
    return Taken::yes;
  }
  if (acknowledged) {
    calls_[call].open = 0;
    free_calls_.push_back(call);
    --calls_taken_;
  }
  if (offer == Offer::full) return Taken::full;
  return offer == Offer::not_connected ? Taken::away : Taken::refused;
}

Publisher::Taken Publisher::take_on_several(const Batch& batch, PublishDone& done) {
  std::vector<Batch> parts = std::move(parts_);
  split_batch(batch, links_.size(), parts);
  std::uint32_t count = 0;
  bool room = true;
  bool away = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) continue;
    ++count;
    away = away || !links_[i]->connected();
    room = room && has_room(i, *parts[i]);
  }
  if (away || !room) {
    parts_ = std::move(parts);
    return away ? Taken::away : Taken::full;
  }
  const bool acknowledged = batch->qos != Qos::at_most_once;
  const std::size_t call = open_call(std::move(done), count + 1, batch->size());
  ReasonCode worst = ReasonCode::success;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i]) continue;
    const Offer offer = links_[i]->offer(parts[i], acknowledged ? call + 1 : 0);
    if (offer == Offer::queued) {
      if (!acknowledged) end_part(call, ReasonCode::success);
    } else if (offer == Offer::too_large) {
      worst = ReasonCode::packet_too_large;
      end_part(call, worst);
    } else {
      late_.push_back({parts[i], i, call});
    }
  }
  calls_[call].published.queued = wire::read_clock();
  end_part(call, worst);
  parts_ = std::move(parts);
  return Taken::yes;
}

// An empty connection is offered anything, so that what can never fit is refused and not waited for.
bool Publisher::has_room(std::size_t connection, const PublishBatch& part) const {
  const wire::mqtt::Backlog backlog = links_[connection]->backlog();
  if (backlog.publishes == 0) return true;
  return !is_late(connection) && backlog.publishes + part.size() <= options_.backlog_publishes &&
         backlog.bytes + bytes_of(part) <= options_.backlog_bytes;
}

bool Publisher::is_late(std::size_t connection) const {
  return std::any_of(late_.begin(), late_.end(), [=](const Late& late) { return late.connection == connection; });
}

std::size_t Publisher::open_call(PublishDone done, std::uint32_t parts, std::size_t publishes) {
  std::size_t call = calls_.size();
  if (free_calls_.empty()) {
    calls_.emplace_back();
  } else {
    call = free_calls_.back();
    free_calls_.pop_back();
  }
  calls_[call] = {std::move(done), {}, parts, publishes, ReasonCode::success};
  ++calls_taken_;
  return call;
}

void Publisher::end_part(std::size_t number, ReasonCode worst) {
  FLEET_CHECK(number < calls_.size());
  Call& call = calls_[number];
  if (call.open == 0) return;  // given up by abandon()
  if (is_failure(worst)) call.worst = worst;
  if (--call.open > 0) return;
  Published published = call.published;
  if (is_failure(call.worst)) published.outcome = PublishOutcome::refused;
  const PublishDone done = std::exchange(call.done, nullptr);
  free_calls_.push_back(number);
  --calls_taken_;
  tell(done, call.publishes, published);  // may publish again and move calls_
}

void Publisher::on_changed() {
  if (settled_ && std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->settled(); })) {
    std::exchange(settled_, nullptr)();
  }
  take_late();
  take_waiting();
  finish_when_empty();
}

void Publisher::take_late() {
  for (std::size_t i = 0; i < late_.size();) {
    const Late late = late_[i];
    const bool acknowledged = late.part->qos != Qos::at_most_once;
    calls_[late.call].published.queued = wire::read_clock();  // the part that is taken last decides
    const Offer offer = links_[late.connection]->offer(late.part, acknowledged ? late.call + 1 : 0);
    if (offer == Offer::full || offer == Offer::not_connected) {
      ++i;
      continue;
    }
    late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
    if (offer == Offer::too_large) end_part(late.call, ReasonCode::packet_too_large);
    if (offer == Offer::queued && !acknowledged) end_part(late.call, ReasonCode::success);
  }
}

void Publisher::take_waiting() {
  if (taking_) return;
  taking_ = true;
  while (!waiting_.empty()) {
    Waiting& first = waiting_.front();
    const Taken taken = take(first.batch, first.done);
    if (taken == Taken::full) break;
    const PublishDone done = std::move(first.done);
    const std::size_t publishes = first.batch->size();
    waiting_bytes_ -= first.bytes;
    waiting_.pop_front();
    if (taken == Taken::away) tell(done, publishes, {PublishOutcome::broker_away, {}});
    if (taken == Taken::refused) tell(done, publishes, {PublishOutcome::refused, {}});
  }
  taking_ = false;
}

void Publisher::expire_waiting() {
  while (!waiting_.empty() && now_ >= waiting_.front().until) {
    const Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= first.bytes;
    tell(first.done, first.batch->size(), {PublishOutcome::backlog_full, {}});
  }
}

void Publisher::on_timer(wire::TimePoint now) {
  now_ = now;
  for (const auto& link : links_) link->on_timer(now);
  take_late();
  take_waiting();
  expire_waiting();
  finish_when_empty();
}

void Publisher::stop(std::function<void()> stopped) {
  stopping_ = true;
  stopped_ = std::move(stopped);
  finish_when_empty();
}

void Publisher::finish_when_empty() {
  if (!stopped_ || !waiting_.empty() || calls_taken_ > 0) return;
  for (const auto& link : links_) link->finish();
  if (!std::all_of(links_.begin(), links_.end(), [](const auto& link) { return link->ended(); })) return;
  std::exchange(stopped_, nullptr)();
}

std::vector<Publisher::Ended> Publisher::forget_all() {
  std::vector<Ended> ended;
  for (Waiting& waiting : waiting_) ended.push_back({std::move(waiting.done), waiting.batch->size()});
  waiting_.clear();
  waiting_bytes_ = 0;
  late_.clear();
  for (Call& call : calls_) {
    if (call.open > 0 && call.done) ended.push_back({std::move(call.done), call.publishes});
    call = {};
  }
  calls_taken_ = 0;  // the slots stay out of use: late acknowledgements find them closed
  return ended;
}

void Publisher::abandon() {
  for (const Ended& call : forget_all()) tell(call.done, call.publishes, {PublishOutcome::stopping, {}});
  for (const auto& link : links_) link->abandon();
  finish_when_empty();
}

}  // namespace fleet::bridge
