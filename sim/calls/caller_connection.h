// One keep-alive HTTP/1.1 connection of a caller, over TCP or TLS: one request at a time, its answer or its end
// reported.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/calls/answer_reader.h"
#include "sim/calls/request.h"
#include "wire/clock.h"
#include "wire/mqtt/tls_context.h"
#include "wire/tls_session.h"

namespace fleet::sim {

class CallerConnection;

// Why a call failed whose answer began and did not come whole: the peer closed, or the call's time was over.
inline constexpr std::string_view kHalfAnAnswer = "half an answer";
// The bridge does not take our certificate, or wants one and got none. TLS 1.3 says so behind the handshake only.
inline constexpr std::string_view kCertificateRefused = "certificate refused by the bridge";

// A call as its connection remembers it.
struct SentCall {
  std::uint64_t number = 0;
  wire::TimePoint written{};
  bool measured = false;
};

// Called on the connection's loop, never from inside open(), send() or close(). From inside an event every verb may be
// called.
class CallerEvents {
 public:
  virtual void on_opened(CallerConnection& connection) = 0;
  // The attempt failed: "connection refused", "connect timeout", "certificate expired" and other names of
  // wire::mqtt::Cause, kCertificateRefused, or the system's words.
  virtual void on_open_failed(CallerConnection& connection, std::string_view why) = 0;
  // A whole answer, read at `when`; the reader is good until the next send(). The connection is idle, or closed where
  // it cannot be used again.
  virtual void on_answered(CallerConnection& connection, const AnswerReader& answer, wire::TimePoint when) = 0;
  // The request's outcome stays unknown: "connection closed", "half an answer", "bad answer", or the system's words.
  // Closed.
  virtual void on_call_failed(CallerConnection& connection, std::string_view why) = 0;
  // The peer closed, or sent what nobody asked for, between calls. Closed. `why`: kCertificateRefused; usually empty.
  virtual void on_idle_closed(CallerConnection& connection, std::string_view why) = 0;

 protected:
  ~CallerEvents() = default;
};

// Owned by a call player; lives on the callers' loop and is destroyed before the loop is.
class CallerConnection {
 public:
  enum class State : std::uint8_t { closed, opening, idle, busy };

  // `events` and `tls` outlive the connection. `tls`: null for http.
  CallerConnection(boost::asio::io_context& loop, CallerEvents& events, const wire::mqtt::TlsContext* tls = nullptr);
  ~CallerConnection() { close(); }
  CallerConnection(const CallerConnection&) = delete;
  CallerConnection& operator=(const CallerConnection&) = delete;

  // Only while closed. on_opened() or on_open_failed() follows.
  void open(const boost::asio::ip::tcp::endpoint& peer, wire::TimePoint now);
  // Only while idle. Takes the request's buffer and leaves its own of an earlier call in exchange. The first bytes are
  // given to the kernel before this returns; `call` comes back through call().
  void send(PreparedRequest& request, const SentCall& call);
  // At once and without an event, whatever is under way.
  void close();

  [[nodiscard]] State state() const { return state_; }
  // When the state was entered; for busy: when the request was written.
  [[nodiscard]] wire::TimePoint since() const { return since_; }
  // The one sent last.
  [[nodiscard]] const SentCall& call() const { return call_; }
  // Another attempt to open it fails like the last one, before somebody changes a certificate.
  [[nodiscard]] bool is_hopeless() const { return is_hopeless_; }
  // Of the answer to it; also when the connection is closed.
  [[nodiscard]] bool answer_has_begun() const { return answer_.has_begun(); }

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  static constexpr std::size_t kReadBytes = 4096;  // an answer of the API has a few hundred bytes

  void shake_hands();
  void opened();
  void open_failed(std::string_view why);
  void tls_failed();
  // What the TLS session knows better than the socket; empty: nothing.
  [[nodiscard]] std::string_view refusal() const;
  // Goes on when the socket is ready, if this is still the same life of it.
  void wait(Socket::wait_type what, void (CallerConnection::*then)());
  void read();
  void read_tls();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void write_rest();
  void write_tls();
  void on_ended(const boost::system::error_code& error, wire::TimePoint when);
  void answered(wire::TimePoint when);
  // Nothing has come behind the answer, no end either.
  [[nodiscard]] bool is_quiet();

  Socket socket_;
  CallerEvents& events_;
  const wire::mqtt::TlsContext* const tls_context_;
  std::optional<wire::TlsSession> tls_;  // of this life of the socket
  bool is_hopeless_ = false;
  State state_ = State::closed;
  // Handlers of an earlier life of the socket recognise themselves by it.
  std::uint32_t life_ = 0;
  wire::TimePoint since_{};
  SentCall call_;
  PreparedRequest request_;
  std::size_t written_bytes_ = 0;  // of request_.text()
  AnswerReader answer_;
  std::array<char, kReadBytes> input_{};
};

}  // namespace fleet::sim
