#include "wire/mqtt/outbox.h"

#include <algorithm>
#include <limits>

#include "wire/error.h"
#include "wire/mqtt/codec.h"

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kTopicBytesMax = 65'535;  // MQTT 5.0 §1.5.4
// Fixed header 5, topic length 2, packet identifier 2, property length 1.
constexpr std::size_t kHeaderBytesMax = 10;

std::uint64_t session_cookie_of(std::uint32_t slot, std::uint32_t index) { return std::uint64_t{slot} << 32 | index; }
std::uint32_t slot_of(std::uint64_t session_cookie) { return static_cast<std::uint32_t>(session_cookie >> 32); }
std::uint32_t index_of(std::uint64_t session_cookie) { return static_cast<std::uint32_t>(session_cookie); }

std::size_t longest_topic(const PublishBatch& batch) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) longest = std::max(longest, batch.topic(i).size());
  return longest;
}

ReasonCode reason_of(PublishRefusal refusal) {
  return refusal == PublishRefusal::qos_not_supported ? ReasonCode::qos_not_supported
                                                      : ReasonCode::retain_not_supported;
}

}  // namespace

Offer Outbox::offer(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie, std::uint32_t packet_size_max) {
  const std::size_t count = batch->size();
  FLEET_CHECK(count > 0);
  const std::size_t topic_max = longest_topic(*batch);
  const std::size_t payload_size = batch->payload_bytes().size();
  const std::uint64_t bytes = payload_size + batch->topics.size() + count * kHeaderBytesMax;
  if (topic_max > kTopicBytesMax || payload_size + topic_max + kHeaderBytesMax > kRemainingLengthMax ||
      count > options_.queued_publishes_max || bytes > options_.queued_bytes_max) {
    return Offer::too_large;
  }
  // The longest topic has the longest packet; its exact size is asked for only where the bound is near.
  if (payload_size + topic_max + kHeaderBytesMax > packet_size_max) {
    const std::string_view topic(batch->topics.data(), topic_max);  // its length is what counts
    const std::size_t header = publish_header_size(options_.version, topic, payload_size, batch->qos);
    if (header + payload_size > packet_size_max) return Offer::too_large;
  }
  if (publishes_ + count > options_.queued_publishes_max || bytes_ + bytes > options_.queued_bytes_max) {
    full_told_ = true;
    return Offer::full;
  }

  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
    free_slots_.reserve(entries_.capacity());  // so that freeing a slot never allocates
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  Entry& entry = entries_[slot];
  entry.batch = std::move(batch);
  entry.cookie = cookie;
  entry.bytes = bytes;
  entry.next = 0;
  entry.open = static_cast<std::uint32_t>(count);
  entry.worst = ReasonCode::success;
  queue_.push_back(slot);
  publishes_ += count;
  bytes_ += bytes;
  return Offer::queued;
}

void Outbox::take_next(bool from_retries, Entry& entry) {
  if (from_retries) {
    (void)retries_.pop_front();
  } else if (++entry.next == entry.batch->size()) {
    (void)queue_.pop_front();
  }
}

