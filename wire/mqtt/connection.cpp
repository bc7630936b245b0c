#include "wire/mqtt/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

constexpr int kReadsPerTurn = 4;   // of 256 KiB at most
constexpr int kTellsPerTurn = 16;  // how often an owner that publishes from on_published() is served at once

std::string address_of(const boost::asio::ip::tcp::endpoint& endpoint) {
  return Address{endpoint.address().to_string(), endpoint.port()}.text();
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// Says that an object is at work, also when an event ends the scope early.
class BusyScope {
 public:
  explicit BusyScope(bool& busy) : busy_(busy), outer_(busy) { busy_ = true; }
  ~BusyScope() { busy_ = outer_; }
  BusyScope(const BusyScope&) = delete;
  BusyScope& operator=(const BusyScope&) = delete;
  [[nodiscard]] bool is_nested() const { return outer_; }

 private:
  bool& busy_;
  const bool outer_;
};

}  // namespace

Connection::Connection(ConnectionContext& context, const EndpointOptions& options, const NativeOptions& native,
                       EndpointEvents& events)
    : context_(context), events_(events), session_(&options), options_(options), native_(native) {}

std::string Connection::connect_text() const { return "connect to " + address_of(native_.broker) + ": "; }

Connection::~Connection() {
  if (posted_) *posted_ = nullptr;
  close_transport();
  release_window();
}

void Connection::connect(const Login& login) {
  FLEET_CHECK(phase_ == Phase::idle);
  const TimePoint now = read_clock();
  deadline_ = now + options_.connect_timeout;
  phase_ = Phase::opening;
  was_connected_ = by_us_ = write_blocked_ = silent_ = asks_again_ = false;
  write_error_ = 0;
  may_read_ = kReadAll;
  {
    // Encoded now, so that the login need not be kept; it waits in control_ for the TCP handshake.
    ActionsLease actions(context_);
    session_.connect(login, now, *actions);
    append_control(actions->output);
    if (!actions->events.empty()) {
      const Event& refusal = actions->events.front();
      end(refusal.reason, std::string(refusal.detail));
      return;
    }
  }
  const Transport::Outcome opened = transport_.open(native_, context_.scratch());
  if (opened.status == Transport::Status::failed) return end(connect_text(), opened.error);
  if (options_.receive_buffer_bytes != 0) transport_.limit_receive_buffer(options_.receive_buffer_bytes);
  interest_ = opened.status == Transport::Status::done ? EPOLLIN : EPOLLIN | EPOLLOUT;
  if (!context_.readiness().add(transport_.socket(), interest_, *this)) {
    interest_ = 0;
    return end("the socket cannot be watched: ", errno);
  }
  if (opened.status == Transport::Status::done) {
    phase_ = Phase::greeting;
    settle(now);
  }
}

void Connection::subscribe(std::span<const Subscription> filters, std::uint64_t cookie) {
  if (!is_live()) return;
  const TimePoint now = read_clock();
  ActionsLease actions(context_);
  session_.subscribe(filters, cookie, now, *actions);
  apply(*actions, now);
  settle(now);
}

void Connection::unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) {
  if (!is_live()) return;
  const TimePoint now = read_clock();
  ActionsLease actions(context_);
  session_.unsubscribe(filters, cookie, now, *actions);
  apply(*actions, now);
  settle(now);
}

Offer Connection::publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) {
  if (phase_ != Phase::up) return Offer::not_connected;
  if (!outbox_) outbox_ = std::make_unique<Outbox>(options_);
  const Offer offer = outbox_->offer(std::move(batch), cookie, session_.peer_maximum_packet_size());
  if (offer == Offer::queued && !busy_ && !held_ && !write_blocked_) settle(read_clock());
  return offer;
}

void Connection::release_writes() {
  held_ = false;
  if (is_live() && !busy_ && !write_blocked_) settle(read_clock());
}

void Connection::disconnect() {
  switch (phase_) {
    case Phase::idle:
    case Phase::ending:
    case Phase::draining:
    case Phase::lingering:
      return;
    case Phase::opening:
    case Phase::greeting:
      by_us_ = true;
      end(ReasonCode::success, "disconnected before the broker answered");
      return;
    case Phase::up:
      by_us_ = true;
      if (silent_) return end(ReasonCode::success, "disconnected while half open");
      phase_ = Phase::draining;
      const TimePoint now = read_clock();
      deadline_ = now + kDrainTime;
      settle(now);
      return;
  }
}

