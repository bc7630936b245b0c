// The messages of one group for readers without MQTT: taken with taobao.tmc.messages.consume, done with once they are
// confirmed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

struct TmcMessage {
  const std::string* topic = nullptr;        // of the configuration, which outlives the queues
  const std::string* pub_app_key = nullptr;  // the app that produced it; likewise
  wire::WallTime pub_time{};
  wire::mqtt::SharedPayload content;  // shared with the publish
  std::string ex_content{};           // JSON text, or empty
};

struct TmcQueueOptions {
  std::size_t messages_max = 16'384;
  std::size_t bytes_max = 8u << 20;  // contents and kMessageBytes for each
  wire::Nanos keep = std::chrono::hours(24);
  wire::Nanos visibility = std::chrono::minutes(5);  // a message that was taken and not confirmed comes again
};

// Owned by the API; lives on its loop. In memory: what MQTT readers get does not pass through here, and what nobody has
// confirmed is gone when the bridge ends. Bounded: a message too many drops the oldest, which is counted. All `now` are
// the same monotonic clock.
class TmcQueue {
 public:
  // Around a content; an assumption about nodes and strings that only the bound is made of.
  static constexpr std::size_t kMessageBytes = 256;

  explicit TmcQueue(TmcQueueOptions options = {}) : options_(options) {}
  TmcQueue(const TmcQueue&) = delete;
  TmcQueue& operator=(const TmcQueue&) = delete;

  // `id` is above those of all messages before.
  void push(std::uint64_t id, TmcMessage message, wire::TimePoint now);

  struct Taken {
    std::uint64_t id = 0;
    const TmcMessage* message = nullptr;  // until the next call of anything
  };
  // Up to `quantity` messages, those that come again first, then new ones, each in order of age. Fewer once their
  // contents exceed `bytes_max`, but at least one where there is one. Until they are confirmed or `visibility` is over,
  // nobody else gets them. `out` is overwritten.
  void consume(std::size_t quantity, std::size_t bytes_max, wire::TimePoint now, std::vector<Taken>& out);

  // Ends a message that was taken; false where there is none such: confirmed before, dropped, too old.
  bool confirm(std::uint64_t id);

  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  // Contents and kMessageBytes for each message.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Pushed and never confirmed: pushed out by newer ones.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  // Pushed and never confirmed: kept for 24 h.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

 private:
  struct Lent {
    std::uint64_t id;
    wire::TimePoint visible_at;
  };
  struct Entry {
    TmcMessage message;
    wire::TimePoint keep_until{};
    std::list<Lent>::iterator lent{};  // valid where is_lent
    bool is_lent = false;
  };
  using Entries = std::map<std::uint64_t, Entry>;

  static std::size_t bytes_of(const TmcMessage& message);
  void expire(wire::TimePoint now);
  void erase(Entries::iterator entry);

  TmcQueueOptions options_;
  Entries messages_;       // by id, which is by age
  std::list<Lent> lent_;   // taken and not confirmed, in the order in which they will be visible again
  std::uint64_t new_ = 0;  // messages from this id on were never taken
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t expired_ = 0;
};

}  // namespace fleet::bridge