void Outbox::fill(Session& session, TimePoint now, WriteWindow& window) {
  while (window.has_room() && has_unplaced()) {
    const bool from_retries = !retries_.empty();
    const Retry next = from_retries ? retries_.front() : Retry{queue_.front(), entries_[queue_.front()].next, 0, 0};
    Entry& entry = entries_[next.slot];
    if (from_retries && next.generation != entry.generation) {
      (void)retries_.pop_front();
      continue;
    }
    const PublishBatch& batch = *entry.batch;
    const std::string_view topic = batch.topic(next.index);
    const std::size_t payload_size = batch.payload_bytes().size();
    std::uint16_t packet_id = next.packet_id;

    // A broker may allow less on this connection than on the one that the batch was offered on.
    if (packet_id == 0) {
      const std::size_t header = publish_header_size(options_.version, topic, payload_size, batch.qos);
      ReasonCode refusal = ReasonCode::success;
      if (header + payload_size > session.peer_maximum_packet_size()) {
        refusal = ReasonCode::packet_too_large;
      } else if (batch.retain && !session.peer_retain_available()) {
        refusal = ReasonCode::retain_not_supported;
      } else if (batch.qos != Qos::at_most_once) {
        const auto begun = session.begin_publish(batch.qos, session_cookie_of(next.slot, next.index), now);
        if (begun) {
          packet_id = *begun;
        } else if (begun.error() == PublishRefusal::window_full || begun.error() == PublishRefusal::not_connected) {
          break;
        } else {
          refusal = reason_of(begun.error());
        }
      }
      if (refusal != ReasonCode::success) {
        take_next(from_retries, entry);
        finish_one(next.slot, refusal);
        continue;
      }
    }
    encode_publish_header(options_.version, topic, payload_size, batch.qos, next.packet_id != 0, batch.retain,
                          packet_id, window.headers());
    window.place({next.slot, next.index, batch.qos}, entry.batch);
    take_next(from_retries, entry);
  }
  window.seal();
}

void Outbox::note_written(WriteWindow& window, std::size_t bytes) {
  for (const WriteWindow::Placed& placed : window.advance(bytes)) {
    if (placed.qos == Qos::at_most_once) finish_one(placed.slot, ReasonCode::success);
  }
}

void Outbox::note_lost(const WriteWindow* window) {
  // The session tells again what it still holds; renewals that were not begun are known to nobody else.
  retries_.remove_if([](const Retry& retry) { return retry.packet_id != 0; });
  if (window == nullptr) return;
  const auto unfinished = window->unfinished();
  for (std::size_t i = unfinished.size(); i > 0; --i) {
    const WriteWindow::Placed& placed = unfinished[i - 1];
    if (placed.qos != Qos::at_most_once) continue;
    entries_[placed.slot].next = placed.index;
    if (queue_.empty() || queue_.front() != placed.slot) queue_.push_front(placed.slot);
  }
}

Outbox::Entry& Outbox::entry_of(std::uint64_t session_cookie) {
  const std::uint32_t slot = slot_of(session_cookie);
  FLEET_CHECK(slot < entries_.size() && entries_[slot].batch != nullptr);
  return entries_[slot];
}

void Outbox::acknowledged(std::uint64_t session_cookie, ReasonCode reason) {
  (void)entry_of(session_cookie);
  finish_one(slot_of(session_cookie), reason);
}

void Outbox::resend(std::uint64_t session_cookie, std::uint16_t packet_id) { add_retry(session_cookie, packet_id); }

void Outbox::renew(std::uint64_t session_cookie) { add_retry(session_cookie, 0); }

void Outbox::add_retry(std::uint64_t session_cookie, std::uint16_t packet_id) {
  const Entry& entry = entry_of(session_cookie);
  retries_.push_back({slot_of(session_cookie), index_of(session_cookie), entry.generation, packet_id});
}

void Outbox::finish_one(std::uint32_t slot, ReasonCode reason) {
  Entry& entry = entries_[slot];
  if (is_failure(reason) && !is_failure(entry.worst)) entry.worst = reason;
  --publishes_;
  if (--entry.open > 0) return;
  finished_.push_back({entry.cookie, entry.worst});
  bytes_ -= entry.bytes;
  entry.batch.reset();
  ++entry.generation;
  free_slots_.push_back(slot);
}

bool Outbox::take_finished(Finished& out) {
  if (finished_.empty()) return false;
  out = finished_.pop_front();
  return true;
}

bool Outbox::take_room() {
  if (!full_told_ || publishes_ > options_.queued_publishes_max / 2 || bytes_ > options_.queued_bytes_max / 2) {
    return false;
  }
  full_told_ = false;
  return true;
}

}  // namespace fleet::wire::mqtt