void Connection::abort() { end(ReasonCode::success, "aborted"); }

void Connection::reset() {
  if (transport_.is_open()) transport_.prepare_reset();
  end(ReasonCode::success, "reset");
}

bool Connection::allow_reading(std::uint32_t bytes) {
  if (transport_.has_layers()) return false;  // which keep bytes of their own, and tell no event of them
  if (phase_ == Phase::idle || phase_ == Phase::ending) return true;
  const bool was_held_back = is_held_back();
  may_read_ = bytes;
  if (!was_held_back || bytes == 0 || silent_) return true;
  asks_again_ = true;  // what waits in the socket was told before, and is not told again by itself
  if (!busy_) update_interest();
  return true;
}

bool Connection::fall_silent() {
  if (phase_ != Phase::up) return false;
  if (interest_ != 0) context_.readiness().remove(transport_.socket(), *this);
  interest_ = 0;
  silent_ = true;
  return true;
}

void Connection::on_timer(TimePoint now) {
  switch (phase_) {
    case Phase::idle:
    case Phase::ending:
      return;
    case Phase::opening:
    case Phase::greeting:
      if (now >= deadline_) {
        const std::string awaited = phase_ == Phase::opening ? transport_.awaited() : "CONNACK from";
        end(ReasonCode::unspecified_error,
            "no " + awaited + " " + address_of(native_.broker) + " within " + seconds_text(options_.connect_timeout),
            Cause::no_answer);
      }
      return;
    case Phase::lingering:
      if (now >= deadline_) end(ReasonCode::success, "disconnected");
      return;
    case Phase::draining:
      if (now >= deadline_) {
        send_disconnect(now);
        return;
      }
      [[fallthrough]];
    case Phase::up: {
      transport_.rest();
      ActionsLease actions(context_);
      session_.on_timer(now, *actions);
      if (actions->events.empty() && actions->output.empty()) return;
      apply(*actions, now);
      settle(now);
      return;
    }
  }
}

void Connection::on_ready(std::uint32_t events, TimePoint now) {
  if (phase_ == Phase::opening) {
    const Transport::Outcome opened = transport_.finish_open();
    if (opened.status == Transport::Status::would_block) {
      if (opened.more) context_.readiness().modify(transport_.socket(), interest_, *this);
      return;
    }
    if (opened.status == Transport::Status::failed) return end(connect_text(), opened.error);
    phase_ = Phase::greeting;
    if (transport_.has_layers()) {
      const BusyScope busy(busy_);
      receive(false, now);
    }
  } else {
    if ((events & EPOLLOUT) != 0) write_blocked_ = false;
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) {
      const BusyScope busy(busy_);
      receive((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || write_error_ != 0, now);
    }
    if (write_error_ != 0) end("connection lost: ", write_error_);
  }
  settle(now);
}

void Connection::receive(bool to_the_end, TimePoint now) {
  for (int read = 0; read < kReadsPerTurn; ++read) {
    const std::span<std::byte> whole = context_.receive_buffer();
    const std::span<std::byte> buffer = whole.first(std::min<std::size_t>(whole.size(), may_read_));
    if (buffer.empty()) return;
    const Transport::Outcome outcome = transport_.read(buffer);
    switch (outcome.status) {
      case Transport::Status::would_block:
        return;
      case Transport::Status::ended:
        end(ReasonCode::unspecified_error,
            phase_ == Phase::lingering  ? "disconnected"
            : phase_ == Phase::greeting ? "the broker closed the connection instead of answering"
                                        : "the broker closed the connection",
            Cause::closed_by_broker);
        return;
      case Transport::Status::failed:
        return end("connection lost: ", outcome.error);
      case Transport::Status::done:
        break;
    }
    if (may_read_ != kReadAll) may_read_ -= static_cast<std::uint32_t>(outcome.bytes);
    if (phase_ != Phase::lingering) {
      ActionsLease actions(context_);
      session_.on_bytes(buffer.first(outcome.bytes), now, *actions);
      apply(*actions, now);
    }
    if (!transport_.is_open()) return;
    if (!outcome.more && !to_the_end) return;
  }
  asks_again_ = true;
}

