#include "sim/calls/caller_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <string>
#include <utility>

#include "wire/error.h"

namespace fleet::sim {

namespace asio = boost::asio;
using boost::system::error_code;

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

CallerConnection::CallerConnection(asio::io_context& loop, CallerEvents& events) : socket_(loop), events_(events) {}

void CallerConnection::open(const asio::ip::tcp::endpoint& peer, wire::TimePoint now) {
  FLEET_CHECK(state_ == State::closed);
  state_ = State::opening;
  since_ = now;
  const std::uint32_t life = ++life_;
  socket_.async_connect(peer, [this, life](const error_code& error) {
    if (life != life_) return;
    if (error) {
      close();
      events_.on_open_failed(*this, in_words(error));
      return;
    }
    error_code ignored;  // a socket without these still carries calls, only slower
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    state_ = State::idle;
    since_ = wire::read_clock();
    read();
    events_.on_opened(*this);
  });
}

void CallerConnection::send(PreparedRequest& request, const SentCall& call) {
  FLEET_CHECK(state_ == State::idle);
  std::swap(request_, request);
  const std::string_view text = request_.text();
  error_code error;
  written_bytes_ = socket_.write_some(asio::buffer(text.data(), text.size()), error);
  state_ = State::busy;
  since_ = call.written;
  call_ = call;
  answer_.begin();
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

void CallerConnection::read() {
  const std::uint32_t life = life_;
  socket_.async_read_some(asio::buffer(input_), [this, life](const error_code& error, std::size_t bytes) {
    if (life == life_) on_read(error, bytes);
  });
}

void CallerConnection::on_read(const error_code& error, std::size_t bytes) {
  const wire::TimePoint when = wire::read_clock();  // before the answer is taken apart
  if (error) {
    on_ended(error, when);
    return;
  }
  if (state_ == State::idle) {
    close();
    events_.on_idle_closed(*this);
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
    close();
    events_.on_idle_closed(*this);
    return;
  }
  const bool half = answer_.has_begun();
  if (error == asio::error::eof && answer_.end_of_stream() == AnswerReader::Progress::whole) {
    answered(when);
    return;
  }
  close();
  events_.on_call_failed(*this, half ? std::string(kHalfAnAnswer) : in_words(error));
}

void CallerConnection::answered(wire::TimePoint when) {
  if (answer_.reusable() && written_bytes_ == request_.text().size()) {
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
  error_code ignored;
  socket_.close(ignored);
  state_ = State::closed;
}

}  // namespace fleet::sim
