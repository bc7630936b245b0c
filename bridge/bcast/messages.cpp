#include "bridge/bcast/messages.h"

#include <utility>

namespace fleet::bridge {

BcastMessages::Entry* BcastMessages::entry_of(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second->second;
}

void BcastMessages::erase(Entries::iterator entry) {
  const std::size_t bytes = bytes_of(entry->second.message);
  bytes_ -= bytes;
  if (entry->second.origin == Origin::passing) passing_bytes_ -= bytes;
  used(entry->second.origin).erase(entry->second.place);
  by_id_.erase(entry->second.message.id);
  messages_.erase(entry);
}

// Every message is kept for the same time, so the least recently used ones expire first.
void BcastMessages::expire(wire::WallTime now) {
  for (const Origin origin : {Origin::registered, Origin::passing}) {
    std::list<std::uint64_t>& oldest = used(origin);
    while (!oldest.empty()) {
      const auto entry = messages_.find(oldest.front());
      if (entry->second.message.expires > now) break;
      erase(entry);
    }
  }
}

bool BcastMessages::make_room(std::size_t bytes) {
  const std::size_t stay = messages_.size() - passing_.size();
  if (stay >= limits_.count_max || bytes_ - passing_bytes_ + bytes > limits_.bytes_max) return false;
  while (messages_.size() >= limits_.count_max || bytes_ + bytes > limits_.bytes_max) {
    erase(messages_.find(passing_.front()));
  }
  return true;
}

void BcastMessages::keep(Entry& entry, Origin origin, wire::WallTime now) {
  entry.message.expires = now + limits_.keep;
  std::list<std::uint64_t>& from = used(entry.origin);
  if (origin == Origin::registered && entry.origin == Origin::passing) {
    passing_bytes_ -= bytes_of(entry.message);
    entry.origin = origin;
  }
  std::list<std::uint64_t>& to = used(entry.origin);
  to.splice(to.end(), from, entry.place);
}

bool BcastMessages::put(const std::string& id, const wire::mqtt::SharedPayload& payload, Origin origin,
                        wire::WallTime now) {
  expire(now);
  if (Entry* const there = entry_of(id)) {
    keep(*there, origin, now);
    return true;
  }
  Entry entry;
  entry.message = {id, payload, now, now + limits_.keep};
  entry.origin = origin;
  const std::size_t bytes = bytes_of(entry.message);
  if (!make_room(bytes)) return false;
  const std::uint64_t number = next_++;
  std::list<std::uint64_t>& newest = used(origin);
  entry.place = newest.insert(newest.end(), number);
  const auto made = messages_.emplace_hint(messages_.end(), number, std::move(entry));
  by_id_.emplace(made->second.message.id, made);
  bytes_ += bytes;
  if (origin == Origin::passing) passing_bytes_ += bytes;
  return true;
}

const BcastMessage* BcastMessages::find(std::string_view id, wire::WallTime now) {
  expire(now);
  const Entry* const entry = entry_of(id);
  return entry == nullptr ? nullptr : &entry->message;
}

bool BcastMessages::refresh(std::string_view id, wire::WallTime now) {
  expire(now);
  Entry* const entry = entry_of(id);
  if (entry == nullptr) return false;
  keep(*entry, entry->origin, now);
  return true;
}

bool BcastMessages::erase(std::string_view id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  erase(found->second);
  return true;
}

std::vector<const BcastMessage*> BcastMessages::page(std::size_t offset, std::size_t limit, wire::WallTime now) {
  expire(now);
  std::vector<const BcastMessage*> out;
  auto entry = messages_.rbegin();
  for (std::size_t i = 0; i < offset && entry != messages_.rend(); ++i) ++entry;
  for (; entry != messages_.rend() && out.size() < limit; ++entry) out.push_back(&entry->second.message);
  return out;
}

}  // namespace fleet::bridge
