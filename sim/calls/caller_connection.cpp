#include "sim/calls/caller_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "wire/error.h"

namespace fleet::sim {

namespace asio = boost::asio;
using boost::system::error_code;
using Step = wire::TlsSession::Step;

namespace {

std::string in_words(const error_code& error) {
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == asio::error::timed_out) return "connect timeout";
  if (error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return "connection closed";
  }
  return error.message();
}

}  // namespace

CallerConnection::CallerConnection(asio::io_context& loop, CallerEvents& events, const wire::mqtt::TlsContext* tls)
    : socket_(loop), events_(events), tls_context_(tls) {}

void CallerConnection::open(const asio::ip::tcp::endpoint& peer, wire::TimePoint now) {
  FLEET_CHECK(state_ == State::closed);
  state_ = State::opening;
  since_ = now;
  const std::uint32_t life = ++life_;
  socket_.async_connect(peer, [this, life](const error_code& error) {
    if (life != life_) return;
    if (error) return open_failed(in_words(error));
    error_code ignored;  // a socket without these still carries calls, only slower
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    if (tls_context_ == nullptr) return opened();
    tls_ = wire::TlsSession::of_client(tls_context_->get(), socket_.native_handle(), tls_context_->server_name());
    shake_hands();
  });
}

void CallerConnection::shake_hands() {
  switch (tls_->shake_hands()) {
    case Step::moved:
      return opened();
    case Step::wants_input:
      return wait(Socket::wait_read, &CallerConnection::shake_hands);
    case Step::wants_room:
      return wait(Socket::wait_write, &CallerConnection::shake_hands);
    case Step::ended:
    case Step::no_handshake:
    case Step::failed:
      break;
  }
  tls_failed();
}

void CallerConnection::tls_failed() {
  const wire::mqtt::Cause cause = tls_->cause();
  is_hopeless_ = wire::mqtt::is_lasting(cause);
  if (!refusal().empty()) return open_failed(refusal());
  open_failed(cause == wire::mqtt::Cause::none ? "connection closed" : wire::mqtt::cause_name(cause));
}

std::string_view CallerConnection::refusal() const {
  return tls_ && tls_->cause() == wire::mqtt::Cause::certificate_refused ? kCertificateRefused : std::string_view();
}

void CallerConnection::opened() {
  state_ = State::idle;
  since_ = wire::read_clock();
  read();
  events_.on_opened(*this);
}

void CallerConnection::open_failed(std::string_view why) {
  close();
  events_.on_open_failed(*this, why);
}

void CallerConnection::wait(Socket::wait_type what, void (CallerConnection::*then)()) {
  const std::uint32_t life = life_;
  socket_.async_wait(what, [this, life, then](const error_code& error) {
    if (life == life_ && error != asio::error::operation_aborted) (this->*then)();
  });
}

void CallerConnection::send(PreparedRequest& request, const SentCall& call) {
  FLEET_CHECK(state_ == State::idle);
  std::swap(request_, request);
  const std::string_view text = request_.text();
  error_code error;
  written_bytes_ = tls_ ? 0 : socket_.write_some(asio::buffer(text.data(), text.size()), error);
  state_ = State::busy;
  since_ = call.written;
  call_ = call;
  answer_.begin();
  if (tls_) return write_tls();
  // An error other than a full socket is left to the read under way: it ends with the same news, and an answer that
  // the peer sent before it closed is not lost.
  if (written_bytes_ < text.size() && (!error || error == asio::error::would_block)) write_rest();
}

void CallerConnection::write_rest() {
  const std::string_view rest = request_.text().substr(written_bytes_);
  const std::uint32_t life = life_;
  socket_.async_write_some(asio::buffer(rest.data(), rest.size()),
                           [this, life](const error_code& error, std::size_t bytes) {
                             if (life != life_ || error) return;
                             written_bytes_ += bytes;
                             if (written_bytes_ < request_.text().size()) write_rest();
                           });
}

// An error is left to the read under way, as without TLS.
void CallerConnection::write_tls() {
  while (written_bytes_ < request_.text().size()) {
    const wire::TlsSession::Moved moved = tls_->write(request_.text().substr(written_bytes_));
    written_bytes_ += moved.bytes;
    if (moved.step == Step::wants_room) return wait(Socket::wait_write, &CallerConnection::write_tls);
    if (moved.step == Step::wants_input) return wait(Socket::wait_read, &CallerConnection::write_tls);
    if (moved.step != Step::moved) return;
  }
}

void CallerConnection::read() {
  const std::uint32_t life = life_;
  if (tls_ && tls_->has_pending()) {
    return asio::post(socket_.get_executor(), [this, life] {
      if (life == life_) read_tls();
    });
  }
  if (tls_) return wait(Socket::wait_read, &CallerConnection::read_tls);
  socket_.async_read_some(asio::buffer(input_), [this, life](const error_code& error, std::size_t bytes) {
    if (life == life_) on_read(error, bytes);
  });
}

void CallerConnection::read_tls() {
  const wire::TlsSession::Moved moved = tls_->read(input_);
  switch (moved.step) {
    case Step::moved:
      return on_read({}, moved.bytes);
    case Step::wants_input:
      return wait(Socket::wait_read, &CallerConnection::read_tls);
    case Step::wants_room:
      return wait(Socket::wait_write, &CallerConnection::read_tls);
    case Step::ended:
      return on_read(asio::error::eof, 0);
    case Step::no_handshake:
    case Step::failed:
      return on_read(asio::error::connection_reset, 0);
  }
}

void CallerConnection::on_read(const error_code& error, std::size_t bytes) {
  const wire::TimePoint when = wire::read_clock();  // before the answer is taken apart
  if (error) {
    on_ended(error, when);
    return;
  }
  if (state_ == State::idle) {
    const std::string_view why = refusal();
    close();
    events_.on_idle_closed(*this, why);
    return;
  }
  switch (answer_.feed({input_.data(), bytes})) {
    case AnswerReader::Progress::more:
      read();
      return;
    case AnswerReader::Progress::whole:
      answered(when);
      return;
    case AnswerReader::Progress::broken:
      close();
      events_.on_call_failed(*this, "bad answer");
      return;
  }
}

void CallerConnection::on_ended(const error_code& error, wire::TimePoint when) {
  if (state_ == State::idle) {
    const std::string_view why = refusal();
    close();
    events_.on_idle_closed(*this, why);
    return;
  }
  const bool half = answer_.has_begun();
  const std::string_view refused = refusal();
  if (error == asio::error::eof && answer_.end_of_stream() == AnswerReader::Progress::whole) {
    answered(when);
    return;
  }
  close();
  if (!refused.empty()) return events_.on_call_failed(*this, refused);
  events_.on_call_failed(*this, half ? std::string(kHalfAnAnswer) : in_words(error));
}

// Over TLS many a server says with the last answer that the connection ends, and a call that were sent behind it would
// be lost.
bool CallerConnection::is_quiet() {
  std::array<char, 64> behind;
  return !tls_ || tls_->read(behind).step == Step::wants_input;
}

void CallerConnection::answered(wire::TimePoint when) {
  if (answer_.reusable() && written_bytes_ == request_.text().size() && is_quiet()) {
    state_ = State::idle;
    since_ = when;
    read();
  } else {
    close();
  }
  events_.on_answered(*this, answer_, when);
}

void CallerConnection::close() {
  ++life_;
  if (tls_) tls_->end();
  tls_.reset();
  error_code ignored;
  socket_.close(ignored);
  state_ = State::closed;
}

}  // namespace fleet::sim
