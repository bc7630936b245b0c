#include "wire/mqtt/connection.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "wire/error.h"

namespace fleet::wire::mqtt {
namespace {

constexpr int kReadsPerTurn = 4;    // of 256 KiB at most
constexpr int kWritesPerTurn = 16;  // windows of about 256 KiB
constexpr int kTellsPerTurn = 16;   // how often an owner that publishes from on_published() is served at once
// Acknowledgements that a broker asks for and does not read; beyond this we stop reading until it does.
constexpr std::size_t kControlBytesMax = 64 * 1024;

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
  const TcpTransport::Outcome opened = transport_.open(native_.broker, native_.local_address);
  if (opened.status == TcpTransport::Status::failed) {
    end(ReasonCode::unspecified_error,
        "connect to " + address_of(native_.broker) + ": " + describe_errno(opened.error));
    return;
  }
  interest_ = opened.status == TcpTransport::Status::done ? EPOLLIN : EPOLLIN | EPOLLOUT;
  if (!context_.readiness().add(transport_.socket(), interest_, *this)) {
    interest_ = 0;
    end(ReasonCode::unspecified_error, "the socket cannot be watched: " + describe_errno(errno));
    return;
  }
  if (opened.status == TcpTransport::Status::done) {
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
        end(ReasonCode::unspecified_error, (phase_ == Phase::opening ? "no TCP connection to " : "no CONNACK from ") +
                                               address_of(native_.broker) + " within " +
                                               seconds_text(options_.connect_timeout));
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
    const TcpTransport::Outcome opened = transport_.finish_open();
    if (opened.status == TcpTransport::Status::failed) {
      end(ReasonCode::unspecified_error,
          "connect to " + address_of(native_.broker) + ": " + describe_errno(opened.error));
      return;
    }
    phase_ = Phase::greeting;
  } else {
    if ((events & EPOLLOUT) != 0) write_blocked_ = false;
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) {
      const BusyScope busy(busy_);
      receive((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || write_error_ != 0, now);
    }
    if (write_error_ != 0) end(ReasonCode::unspecified_error, "connection lost: " + describe_errno(write_error_));
  }
  settle(now);
}

void Connection::receive(bool to_the_end, TimePoint now) {
  const std::span<std::byte> buffer = context_.receive_buffer();
  for (int read = 0; read < kReadsPerTurn; ++read) {
    const TcpTransport::Outcome outcome = transport_.read(buffer);
    switch (outcome.status) {
      case TcpTransport::Status::would_block:
        return;
      case TcpTransport::Status::ended:
        end(ReasonCode::unspecified_error, phase_ == Phase::lingering ? "disconnected"
                                           : phase_ == Phase::greeting
                                               ? "the broker closed the connection instead of answering"
                                               : "the broker closed the connection");
        return;
      case TcpTransport::Status::failed:
        end(ReasonCode::unspecified_error, "connection lost: " + describe_errno(outcome.error));
        return;
      case TcpTransport::Status::done:
        break;
    }
    if (phase_ != Phase::lingering) {
      ActionsLease actions(context_);
      session_.on_bytes(buffer.first(outcome.bytes), now, *actions);
      apply(*actions, now);
    }
    if (!transport_.is_open()) return;
    if (outcome.bytes < buffer.size() && !to_the_end) return;
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

void Connection::flush(TimePoint now) {
  if (silent_) return release_control();  // sent, and lost
  for (int write = 0; write < kWritesPerTurn; ++write) {
    if (write_blocked_) return;
    // A control packet cannot go into the middle of a publish: the window that is on its way goes first.
    if (!window_ && !control_.empty()) {
      if (!flush_control()) return;
    }
    if (!flush_window(now)) return;
  }
  write_blocked_ = asks_again_ = true;  // the other connections' turn; the socket is writable and will say so
}

bool Connection::flush_control() {
  const iovec rest{control_.data() + control_written_, control_.size() - control_written_};
  const TcpTransport::Outcome outcome = transport_.write({&rest, 1});
  control_written_ += outcome.bytes;
  if (!took_all(outcome, rest.iov_len)) return false;
  release_control();
  if (phase_ == Phase::lingering) transport_.finish_writing();
  return true;
}

// True when a window was written and there may be more to do.
bool Connection::flush_window(TimePoint now) {
  if (!window_) {
    if (!is_live() || !outbox_ || !outbox_->has_unplaced()) return false;
    window_ = context_.windows().take();
    window_->clear();
    outbox_->fill(session_, now, *window_);
    if (window_->done()) {
      release_window();
      return false;
    }
  }
  const std::span<const iovec> pieces = window_->unwritten();
  const TcpTransport::Outcome outcome = transport_.write(pieces);
  if (outcome.status == TcpTransport::Status::done) {
    outbox_->note_written(*window_, outcome.bytes);
    session_.note_written(now);
  }
  if (window_->done()) {
    release_window();
    return true;
  }
  (void)took_all(outcome, outcome.bytes + 1);
  return false;
}

bool Connection::took_all(const TcpTransport::Outcome& outcome, std::size_t offered) {
  if (outcome.status == TcpTransport::Status::failed) {
    // The broker's last words may still be there to read, and not from inside a verb: asking again brings them, or
    // whatever else holds, so that an error without a word ends the connection too.
    write_error_ = outcome.error;
    write_blocked_ = asks_again_ = true;
    return false;
  }
  if (outcome.bytes == offered) return true;
  write_blocked_ = asks_again_ = true;  // it may have room again already, and would not say so by itself
  return false;
}

void Connection::append_control(std::span<const std::byte> packets) {
  if (packets.empty()) return;
  if (control_.capacity() == 0) control_ = context_.take_buffer();
  control_.insert(control_.end(), packets.begin(), packets.end());
}

void Connection::release_control() {
  if (control_.capacity() != 0) context_.give_back_buffer(std::exchange(control_, {}));
  control_written_ = 0;
}

void Connection::release_window() {
  if (!window_) return;
  window_->clear();  // lets go of the batches
  context_.windows().give_back(std::move(window_));
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
  update_interest();
}

void Connection::update_interest() {
  if (silent_) return;
  const std::uint32_t interest = (control_.size() - control_written_ <= kControlBytesMax ? EPOLLIN : 0u) |
                                 (write_blocked_ || phase_ == Phase::opening ? EPOLLOUT : 0u);
  if (interest == interest_ && !asks_again_) return;
  interest_ = interest;
  asks_again_ = false;
  context_.readiness().modify(transport_.socket(), interest, *this);
}

void Connection::close_transport() {
  if (!transport_.is_open()) return;
  if (interest_ != 0) context_.readiness().remove(transport_.socket(), *this);
  interest_ = 0;
  transport_.close();
}

void Connection::end(ReasonCode reason, std::string detail) {
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
  events_.on_disconnected({end_reason_, was_connected_, by_us_, detail});
}

Result<boost::asio::ip::tcp::endpoint> resolve_broker(const Address& broker) {
  using boost::asio::ip::tcp;
  if (broker.host == "localhost") return tcp::endpoint(boost::asio::ip::address_v4::loopback(), broker.port);
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(broker.host, error);
  if (!error) return tcp::endpoint(literal, broker.port);
  boost::asio::io_context loop;
  tcp::resolver resolver(loop);
  const auto found = resolver.resolve(broker.host, std::to_string(broker.port), error);
  if (error || found.empty()) {
    return environment_error("the name of the broker is not known: " + error.message(), "mqtt://" + broker.text());
  }
  return found.begin()->endpoint();
}

}  // namespace fleet::wire::mqtt
