// Gives the publishes of calls to the broker and says how that went.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/api.h"
#include "bridge/fanout/broker_link.h"
#include "wire/clock.h"
#include "wire/mqtt/endpoint.h"

namespace fleet::bridge {

// How the publishes of one call went.
struct Published {
  PublishOutcome outcome = PublishOutcome::done;
  std::optional<wire::TimePoint> queued;  // the last of them was taken by its broker connection; none: nothing was
};
using PublishDone = std::function<void(const Published&)>;

struct PublisherOptions {
  std::size_t connections = 1;               // publishes of one device always take the same one
  wire::Millis backlog_wait{1'000};          // a call may wait so long for room
  std::uint32_t backlog_bytes = 16u << 20;   // a connection: EndpointOptions::queued_bytes_max of its endpoint
  std::uint32_t backlog_publishes = 65'535;  // a connection: EndpointOptions::queued_publishes_max
  wire::mqtt::Login login;                   // client_id is a prefix: the connection's number follows
  std::uint64_t seed = 1;                    // decides the back-off's jitter
};

// Owned by the service; lives on its loop, never blocks.
//
// Backlog full: the call waits for room, in order, at most backlog_wait; the waiting calls are bounded as well, by
// kWaitingCallsMax and by backlog_bytes for all together. Broker away: new and waiting calls end at once. Calls taken
// at QoS 1 stay with their connection until the broker has acknowledged them, over any number of connections; their
// number is bounded by the backlogs. A call whose publishes go to several connections is taken by all of them or by
// none.
class Publisher {
 public:
  Publisher(PublisherOptions options, const MakeEndpoint& make);
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Connects; `settled` is called once, when the first attempt of every connection has succeeded or failed.
  void start(wire::TimePoint now, std::function<void()> settled);
  // `batch` has one topic or more. `done` is called exactly once, perhaps from inside: at QoS 0 when the connection's
  // queue has taken all of it, at QoS 1 when all of it is acknowledged.
  void publish(const std::shared_ptr<const wire::mqtt::PublishBatch>& batch, PublishDone done);
  // What publish() is given between the two goes out in one write a connection: a call with many messages. Within one
  // turn of the loop, and not inside each other.
  void hold_writes();
  void release_writes();
  // Reconnects, keep-alive, waiting calls. At least twice a second; delays are as fine as the calls of this.
  void on_timer(wire::TimePoint now);
  // Takes no more calls, finishes those it has taken or let wait, disconnects, then calls `stopped`.
  void stop(std::function<void()> stopped);
  // Behind stop(): ends what is unfinished with PublishOutcome::stopping and closes; `stopped` follows.
  void abandon();

  // Every connection is up.
  [[nodiscard]] bool connected() const;
  [[nodiscard]] std::size_t waiting_calls() const { return waiting_.size(); }
  [[nodiscard]] std::size_t unacknowledged_calls() const { return calls_taken_; }
  // Publishes that have ended so; never `unconfirmed`, which is the answer to somebody who waits no longer.
  [[nodiscard]] std::uint64_t published(PublishOutcome outcome) const {
    return published_[static_cast<std::size_t>(outcome)];
  }
  [[nodiscard]] std::size_t connections() const { return links_.size(); }
  [[nodiscard]] const BrokerLink& connection(std::size_t number) const { return *links_[number]; }

  static constexpr std::size_t kWaitingCallsMax = 1'024;

 private:
  using Batch = std::shared_ptr<const wire::mqtt::PublishBatch>;

  // A call that is taken and not finished.
  struct Call {
    PublishDone done;
    Published published;
    std::uint32_t open = 0;     // parts not yet through; 0: the slot is free
    std::size_t publishes = 0;  // of all parts
    wire::mqtt::ReasonCode worst = wire::mqtt::ReasonCode::success;
  };
  struct Waiting {
    Batch batch;
    PublishDone done;
    std::size_t bytes = 0;
    wire::TimePoint until{};
  };
  // A part whose call was taken by another connection already and that its own one did not take at once.
  struct Late {
    Batch part;
    std::size_t connection = 0;
    std::size_t call = 0;
  };
  enum class Taken { yes, full, away, refused };

  // Takes `done` for Taken::yes only.
  [[nodiscard]] Taken take(const Batch& batch, PublishDone& done);
  [[nodiscard]] Taken take_on_one(const Batch& batch, PublishDone& done);
  [[nodiscard]] Taken take_on_several(const Batch& batch, PublishDone& done);
  [[nodiscard]] bool has_room(std::size_t connection, const wire::mqtt::PublishBatch& part) const;
  [[nodiscard]] bool is_late(std::size_t connection) const;
  void on_changed();
  void take_late();
  void take_waiting();
  void expire_waiting();
  std::size_t open_call(PublishDone done, std::uint32_t parts, std::size_t publishes);
  void tell(const PublishDone& done, std::size_t publishes, const Published& published);
  void end_part(std::size_t call, wire::mqtt::ReasonCode worst);
  void finish_when_empty();
  // A call whose outcome is known: who wants to be told, and how many publishes it had.
  struct Ended {
    PublishDone done;
    std::size_t publishes = 0;
  };
  [[nodiscard]] std::vector<Ended> forget_all();

  PublisherOptions options_;
  std::vector<std::unique_ptr<BrokerLink>> links_;
  std::vector<Call> calls_;
  std::vector<std::size_t> free_calls_;
  std::size_t calls_taken_ = 0;
  std::array<std::uint64_t, 6> published_{};  // by PublishOutcome
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::deque<Late> late_;
  std::vector<Batch> parts_;  // of the call that is being taken
  std::function<void()> settled_;
  std::function<void()> stopped_;
  wire::TimePoint now_{};
  bool taking_ = false;  // inside take_waiting(): events from inside leave the queue alone
  bool stopping_ = false;
};

}  // namespace fleet::bridge
