// One HTTP connection of a caller: requests in, answers out in the order of the requests.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/envelope/gateway_error.h"
#include "bridge/metrics/call_books.h"
#include "bridge/request_ids.h"
#include "bridge/server/answer_text.h"
#include "bridge/server/backend.h"
#include "bridge/server/body_budget.h"
#include "bridge/server/caller_socket.h"
#include "bridge/server/http_counts.h"
#include "bridge/server/request_parser.h"
#include "wire/clock.h"

namespace fleet::bridge {

class HttpConnection;

// What the connections of one server share. Owned by the server, outlives their use of it; one loop.
struct ConnectionContext {
  ConnectionContext(const HttpConfig& http, Backend behind);

  HttpConfig config;
  Backend backend;
  RequestLimits limits;
  BodyBudget bodies;
  std::string date;               // http_date() of this second
  std::vector<char> scratch;      // what a read takes in; used within one event only
  std::optional<TlsContext> tls;  // absent: plain HTTP
  CallBooks calls{call_names()};
  HttpCounts counts;
  RequestIds request_ids;                           // of what no API sees
  std::list<std::shared_ptr<HttpConnection>> open;  // all connections that are not closed
  bool stopping = false;
};

// Owned by the context's list, and by its own calls until their outcome is known. All on the server's loop.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Socket = CallerSocket::Socket;

  // `socket` is connected and does not block; it speaks TLS where the context does.
  HttpConnection(Socket socket, ConnectionContext& context);

  // Begins to read. The connection is in the context's list at `place` by then.
  void start(std::list<std::shared_ptr<HttpConnection>>::iterator place);
  // Answers `status` without reading a request, and closes.
  void start_refused(std::list<std::shared_ptr<HttpConnection>>::iterator place, unsigned status);
  // Time-outs: a request that does not end, a body that stalls while others wait for its room, an idle caller, one that
  // does not take its answers, a call that the broker does not acknowledge. May close the connection.
  void on_timer(wire::TimePoint now);
  // Takes what has already arrived, answers what was accepted, then closes.
  void drain();
  // Ends the connection now. Answers that are owed are dropped; their publishes go on.
  void close();

 private:
  // An answer that is owed, in the order of the requests.
  struct Owed {
    wire::TimePoint called{};  // the request was whole
    bool ready = false;
    bool is_call = false;
    std::string_view action{};  // of a call that is not ready: PendingCall's
    bool acknowledged = false;  // QoS 1: `times.acked` will be known
    AnswerFraming framing;
    CallTimes times;
    std::function<HttpAnswer(std::span<const PublishOutcome>)> finish;  // PendingCall's
    std::vector<PublishOutcome> outcomes;                               // one a batch; unconfirmed until known
    std::size_t batches_left = 0;
    HttpAnswer answer;  // when ready
  };

  void wait_readable();
  void wait_writable();
  void on_readable();
  void on_nothing_read(CallerSocket::Step step);
  void on_end_of_input();
  // Does all that can be done without waiting: requests out of input_, answers to the socket, end of the connection.
  void proceed();
  [[nodiscard]] bool wants_input() const;
  [[nodiscard]] std::size_t take_requests(std::string_view bytes);
  void take_budget();
  void on_body_admitted();
  [[nodiscard]] bool body_stalls(wire::TimePoint now);
  void take_request();
  [[nodiscard]] std::optional<HttpAnswer> own_page(const HttpRequest& request) const;
  void call_api(const HttpRequest& request, Owed& owed);
  void settle(Owed& owed, HttpAnswer answer);
  void on_published(std::uint64_t number, std::size_t batch, const Published& published);
  void refuse(GatewayCode code);
  void end_request();
  Owed& owe();
  void write_answers();
  void send_output();
  void end_output();

  CallerSocket socket_;
  ConnectionContext& context_;
  std::list<std::shared_ptr<HttpConnection>>::iterator place_;
  RequestText text_;
  std::optional<RequestParser> parser_;
  std::string input_;   // arrived and not yet consumed
  std::string output_;  // answers not yet taken by the socket, from sent_ on
  std::size_t sent_ = 0;
  boost::circular_buffer<Owed> owed_;
  std::uint64_t first_owed_ = 0;      // number of the request that owed_.front() answers
  BodyBudget::Share body_share_;      // of the request that is being read
  wire::TimePoint waits_since_{};     // for the budget
  wire::TimePoint progress_since_{};  // with progress_bytes_ of that body read
  std::size_t progress_bytes_ = 0;
  wire::TimePoint request_received_{};            // first byte of the request that is being read
  std::optional<wire::TimePoint> request_began_;  // the same, for its time-out: without our own delays
  std::optional<wire::TimePoint> output_blocked_;
  std::optional<wire::TimePoint> lingers_until_;
  wire::TimePoint last_active_{};
  std::size_t lingered_bytes_ = 0;
  bool reading_ = false;  // a wait for input is under way
  bool writing_ = false;  // a wait for room is under way
  bool working_ = false;  // inside proceed() or below it: answers are gathered
  bool waits_for_budget_ = false;
  bool continue_owed_ = false;  // "100 Continue", behind the answers that are owed
  bool last_taken_ = false;     // no request is taken any more
  bool input_ended_ = false;
  bool closed_ = false;
};

}  // namespace fleet::bridge
