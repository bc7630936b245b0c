// The verbs of one MQTT connection as a device, a consumer or the bridge's publisher uses it. Two engines implement
// them: our own session over Boost.Asio (connection.h) and Eclipse Paho C++ (paho/paho_endpoint.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/clock.h"
#include "wire/mqtt/cause.h"
#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

// What the sessions of a group have in common. Shared by pointer; outlives every endpoint that was given it.
struct EndpointOptions {
  Version version = Version::v311;
  std::chrono::seconds keep_alive{60};           // 0: none; at most 65,535 s
  bool clean_start = true;                       // 3.1.1: clean session
  std::uint32_t session_expiry_s = 0;            // 5.0 only; 0xFFFFFFFF: never
  std::uint16_t receive_maximum = 65'535;        // QoS 1 and 2 publishes we accept unacknowledged; 5.0 only
  std::uint32_t maximum_packet_size = 1u << 20;  // bytes; a longer packet from the broker ends the connection
  std::uint32_t queued_bytes_max = 16u << 20;    // bound on what publish() holds, payloads counted once a batch
  std::uint32_t queued_publishes_max = 65'535;   // bound on publishes not yet written or not yet acknowledged
  // Bound on what has arrived and not reached the owner yet: of Paho, whose threads read ahead of the loop. Further
  // messages are dropped, and on_dropped() tells. The native engine reads no more than its loop takes.
  std::uint32_t arriving_bytes_max = 0xFFFF'FFFF;
  std::uint32_t receive_buffer_bytes = 0;  // the kernel's, of the native engine's sockets; 0: as the system sets it
  std::chrono::milliseconds connect_timeout{10'000};  // from connect() to CONNACK
};

// One message that reached us. Views are valid during the event only.
struct Delivery {
  std::string_view topic;
  std::span<const std::byte> payload;
  Qos qos = Qos::at_most_once;
  bool dup = false;
  bool retain = false;
};

// Bytes that several batches may share; null stands for an empty payload.
using SharedPayload = std::shared_ptr<const std::vector<std::byte>>;

// One payload for many topics (1 or more). Immutable once handed to publish(); never copied per topic by the native
// engine, and shared by the parts of a call that travel on different connections.
struct PublishBatch {
  std::string topics;                     // all topics, one behind the other
  std::vector<std::uint32_t> topic_ends;  // topic i is topics[topic_ends[i-1] .. topic_ends[i])
  SharedPayload payload;
  Qos qos = Qos::at_most_once;
  bool retain = false;

  void add_topic(std::string_view topic) {
    topics.append(topic);
    topic_ends.push_back(static_cast<std::uint32_t>(topics.size()));
  }
  void set_payload(std::vector<std::byte> bytes) {
    payload = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  }
  [[nodiscard]] std::span<const std::byte> payload_bytes() const {
    return payload ? std::span<const std::byte>(*payload) : std::span<const std::byte>();
  }
  [[nodiscard]] std::size_t size() const { return topic_ends.size(); }
  [[nodiscard]] std::string_view topic(std::size_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : topic_ends[index - 1];
    return std::string_view(topics).substr(begin, topic_ends[index] - begin);
  }
};

enum class Offer {
  queued,         // taken whole: written now or as soon as the socket takes it; an event follows
  full,           // the bound is reached; on_room() will tell. Nothing was taken.
  not_connected,  // nothing was taken
  too_large,      // larger than the broker's maximum packet size or than the whole bound; nothing was taken
};

// How a connection attempt or a connection ended.
struct Disconnect {
  ReasonCode reason = ReasonCode::success;  // the broker's CONNACK or DISCONNECT code, or the code we ended it with
  bool was_connected = false;               // false: the attempt failed, on_connected() never came
  bool by_us = false;                       // disconnect() was called
  std::string_view detail;                  // one sentence for people: "connection refused", "no CONNACK within 10 s"
  Cause cause = Cause::none;                // what it was where no code of the broker says it
};

// Implemented by the owner of an endpoint; called on the endpoint's loop. From inside an event the owner may call any
// verb, but must not destroy the endpoint.
class EndpointEvents {
 public:
  virtual void on_connected(bool session_present) = 0;
  // granted[i] answers filter i of the subscribe() call; codes from 0x80 on are refusals.
  virtual void on_subscribed(std::uint64_t cookie, std::span<const ReasonCode> granted) = 0;
  virtual void on_unsubscribed(std::uint64_t /*cookie*/) {}
  virtual void on_delivery(const Delivery& delivery) = 0;
  // So many messages went beyond EndpointOptions::arriving_bytes_max and are lost.
  virtual void on_dropped(std::uint64_t /*messages*/) {}
  // QoS 1 and 2: every publish of the batch was acknowledged; `worst` is the first refusal (0x80 and up) or success.
  // QoS 0: everything is written to the socket. May come from inside publish().
  virtual void on_published(std::uint64_t /*cookie*/, ReasonCode /*worst*/) {}
  // Room again after Offer::full.
  virtual void on_room() {}
  // The last event until connect() is called again.
  virtual void on_disconnected(const Disconnect& why) = 0;

 protected:
  ~EndpointEvents() = default;
};

struct Backlog {
  std::uint64_t publishes = 0;  // queued or unacknowledged
  std::uint64_t bytes = 0;      // payloads counted once a batch, plus headers
};

// Owned by a device, a consumer or the publisher; lives on one loop; never blocks.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  // Starts a connection. Ends in on_connected() or on_disconnected(). What earlier connections of this endpoint left
  // unacknowledged is sent again: with DUP and its packet identifiers where the broker kept the session, as new
  // publishes where it did not. Only after on_disconnected() or for the first time.
  virtual void connect(const Login& login) = 0;
  // At least one filter; on_subscribed() follows with the same cookie.
  virtual void subscribe(std::span<const Subscription> filters, std::uint64_t cookie) = 0;
  virtual void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) = 0;
  // Takes the batch whole or not at all. on_published() follows, also over reconnects at QoS 1 and 2.
  virtual Offer publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) = 0;
  // Batches offered between the two are written together, at release_writes(), where the engine can; events that
  // publish() would raise come from there. Within one turn of the loop, and not inside each other.
  virtual void hold_writes() {}
  virtual void release_writes() {}
  // Sends DISCONNECT behind what is queued and closes; on_disconnected(by_us) follows.
  virtual void disconnect() = 0;
  // Closes at once without a DISCONNECT packet, as a lost network would; on_disconnected() follows.
  virtual void abort() = 0;
  // The same with a TCP reset, where the engine owns its socket.
  virtual void reset() { abort(); }
  // From now on nothing is read or written, without a word to the broker, as behind a cut cable; keep-alive ends the
  // connection, and publishes of QoS 1 and 2 wait for the next one. False, and nothing happens: there is no connection,
  // or the engine does not own its socket.
  virtual bool fall_silent() { return false; }
  // Reads at most so many bytes from now on, until the next call or connect(); kReadAll: as many as come. False, and
  // nothing is done, where the engine reads as it likes.
  virtual bool allow_reading(std::uint32_t /*bytes*/) { return false; }
  // What was allowed is used up: what comes stays with the kernel, and then with the broker.
  [[nodiscard]] virtual bool is_held_back() const { return false; }
  static constexpr std::uint32_t kReadAll = 0xFFFF'FFFF;
  // Keep-alive and connect time-out. Call at least twice a second.
  virtual void on_timer(TimePoint now) = 0;
  [[nodiscard]] virtual Backlog backlog() const = 0;
};

}  // namespace fleet::wire::mqtt
