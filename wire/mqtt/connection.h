// The native engine: our own MQTT session over TCP, TLS or WebSocket in an Asio loop, made for thousands of connections
// a loop.
#pragma once

#include <sys/uio.h>

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/connection_context.h"
#include "wire/mqtt/endpoint.h"
#include "wire/mqtt/native_options.h"
#include "wire/mqtt/outbox.h"
#include "wire/mqtt/readiness.h"
#include "wire/mqtt/session.h"
#include "wire/mqtt/transport.h"

namespace fleet::wire::mqtt {

// One MQTT connection of one device, consumer or publisher. Lives on the loop of its context, which outlives it, as do
// the options and the owner's events. May be destroyed at any time on its loop, except inside one of its own events.
//
// Receiving: on readiness the socket is read into the loop's shared buffer and the session sees the bytes there; at
// most kReadsPerTurn reads, so that no connection starves the others. A quiet connection holds no buffer.
//
// Sending: control packets go first, then publishes in the order they were offered, as gathered writes of headers and
// the shared payload. What the socket does not take waits in the outbox (bounded by the options) until it is writable.
// A QoS 0 batch counts as published when its last byte is in the socket; QoS 0 publishes that were not wholly written
// when a connection was lost go out on the next one, those written before may be lost with it.
//
// Verbs while there is no connection: subscribe() and unsubscribe() do nothing (on_disconnected() has come or is about
// to), publish() answers not_connected, disconnect() and abort() do nothing when on_disconnected() was the last event.
// on_disconnected() never comes from inside a verb. on_published() and on_room() may come from inside publish(),
// on_subscribed() and on_unsubscribed() from inside their verbs where nothing can be sent.
class Connection final : public Endpoint, private Watcher {
 public:
  Connection(ConnectionContext& context, const EndpointOptions& options, const NativeOptions& native,
             EndpointEvents& events);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void connect(const Login& login) override;
  void subscribe(std::span<const Subscription> filters, std::uint64_t cookie) override;
  void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) override;
  Offer publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) override;
  void hold_writes() override { held_ = true; }
  void release_writes() override;
  // Waits up to kDrainTime for the backlog (written, and acknowledged above QoS 0) before the DISCONNECT packet.
  void disconnect() override;
  void abort() override;
  void reset() override;
  bool fall_silent() override;
  bool allow_reading(std::uint32_t bytes) override;
  [[nodiscard]] bool is_held_back() const override { return may_read_ == 0; }
  void on_timer(TimePoint now) override;
  [[nodiscard]] Backlog backlog() const override { return outbox_ ? outbox_->backlog() : Backlog{}; }

  static constexpr std::chrono::seconds kDrainTime{5};   // SIGTERM of the bridge allows 5 s in all
  static constexpr std::chrono::seconds kLingerTime{1};  // for the broker to close behind our DISCONNECT

 private:
  enum class Phase : std::uint8_t {
    idle,       // before connect(), after on_disconnected()
    opening,    // handshakes of TCP and of what lies above it
    greeting,   // CONNECT on its way or sent, CONNACK awaited
    up,         // connected
    draining,   // disconnect() was called, the backlog goes out
    lingering,  // DISCONNECT on its way or sent, the broker's close awaited
    ending,     // closed, on_disconnected() is posted
  };

  void on_ready(std::uint32_t events, TimePoint now) override;
  // Reads what there is, or a turn's worth; `to_the_end`: until the end of the stream.
  void receive(bool to_the_end, TimePoint now);
  void apply(Actions& actions, TimePoint now);
  void tell(const Event& event);
  // Writes, tells what is finished, and goes on with disconnect(); the end of every verb and of every readiness.
  void settle(TimePoint now);
  // on_published() and on_room() where due; false: nothing was.
  bool tell_progress();
  void flush(TimePoint now);
  bool flush_control();
  bool flush_window(TimePoint now);
  // False: the socket took a part or nothing; waits for writability, or for the error to be read.
  bool took_all(const Transport::Outcome& outcome, std::size_t offered);
  void append_control(std::span<const std::byte> packets);
  void release_control();
  void release_window();
  void drain(TimePoint now);
  void send_disconnect(TimePoint now);
  void update_interest();
  void close_transport();
  // Closes and posts on_disconnected(). Does nothing when there is no connection.
  void end(ReasonCode reason, std::string detail, Cause cause = Cause::none);
  // The same for what the transport reports; `what` stands in front of its sentence.
  void end(const std::string& what, int error);
  // "connect to HOST:PORT: "
  [[nodiscard]] std::string connect_text() const;
  void tell_disconnected();

  [[nodiscard]] bool is_live() const { return phase_ == Phase::up || phase_ == Phase::draining; }

  // What each delivery touches comes first, so that it shares few cache lines.
  ConnectionContext& context_;
  EndpointEvents& events_;
  Transport transport_;
  std::uint32_t interest_ = 0;  // EPOLL* bits in force; 0: not watched
  Phase phase_ = Phase::idle;
  ReasonCode end_reason_ = ReasonCode::success;
  Cause end_cause_ = Cause::none;
  bool was_connected_ = false;
  bool by_us_ = false;                   // disconnect() was called
  bool write_blocked_ = false;           // EPOLLOUT is awaited
  bool busy_ = false;                    // inside on_ready() or a verb's settle(): verbs only queue
  bool held_ = false;                    // between hold_writes() and release_writes(): publish() only queues
  std::uint32_t may_read_ = kReadAll;    // bytes that allow_reading() has left
  bool silent_ = false;                  // fall_silent() was called: the socket is neither read nor written
  bool asks_again_ = false;              // there is more to read or write than one turn allows
  std::unique_ptr<Outbox> outbox_;       // from the first publish on
  std::unique_ptr<WriteWindow> window_;  // borrowed from the context while a window is on its way
  std::vector<std::byte> control_;       // control packets the socket has not taken
  Session session_;
  const EndpointOptions& options_;
  std::size_t control_written_ = 0;
  int write_error_ = 0;   // of the transport: what there is to read is read, and then the connection ends
  TimePoint deadline_{};  // opening, greeting, draining, lingering
  // Points to this while on_disconnected() is posted.
  std::shared_ptr<Connection*> posted_;
  std::string end_detail_;
  const NativeOptions native_;
};

}  // namespace fleet::wire::mqtt
