#include "bridge/server/http_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/envelope/rpc_answer.h"

namespace fleet::bridge {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = 64u << 10;    // one read; a call for 100 devices is about 6 KB
constexpr std::size_t kBodiesBytes = 32u << 20;  // of it one largest body is lent: 80 of 256 KB content fit beside it
constexpr std::size_t kSmallBody = 16u << 10;    // bodies up to here are read without asking the budget
constexpr std::size_t kBodyStep = 16u << 10;     // of the budget, in front of what has arrived
// A body that holds room for which others wait must go on by this much in this time. A caller at 128 kbit/s does.
constexpr std::size_t kProgressBytes = 16u << 10;
constexpr std::chrono::seconds kProgressTime{1};
constexpr std::size_t kKeptBody = 64u << 10;     // a larger body's memory is given back at once
constexpr std::size_t kPipelinedMax = 16;        // requests of one connection whose answer is owed
constexpr std::size_t kOutputPause = 64u << 10;  // unsent answers at which no further request is taken
constexpr std::size_t kLingerBytes = 4u << 20;   // read and dropped behind the last answer
constexpr std::chrono::seconds kLinger{1};       // so long may the caller take to read it and close

}  // namespace

ConnectionContext::ConnectionContext(const HttpConfig& http, Backend behind)
    : config(http),
      backend(std::move(behind)),
      limits{http.header_bytes_max, http.body_bytes_max},
      bodies(kBodiesBytes - std::min<std::size_t>(kBodiesBytes, http.body_bytes_max)),
      date(http_date(wire::read_wall_clock())),
      scratch(kReadBytes) {}

HttpConnection::HttpConnection(Socket socket, ConnectionContext& context)
    : socket_(std::move(socket), context.tls ? &*context.tls : nullptr),
      context_(context),
      owed_(1),
      last_active_(wire::read_clock()) {}

void HttpConnection::start(std::list<std::shared_ptr<HttpConnection>>::iterator place) {
  place_ = place;
  wait_readable();
}

void HttpConnection::start_refused(std::list<std::shared_ptr<HttpConnection>>::iterator place, unsigned status) {
  place_ = place;
  refuse(refusal_of(status));
  proceed();
}

void HttpConnection::wait_readable() {
  if (reading_ || closed_ || input_ended_) return;
  reading_ = true;
  socket_.wait_readable([self = shared_from_this()](error_code ec) {
    self->reading_ = false;
    if (!ec && !self->closed_) self->on_readable();
  });
}

void HttpConnection::wait_writable() {
  writing_ = true;
  socket_.wait_writable([self = shared_from_this()](error_code ec) {
    self->writing_ = false;
    if (ec || self->closed_) return;
    self->send_output();
    self->proceed();
  });
}

void HttpConnection::on_readable() {
  if (!wants_input() && !lingers_until_) return;  // proceed() waits again when there is room
  const auto [step, count] = socket_.read_some(context_.scratch);
  if (step != CallerSocket::Step::moved) return on_nothing_read(step);
  if (lingers_until_) {
    lingered_bytes_ += count;
    return lingered_bytes_ > kLingerBytes ? close() : wait_readable();
  }
  last_active_ = wire::read_clock();
  const std::string_view bytes(context_.scratch.data(), count);
  if (input_.empty()) {
    const std::size_t used = take_requests(bytes);
    input_.append(bytes.substr(used));
  } else {
    input_.append(bytes);
    input_.erase(0, take_requests(input_));
  }
  proceed();
}

void HttpConnection::on_nothing_read(CallerSocket::Step step) {
  if (step == CallerSocket::Step::blocked) return wait_readable();
  if (step == CallerSocket::Step::ended) return on_end_of_input();
  if (step != CallerSocket::Step::no_tls) return close();
  ++context_.counts.handshakes_failed;
  refuse(GatewayCode::http_needs_tls);
  proceed();
}

// The caller may have closed its sending side only: what is owed is still answered.
void HttpConnection::on_end_of_input() {
  input_ended_ = true;
  if (lingers_until_) return close();
  last_taken_ = true;
  end_request();
  proceed();
}

bool HttpConnection::wants_input() const {
  return !last_taken_ && !waits_for_budget_ && owed_.size() < kPipelinedMax && output_.size() - sent_ < kOutputPause;
}

void HttpConnection::proceed() {
  if (closed_ || working_) return;
  write_answers();
  while (!closed_ && !input_.empty() && wants_input()) {
    const std::size_t used = take_requests(input_);
    input_.erase(0, used);
    write_answers();
    if (used == 0) break;
  }
  if (closed_) return;
  if (input_.empty() && input_.capacity() > kKeptBody) std::string().swap(input_);
  if (last_taken_ && owed_.empty() && output_.empty()) return end_output();
  if (wants_input() || (lingers_until_ && !input_ended_)) wait_readable();
}