// Events first: what the owner stamps should not wait for the acknowledgement to be written.
void Connection::apply(Actions& actions, TimePoint now) {
  const BusyScope busy(busy_);
  for (const Event& event : actions.events) {
    if (event.kind == Event::Kind::closed) {
      append_control(actions.output);
      flush(now);  // the DISCONNECT packet, if the socket takes it
      end(event.reason, std::string(event.detail));
      return;
    }
    tell(event);
    if (!transport_.is_open()) return;  // the owner aborted
  }
  append_control(actions.output);
}

void Connection::tell(const Event& event) {
  switch (event.kind) {
    case Event::Kind::connected:
      phase_ = Phase::up;
      was_connected_ = true;
      events_.on_connected(event.session_present);
      return;
    case Event::Kind::subscribed:
      events_.on_subscribed(event.cookie, event.granted);
      return;
    case Event::Kind::unsubscribed:
      events_.on_unsubscribed(event.cookie);
      return;
    case Event::Kind::delivery:
      events_.on_delivery(event.delivery);
      return;
    case Event::Kind::acknowledged:
      outbox_->acknowledged(event.cookie, event.reason);
      return;
    case Event::Kind::resend:
      outbox_->resend(event.cookie, event.packet_id);
      return;
    case Event::Kind::renew:
      outbox_->renew(event.cookie);
      return;
    case Event::Kind::closed:
      return;
  }
}

void Connection::settle(TimePoint now) {
  const BusyScope busy(busy_);
  if (busy.is_nested() || !transport_.is_open()) return;
  bool is_settled = false;
  for (int turn = 0; turn < kTellsPerTurn && !is_settled; ++turn) {
    flush(now);
    is_settled = !tell_progress();
    if (!transport_.is_open()) return;
  }
  // The owner publishes again and again from inside its events: the other connections' turn.
  if (!is_settled) write_blocked_ = asks_again_ = true;
  if (phase_ == Phase::draining) drain(now);
  if (transport_.is_open()) update_interest();
}

bool Connection::tell_progress() {
  if (!outbox_) return false;
  bool has_told = false;
  for (Outbox::Finished finished; outbox_->take_finished(finished); has_told = true) {
    events_.on_published(finished.cookie, finished.worst);
  }
  if (outbox_->take_room()) {
    has_told = true;
    events_.on_room();
  }
  return has_told;
}

void Connection::drain(TimePoint now) {
  if (backlog().publishes == 0 && !window_) send_disconnect(now);
}

void Connection::send_disconnect(TimePoint now) {
  phase_ = Phase::lingering;
  deadline_ = now + kLingerTime;
  if (window_) {
    // The backlog did not go out in time, and nothing may follow half a publish.
    end(ReasonCode::success, "disconnected with publishes unsent: the broker does not read");
    return;
  }
  ActionsLease actions(context_);
  session_.disconnect(ReasonCode::success, *actions);
  append_control(actions->output);
  flush(now);
  // The broker's close is to be seen behind whatever was held back.
  may_read_ = kReadAll;
  asks_again_ = true;
  update_interest();
}

void Connection::close_transport() {
  if (!transport_.is_open()) return;
  if (interest_ != 0) context_.readiness().remove(transport_.socket(), *this);
  interest_ = 0;
  transport_.close();
}

void Connection::end(const std::string& what, int error) {
  const Fault fault = transport_.fault(error);
  end(ReasonCode::unspecified_error, what + fault.text, fault.cause);
}

void Connection::end(ReasonCode reason, std::string detail, Cause cause) {
  if (phase_ == Phase::idle || phase_ == Phase::ending) return;
  close_transport();
  {
    ActionsLease actions(context_);
    session_.on_transport_lost(*actions);
  }
  if (outbox_) outbox_->note_lost(window_.get());
  release_window();
  release_control();
  phase_ = Phase::ending;
  end_reason_ = by_us_ ? ReasonCode::success : reason;
  end_cause_ = by_us_ ? Cause::none : cause;
  end_detail_ = std::move(detail);
  posted_ = std::make_shared<Connection*>(this);
  boost::asio::post(context_.loop(), [self = posted_] {
    if (*self != nullptr) (*self)->tell_disconnected();
  });
}

void Connection::tell_disconnected() {
  phase_ = Phase::idle;
  posted_.reset();
  const std::string detail = std::exchange(end_detail_, {});
  (void)tell_progress();  // what was finished just before the end
  events_.on_disconnected({end_reason_, was_connected_, by_us_, detail, end_cause_});
}

}  // namespace fleet::wire::mqtt
