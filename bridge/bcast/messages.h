// Registered messages: contents that calls name by MessageId.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

struct BcastMessage {
  std::string id;
  wire::mqtt::SharedPayload payload;  // never null
  wire::WallTime created{};
  wire::WallTime expires{};
};

struct BcastMessageLimits {
  std::size_t count_max = 10'000;
  std::size_t bytes_max = 16u << 20;       // payloads and kMessageBytes for each
  std::chrono::seconds keep{15 * 86'400};  // the plugin's default
};

// Owned by the API; lives on its loop. In memory: gone when the bridge ends. Those that RegisterMessage made stay until
// they expire or are deleted, and no further one is taken when they fill the bounds; those that BatchPub made on its
// way are pushed out, the one used least recently first.
class BcastMessages {
 public:
  // Around a payload; an assumption about nodes and strings that only the bound is made of.
  static constexpr std::size_t kMessageBytes = 512;

  enum class Origin : std::uint8_t { registered, passing };

  explicit BcastMessages(BcastMessageLimits limits = {}) : limits_(limits) {}
  BcastMessages(const BcastMessages&) = delete;
  BcastMessages& operator=(const BcastMessages&) = delete;

  // Keeps a message from now on, or for longer where it is there already; a registered one stays registered. False:
  // the bounds are reached, nothing has changed.
  [[nodiscard]] bool put(const std::string& id, const wire::mqtt::SharedPayload& payload, Origin origin,
                         wire::WallTime now);
  // Null where there is none, or no longer. Good until the next change.
  [[nodiscard]] const BcastMessage* find(std::string_view id, wire::WallTime now);
  // Keeps it for longer; false where there is none.
  bool refresh(std::string_view id, wire::WallTime now);
  bool erase(std::string_view id);

  // Messages `offset` to `offset + limit`, cut to those that there are, the newest first. Good until the next change.
  [[nodiscard]] std::vector<const BcastMessage*> page(std::size_t offset, std::size_t limit, wire::WallTime now);
  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  // How long a message is kept behind its last use.
  [[nodiscard]] std::chrono::seconds keeps() const { return limits_.keep; }
  // Payloads and kMessageBytes for each message.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    BcastMessage message;
    Origin origin = Origin::passing;
    std::list<std::uint64_t>::iterator place{};  // in the list of its origin
  };
  using Entries = std::map<std::uint64_t, Entry>;  // by number, which is by age

  static std::size_t bytes_of(const BcastMessage& message) { return kMessageBytes + message.payload->size(); }
  [[nodiscard]] std::list<std::uint64_t>& used(Origin origin) {
    return origin == Origin::registered ? registered_ : passing_;
  }
  [[nodiscard]] Entry* entry_of(std::string_view id);
  void keep(Entry& entry, Origin origin, wire::WallTime now);
  bool make_room(std::size_t bytes);
  void expire(wire::WallTime now);
  void erase(Entries::iterator entry);

  BcastMessageLimits limits_;
  Entries messages_;
  std::unordered_map<std::string_view, Entries::iterator> by_id_;  // keys view the messages' ids
  std::list<std::uint64_t> registered_, passing_;                  // numbers, used least recently first
  std::uint64_t next_ = 0;
  std::size_t bytes_ = 0;
  std::size_t passing_bytes_ = 0;
};

}  // namespace fleet::bridge