std::size_t HttpConnection::take_requests(std::string_view bytes) {
  std::size_t used = 0;
  working_ = true;
  while (wants_input() && used < bytes.size()) {
    if (!parser_) {
      text_.clear(kKeptBody);
      parser_.emplace(context_.limits, text_);
      request_began_ = request_received_ = last_active_;
    }
    const RequestParser::Step step = parser_->put(bytes.substr(used), used);
    if (step == RequestParser::Step::more) {
      if (text_.body.size() > kSmallBody) take_budget();
      break;
    }
    if (step == RequestParser::Step::header) {
      continue_owed_ = parser_->expects_continue() && !parser_->is_http_1_0() && used == bytes.size();
    }
    if (step == RequestParser::Step::done) take_request();
    if (step == RequestParser::Step::refused) refuse(refusal_of(parser_->refusal()));
  }
  working_ = false;
  return last_taken_ ? bytes.size() : used;
}

// For what has arrived and a step more, and not for what is only declared: who announces a large body and sends nothing
// must keep nobody waiting.
void HttpConnection::take_budget() {
  const std::size_t arrived = text_.body.size();
  if (body_share_.is_lent || arrived < body_share_.bytes) return;
  if (body_share_.bytes == 0) progress_since_ = last_active_;
  const std::size_t more = arrived + kBodyStep - body_share_.bytes;
  if (context_.bodies.take(body_share_, more)) return;
  waits_for_budget_ = true;
  waits_since_ = last_active_;
  context_.bodies.wait(body_share_, more, [self = shared_from_this()] {
    // The one who gives is in the middle of its own work.
    asio::post(self->socket_.get_executor(), [self] { self->on_body_admitted(); });
  });
}

void HttpConnection::on_body_admitted() {
  waits_for_budget_ = false;
  if (closed_ || last_taken_) return end_request();
  last_active_ = wire::read_clock();
  const wire::Nanos waited = last_active_ - waits_since_;  // it was we who did not read
  if (request_began_) *request_began_ += waited;
  progress_since_ += waited;
  proceed();
}

bool HttpConnection::body_stalls(wire::TimePoint now) {
  if (body_share_.bytes == 0 && !body_share_.is_lent) return false;
  if (waits_for_budget_ || owed_.size() >= kPipelinedMax) return false;  // it is we who do not read
  if (text_.body.size() >= progress_bytes_ + kProgressBytes) {
    progress_bytes_ = text_.body.size();
    progress_since_ = now;
  }
  return context_.bodies.waiting() > 0 && now > progress_since_ + kProgressTime;
}

void HttpConnection::take_request() {
  Owed& owed = owe();
  owed.framing.close = !parser_->keeps_alive() || context_.stopping;
  owed.framing.http_1_0 = parser_->is_http_1_0();
  if (owed.framing.close) last_taken_ = true;
  const HttpRequest request = text_.view();
  owed.framing.head = request.method == "HEAD";
  auto page = own_page(request);
  if (!page) return call_api(request, owed);
  owed.answer = *std::move(page);
  owed.ready = true;
  end_request();
}

// What is asked of the bridge itself and no call.
std::optional<HttpAnswer> HttpConnection::own_page(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return {};
  const Backend& backend = context_.backend;
  if (request.path == "/healthz") {
    const bool connected = backend.broker_connected();
    return HttpAnswer{
        connected ? 200U : 503U, "application/json;charset=utf-8",
        connected ? R"({"status":"ok","broker":"connected"})" : R"({"status":"waiting","broker":"away"})"};
  }
  if (request.path == "/metrics" && backend.metrics) return backend.metrics();
  return {};
}

void HttpConnection::call_api(const HttpRequest& request, Owed& owed) {
  owed.is_call = true;
  context_.calls.begin();
  owed.times.received = request_received_;
  owed.called = wire::read_clock();
  auto outcome = context_.backend.call(request, owed.called, wire::read_wall_clock(), owed.times.api);
  end_request();  // the payload was copied out: the body's memory is free before the publishes begin
  if (auto* answer = std::get_if<HttpAnswer>(&outcome)) {
    return settle(owed, std::move(*answer));
  }
  PendingCall& pending = std::get<PendingCall>(outcome);
  owed.action = pending.action;
  owed.finish = std::move(pending.finish);
  owed.outcomes.assign(pending.batches.size(), PublishOutcome::unconfirmed);
  owed.batches_left = pending.batches.size();
  owed.times.planned = wire::read_clock();
  owed.acknowledged = pending.batches.front()->qos != wire::mqtt::Qos::at_most_once;
  const std::uint64_t number = first_owed_ + owed_.size() - 1;
  const bool gather = pending.batches.size() > 1 && context_.backend.hold_writes;
  if (gather) context_.backend.hold_writes(true);
  // `owed` may be gone once the first outcome is told, which may be from inside.
  for (std::size_t i = 0; i < pending.batches.size(); ++i) {
    context_.backend.publish(std::move(pending.batches[i]),
                             [self = shared_from_this(), number, i](const Published& published) {
                               self->on_published(number, i, published);
                             });
  }
  if (gather) context_.backend.hold_writes(false);
}

