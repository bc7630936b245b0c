#include "bridge/tmc/queue.h"

#include "wire/error.h"

namespace fleet::bridge {

std::size_t TmcQueue::bytes_of(const TmcMessage& message) {
  return kMessageBytes + (message.content ? message.content->size() : 0) + message.ex_content.size();
}

void TmcQueue::erase(Entries::iterator entry) {
  bytes_ -= bytes_of(entry->second.message);
  if (entry->second.is_lent) lent_.erase(entry->second.lent);
  messages_.erase(entry);
}

void TmcQueue::expire(wire::TimePoint now) {
  while (!messages_.empty() && messages_.begin()->second.keep_until <= now) {
    ++expired_;
    erase(messages_.begin());
  }
}

void TmcQueue::push(std::uint64_t id, TmcMessage message, wire::TimePoint now) {
  expire(now);
  FLEET_CHECK(messages_.empty() || messages_.rbegin()->first < id);
  bytes_ += bytes_of(message);
  Entry entry;
  entry.message = std::move(message);
  entry.keep_until = now + options_.keep;
  messages_.emplace_hint(messages_.end(), id, std::move(entry));
  while (messages_.size() > options_.messages_max || (bytes_ > options_.bytes_max && messages_.size() > 1)) {
    ++dropped_;
    erase(messages_.begin());
  }
}

void TmcQueue::consume(std::size_t quantity, std::size_t bytes_max, wire::TimePoint now, std::vector<Taken>& out) {
  expire(now);
  out.clear();
  std::size_t bytes = 0;
  const auto take = [&](Entries::iterator entry) {
    const std::size_t more = bytes_of(entry->second.message);
    if (out.size() == quantity || (!out.empty() && bytes + more > bytes_max)) return false;
    bytes += more;
    out.push_back({entry->first, &entry->second.message});
    return true;
  };
  // What is lent out again here goes to the end of the list: once around is enough.
  for (std::size_t left = lent_.size(); left > 0 && lent_.front().visible_at <= now; --left) {
    if (!take(messages_.find(lent_.front().id))) return;
    lent_.front().visible_at = now + options_.visibility;
    lent_.splice(lent_.end(), lent_, lent_.begin());
  }
  for (auto entry = messages_.lower_bound(new_); entry != messages_.end() && take(entry); ++entry) {
    entry->second.lent = lent_.insert(lent_.end(), {entry->first, now + options_.visibility});
    entry->second.is_lent = true;
    new_ = entry->first + 1;
  }
}

bool TmcQueue::confirm(std::uint64_t id) {
  const auto entry = messages_.find(id);
  if (entry == messages_.end() || !entry->second.is_lent) return false;
  erase(entry);
  return true;
}

}  // namespace fleet::bridge