void HttpConnection::on_published(std::uint64_t number, std::size_t batch, const Published& published) {
  if (closed_ || number < first_owed_) return;
  Owed& owed = owed_[static_cast<std::size_t>(number - first_owed_)];
  if (owed.ready) return;  // already answered as unconfirmed
  owed.outcomes[batch] = published.outcome;
  owed.times.queued = std::max(owed.times.queued, published.queued);
  if (--owed.batches_left > 0) return;
  if (owed.acknowledged && published.outcome == PublishOutcome::done) owed.times.acked = wire::read_clock();
  settle(owed, owed.finish(owed.outcomes));
  if (&owed == &owed_.front()) proceed();
}

// The outcome of a call is known.
void HttpConnection::settle(Owed& owed, HttpAnswer answer) {
  owed.answer = std::move(answer);
  owed.ready = true;
  context_.calls.end(owed.answer, owed.times, wire::read_clock());
}

// An answer of the HTTP layer, behind which the connection ends: its framing is lost. SDKs look for a Code.
void HttpConnection::refuse(GatewayCode code) {
  end_request();
  Owed& owed = owe();
  owed.answer = gateway_answer(false, context_.request_ids.next(), gateway_error(code));
  context_.counts.refuse(owed.answer.status);
  owed.framing.close = true;
  owed.ready = true;
  last_taken_ = true;
}

void HttpConnection::end_request() {
  parser_.reset();
  request_began_.reset();
  continue_owed_ = false;
  if (text_.body.capacity() > kKeptBody) std::string().swap(text_.body);
  if (waits_for_budget_) return;  // comes back here once it is admitted
  progress_bytes_ = 0;
  if (body_share_.bytes > 0 || body_share_.is_lent) context_.bodies.give(body_share_);
}

HttpConnection::Owed& HttpConnection::owe() {
  if (owed_.full()) owed_.set_capacity(owed_.capacity() * 2);
  owed_.push_back({});
  return owed_.back();
}

void HttpConnection::write_answers() {
  while (!owed_.empty() && owed_.front().ready) {
    Owed& owed = owed_.front();
    if (context_.stopping && last_taken_ && owed_.size() == 1) owed.framing.close = true;
    if (owed.is_call) {
      append_call_answer(owed.answer, owed.times, owed.framing, context_.date, output_);
    } else {
      append_answer(owed.answer, owed.framing, context_.date, output_);
    }
    owed_.pop_front();
    ++first_owed_;
  }
  if (continue_owed_ && !waits_for_budget_ && owed_.empty()) {
    continue_owed_ = false;
    output_.append("HTTP/1.1 100 Continue\r\n\r\n");
  }
  if (!writing_) send_output();
}

void HttpConnection::send_output() {
  while (sent_ < output_.size()) {
    const auto [step, count] = socket_.write_some(std::string_view(output_).substr(sent_));
    if (step == CallerSocket::Step::blocked) {
      if (!output_blocked_) output_blocked_ = wire::read_clock();
      return wait_writable();
    }
    if (step != CallerSocket::Step::moved) return close();
    sent_ += count;
    output_blocked_.reset();
  }
  if (output_.capacity() > 2 * kOutputPause) {
    std::string().swap(output_);
  } else {
    output_.clear();
  }
  sent_ = 0;
}

// Closing with unread input would reset the connection, and the last answer might never be read (RFC 9112 §9.6).
void HttpConnection::end_output() {
  if (lingers_until_) return wait_readable();
  if (input_ended_) return close();
  if (!socket_.end_output()) return close();
  lingers_until_ = wire::read_clock() + kLinger;
  wait_readable();
}

void HttpConnection::on_timer(wire::TimePoint now) {
  if (lingers_until_) {
    if (now > *lingers_until_) close();
    return;
  }
  // As long as a request may take; nothing was heard of it before.
  if (socket_.in_handshake() && now > last_active_ + context_.config.header_timeout) return close();
  if (output_blocked_ && now > *output_blocked_ + context_.config.idle_timeout) return close();
  bool answered = false;
  for (Owed& owed : owed_) {
    if (owed.ready || now <= owed.called + context_.config.answer_timeout) continue;
    settle(owed, owed.finish(owed.outcomes));
    answered = true;
  }
  const bool too_long = request_began_ && wants_input() && now > *request_began_ + context_.config.header_timeout;
  if (too_long || body_stalls(now)) {
    refuse(GatewayCode::http_not_ended);
    answered = true;
  }
  if (answered) return proceed();
  if (owed_.empty() && output_.empty() && !request_began_ && now > last_active_ + context_.config.idle_timeout) close();
}

void HttpConnection::drain() {
  if (closed_ || lingers_until_) return;
  on_readable();
  if (closed_ || lingers_until_) return;
  last_taken_ = true;
  end_request();
  if (owed_.empty() && output_.empty()) return close();
  proceed();
}

void HttpConnection::close() {
  if (closed_) return;
  closed_ = true;
  last_taken_ = true;
  if (socket_.in_handshake()) ++context_.counts.handshakes_failed;
  socket_.close();
  for (const Owed& owed : owed_) {
    if (owed.is_call && !owed.ready) context_.calls.end_unanswered(owed.action);
  }
  owed_.clear();
  std::string().swap(input_);
  std::string().swap(output_);
  end_request();
  const auto self = shared_from_this();
  context_.open.erase(place_);
}

}  // namespace fleet::bridge
