#include "wire/mqtt/paho/paho_endpoint.h"

#include <mqtt/async_client.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "wire/error.h"
#include "wire/mqtt/paho/batch_book.h"

namespace fleet::wire::mqtt {
namespace {

namespace paho = ::mqtt;

constexpr int kDrainMs = 5'000;                // what disconnect() leaves Paho to finish what is in flight
constexpr std::uint64_t kDeliveryBytes = 256;  // of a message on its way to the loop, beside its topic and payload

void* context_of(std::uint64_t cookie) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(cookie)); }
std::uint64_t cookie_of(const paho::token& token) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
}

ReasonCode reason_of(int code) { return static_cast<ReasonCode>(static_cast<std::uint8_t>(code)); }

// MQTT 3.1.1 §3.2.2.3 as reason codes of 5.0.
ReasonCode reason_of_connack_v311(int code) {
  constexpr ReasonCode kReasons[] = {
      ReasonCode::success,
      ReasonCode::unsupported_protocol_version,
      ReasonCode::client_identifier_not_valid,
      ReasonCode::server_unavailable,
      ReasonCode::bad_user_name_or_password,
      ReasonCode::not_authorized,
  };
  return code > 0 && code <= 5 ? kReasons[code] : ReasonCode::unspecified_error;
}

// The broker's reason in a token, or success where a failure is Paho's own (a lost connection, say). Paho gives it as
// reason code or, for a refused CONNECT and in 3.1.1, as return code; its own return codes are negative, and 0xFF
// stands for "3.1.1 has none".
ReasonCode refusal_in(const paho::token& token) {
  for (const int code : {static_cast<int>(token.get_reason_code()), token.get_return_code()}) {
    if (code >= 0x80 && code < 0xFF) return reason_of(code);
  }
  return ReasonCode::success;
}

// Paho asks for /mqtt where a WebSocket address has no path.
std::string server_uri(const BrokerPlace& broker) {
  const std::string scheme = broker.uses_websocket() ? broker.url.scheme : broker.uses_tls() ? "ssl" : "tcp";
  return scheme + "://" + broker.url.address().text();
}

paho::ssl_options ssl_options(const TlsOptions& tls) {
  paho::ssl_options out;
  if (!tls.ca.empty()) out.set_trust_store(tls.ca);
  if (!tls.certificate.empty()) {
    out.set_key_store(tls.certificate);
    out.set_private_key(tls.key);
  }
  out.set_enable_server_cert_auth(tls.verify);
  out.set_verify(tls.verify);  // the name too
  return out;
}

std::string sentence_of(int return_code) {
  return return_code < 0 ? paho::exception::error_str(return_code) : std::string("the attempt failed");
}

}  // namespace

// Lives on the loop; Paho's threads enter through on_success(), on_failure() and the three lambdas of open_client()
// only, which read constants, count what they bring, and post.
class PahoEndpoint::Core final : public std::enable_shared_from_this<Core>, private paho::iaction_listener {
 public:
  Core(boost::asio::io_context& loop, const EndpointOptions& options, const BrokerPlace& broker, EndpointEvents& events)
      : loop_(loop), options_(options), server_(server_uri(broker)), events_(&events), book_(options) {
    if (broker.uses_tls()) tls_ = broker.tls;
  }

  void connect(const Login& login);
  void subscribe(std::span<const Subscription> filters, std::uint64_t cookie);
  void unsubscribe(std::span<const std::string> filters, std::uint64_t cookie);
  Offer publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie);
  void disconnect(int drain_ms, bool by_us);
  // No event comes from here on. MQTTAsync_destroy waits for Paho's lock, which is held during its callbacks, so none
  // is under way when the client is gone.
  void close() {
    events_ = nullptr;
    drop_client();
    work_.reset();
  }
  [[nodiscard]] Backlog backlog() const { return book_.backlog(); }

 private:
  enum class Phase : std::uint8_t { idle, connecting, up, closing };

  // On Paho's threads.
  void on_success(const paho::token& token) override;
  void on_failure(const paho::token& token) override;
  // False: the bound on what waits for the loop is reached; the message is counted as dropped.
  [[nodiscard]] bool take_arriving(std::uint64_t bytes);
  template <class Step>
  void bring(Step step) {
    boost::asio::post(loop_, [self = shared_from_this(), step = std::move(step)] {
      if (self->events_ != nullptr) step(*self);
    });
  }

  // On the loop.
  void open_client();
  void drop_client();
  void start();
  [[nodiscard]] paho::connect_options connect_options(const Login& login) const;
  void connected(bool session_present);
  void granted(std::uint64_t cookie, const std::vector<ReasonCode>& codes);
  void published(BatchBook::Ticket ticket, ReasonCode reason);
  void publish_failed(std::uint64_t generation, BatchBook::Ticket ticket, int code);
  void send(BatchBook::Ticket ticket);
  void send_unsent();
  [[nodiscard]] const char* closed_text() const { return by_us_ ? "disconnected" : "aborted"; }
  // Ends connection `attempt`, once; Paho may tell of one end twice.
  void end(std::uint64_t attempt, ReasonCode reason, const std::string& detail, Cause cause = Cause::none);

  boost::asio::io_context& loop_;
  const EndpointOptions& options_;
  const std::string server_;
  std::optional<TlsOptions> tls_;
  EndpointEvents* events_;  // null after close()
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  Login login_;
  Phase phase_ = Phase::idle;
  std::atomic<std::uint64_t> attempt_ = 0;  // counts connect(); written on the loop
  bool was_connected_ = false;
  bool by_us_ = false;
  BatchBook book_;
  std::vector<BatchBook::Ticket> unsent_;  // neither in Paho nor done: to be published as new when connected
  // Counts clients made and dropped: what an earlier one says of publishes is not believed.
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<std::uint64_t> arriving_bytes_ = 0;  // of deliveries posted and not run
  std::atomic<std::uint64_t> dropped_ = 0;         // deliveries not yet told to the owner
  bool has_history_ = false;                       // client_ had a connection before this one
  // Last: destroying it calls on_failure() for what is under way.
  std::unique_ptr<paho::async_client> client_;
};

void PahoEndpoint::Core::open_client() {
  drop_client();
  // The new one knows nothing of what the old one had taken.
  unsent_ = book_.unfinished();
  // The book bounds what Paho queues; Paho's own bound of 100 messages would refuse what the book has taken.
  constexpr int kNoBound = std::numeric_limits<int>::max();
  client_ = std::make_unique<paho::async_client>(server_, login_.client_id,
                                                 paho::create_options(static_cast<int>(options_.version), kNoBound));
  client_->set_message_callback([this](const paho::const_message_ptr& message) {
    const std::uint64_t bytes = kDeliveryBytes + message->get_topic().size() + message->get_payload().size();
    if (!take_arriving(bytes)) return;
    bring([message, bytes](Core& core) {
      core.arriving_bytes_ -= bytes;
      const auto& payload = message->get_payload_str();
      core.events_->on_delivery({message->get_topic(), std::as_bytes(std::span(payload)),
                                 static_cast<Qos>(message->get_qos()), message->is_duplicate(),
                                 message->is_retained()});
    });
  });
  client_->set_connection_lost_handler([this](const std::string& cause) {
    bring([cause, attempt = attempt_.load()](Core& core) {
      core.end(attempt, ReasonCode::unspecified_error, cause.empty() ? "connection lost" : "connection lost: " + cause,
               Cause::connection_lost);
    });
  });
  // Paho closes behind a DISCONNECT packet and does not call the handler above.
  client_->set_disconnected_handler([this](const paho::properties&, paho::ReasonCode code) {
    bring([reason = reason_of(static_cast<int>(code)), attempt = attempt_.load()](Core& core) {
      core.end(attempt, reason, "the broker disconnected: " + std::string(reason_name(reason)));
    });
  });
}

bool PahoEndpoint::Core::take_arriving(std::uint64_t bytes) {
  if (arriving_bytes_.fetch_add(bytes) + bytes <= options_.arriving_bytes_max) return true;
  arriving_bytes_ -= bytes;
  if (dropped_.fetch_add(1) == 0) bring([](Core& core) { core.events_->on_dropped(core.dropped_.exchange(0)); });
  return false;
}

void PahoEndpoint::Core::drop_client() {
  ++generation_;
  client_.reset();
  has_history_ = false;
}

paho::connect_options PahoEndpoint::Core::connect_options(const Login& login) const {
  paho::connect_options out;
  out.set_mqtt_version(static_cast<int>(options_.version));
  if (options_.version == Version::v5) {
    out.set_clean_session(false);
    out.set_clean_start(options_.clean_start);
    paho::properties properties;
    if (options_.session_expiry_s > 0) {
      properties.add({paho::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(options_.session_expiry_s)});
    }
    properties.add({paho::property::RECEIVE_MAXIMUM, static_cast<std::int32_t>(options_.receive_maximum)});
    properties.add({paho::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(options_.maximum_packet_size)});
    out.set_properties(std::move(properties));
  } else {
    out.set_clean_session(options_.clean_start);
  }
  out.set_keep_alive_interval(static_cast<int>(options_.keep_alive.count()));
  out.set_connect_timeout(std::chrono::ceil<std::chrono::seconds>(options_.connect_timeout));
  out.set_automatic_reconnect(false);
  out.set_max_inflight(65'535);  // the broker's receive maximum lowers it
  if (tls_) out.set_ssl(ssl_options(*tls_));
  if (const auto& will = login.will) {
    out.set_will(paho::will_options(will->topic, will->payload.data(), will->payload.size(),
                                    static_cast<int>(will->qos), will->retain));
  }
  if (!login.username.empty()) out.set_user_name(login.username);
  if (!login.password.empty()) out.set_password(login.password);
  return out;
}

void PahoEndpoint::Core::connect(const Login& login) {
  FLEET_CHECK(phase_ == Phase::idle);
  phase_ = Phase::connecting;
  ++attempt_;
  was_connected_ = by_us_ = false;
  work_.emplace(boost::asio::make_work_guard(loop_));
  // A clean start leaves nothing that Paho could go on with. Of QoS 2 it must go on where it was. What it sends again
  // of QoS 1 is malformed now and then (1.3.11 frees it too early), so that a new client sends that as new.
  const bool has_to_go_on = book_.backlog().publishes == 0 || book_.holds(Qos::exactly_once);
  const bool keeps_client = client_ && !options_.clean_start && login.client_id == login_.client_id && has_to_go_on;
  login_ = login;
  if (!keeps_client) drop_client();
  start();
}

void PahoEndpoint::Core::start() {
  try {
    if (!client_) open_client();
    client_->connect(connect_options(login_), context_of(attempt_), *this);
  } catch (const std::exception& error) {
    bring([text = std::string(error.what()), attempt = attempt_.load()](Core& core) {
      core.end(attempt, ReasonCode::unspecified_error, text, Cause::other);
    });
  }
}

void PahoEndpoint::Core::subscribe(std::span<const Subscription> filters, std::uint64_t cookie) {
  if (phase_ != Phase::up) return;
  auto topics = std::make_shared<paho::string_collection>();
  std::vector<int> qos;
  for (const Subscription& filter : filters) {
    topics->push_back(filter.filter);
    qos.push_back(static_cast<int>(filter.qos));
  }
  try {
    client_->subscribe(topics, qos, context_of(cookie), *this);
  } catch (const std::exception&) {
    // Not connected any more, which another event says; or a filter that Paho itself refuses.
    bring([cookie, count = filters.size()](Core& core) {
      core.granted(cookie, std::vector<ReasonCode>(count, ReasonCode::topic_filter_invalid));
    });
  }
}

void PahoEndpoint::Core::unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) {
  if (phase_ != Phase::up) return;
  auto topics = std::make_shared<paho::string_collection>();
  for (const std::string& filter : filters) topics->push_back(filter);
  try {
    client_->unsubscribe(topics, context_of(cookie), *this);
  } catch (const std::exception&) {
    bring([cookie](Core& core) { core.events_->on_unsubscribed(cookie); });
  }
}

Offer PahoEndpoint::Core::publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) {
  if (phase_ != Phase::up) return Offer::not_connected;
  const std::size_t count = batch->size();
  BatchBook::Ticket first = 0;
  const Offer offer = book_.take(std::move(batch), cookie, first);
  if (offer != Offer::queued) return offer;
  for (std::size_t i = 0; i < count; ++i) send(first + i);
  return offer;
}

void PahoEndpoint::Core::send(BatchBook::Ticket ticket) {
  const PublishBatch* batch = book_.find(ticket);
  if (batch == nullptr) return;
  const std::span<const std::byte> payload = batch->payload_bytes();
  try {
    client_->publish(std::string(batch->topic(BatchBook::index_of(ticket))), payload.data(), payload.size(),
                     static_cast<int>(batch->qos), batch->retain, context_of(ticket), *this);
  } catch (const paho::exception& error) {
    bring([ticket, generation = generation_.load(), code = error.get_return_code()](Core& core) {
      core.publish_failed(generation, ticket, code);
    });
  }
}

void PahoEndpoint::Core::send_unsent() {
  for (const BatchBook::Ticket ticket : std::exchange(unsent_, {})) send(ticket);
}

void PahoEndpoint::Core::disconnect(int drain_ms, bool by_us) {
  if (phase_ != Phase::connecting && phase_ != Phase::up) return;
  by_us_ = by_us;
  if (phase_ == Phase::up) {
    phase_ = Phase::closing;
    try {
      client_->disconnect(drain_ms, context_of(attempt_), *this);
      return;
    } catch (const std::exception&) {
      // The connection was lost a moment ago.
    }
  }
  phase_ = Phase::closing;
  drop_client();  // Paho cannot take back a connect; and nothing more is to be heard of this attempt
  bring([attempt = attempt_.load()](Core& core) { core.end(attempt, ReasonCode::success, core.closed_text()); });
}

void PahoEndpoint::Core::on_success(const paho::token& token) {
  const std::uint64_t cookie = cookie_of(token);
  switch (token.get_type()) {
    case paho::token::CONNECT:
      bring([present = token.get_connect_response().is_session_present()](Core& core) { core.connected(present); });
      return;
    case paho::token::SUBSCRIBE: {
      std::vector<ReasonCode> codes;
      const auto response = token.get_subscribe_response();  // the list below is a reference into it
      for (const auto code : response.get_reason_codes()) {
        codes.push_back(reason_of(static_cast<int>(code)));
      }
      bring([cookie, codes = std::move(codes)](Core& core) { core.granted(cookie, codes); });
      return;
    }
    case paho::token::UNSUBSCRIBE:
      bring([cookie](Core& core) { core.events_->on_unsubscribed(cookie); });
      return;
    case paho::token::PUBLISH:
      bring([cookie, refusal = refusal_in(token)](Core& core) { core.published(cookie, refusal); });
      return;
    case paho::token::DISCONNECT:
      bring([cookie](Core& core) { core.end(cookie, ReasonCode::success, core.closed_text()); });
      return;
  }
}

void PahoEndpoint::Core::on_failure(const paho::token& token) {
  const std::uint64_t cookie = cookie_of(token);
  const ReasonCode refusal = refusal_in(token);
  const int code = token.get_return_code();
  switch (token.get_type()) {
    case paho::token::CONNECT: {
      const ReasonCode reason = is_failure(refusal)                 ? refusal
                                : options_.version == Version::v311 ? reason_of_connack_v311(code)
                                                                    : ReasonCode::unspecified_error;
      const bool by_broker = is_failure(refusal) || (options_.version == Version::v311 && code >= 1 && code <= 5);
      std::string detail = by_broker ? "the broker refused the connection: " + std::string(reason_name(reason))
                                     : "connect to " + server_ + ": " + sentence_of(code);
      const Cause cause = by_broker ? Cause::none : Cause::other;
      bring(
          [cookie, reason, cause, detail = std::move(detail)](Core& core) { core.end(cookie, reason, detail, cause); });
      return;
    }
    case paho::token::SUBSCRIBE:
      if (!is_failure(refusal)) return;  // the connection was lost; on_disconnected() says so
      bring([cookie, codes = std::vector<ReasonCode>(token.get_topics()->size(), refusal)](Core& core) {
        core.granted(cookie, codes);
      });
      return;
    case paho::token::UNSUBSCRIBE:
      return;
    case paho::token::PUBLISH:
      if (is_failure(refusal)) {
        bring([cookie, refusal](Core& core) { core.published(cookie, refusal); });
      } else {
        bring([cookie, code, generation = generation_.load()](Core& core) {
          core.publish_failed(generation, cookie, code);
        });
      }
      return;
    case paho::token::DISCONNECT:
      bring([cookie](Core& core) { core.end(cookie, ReasonCode::success, core.closed_text()); });
      return;
  }
}

void PahoEndpoint::Core::connected(bool session_present) {
  if (phase_ != Phase::connecting) return;
  if (!session_present && has_history_ && book_.backlog().publishes > 0) {
    // Paho forgets, without a word, the publishes of a session that the broker has lost. A new client tells us which.
    drop_client();
    start();
    return;
  }
  has_history_ = true;
  phase_ = Phase::up;
  was_connected_ = true;
  send_unsent();
  events_->on_connected(session_present);
}

void PahoEndpoint::Core::granted(std::uint64_t cookie, const std::vector<ReasonCode>& codes) {
  if (phase_ == Phase::up) events_->on_subscribed(cookie, codes);
}

void PahoEndpoint::Core::published(BatchBook::Ticket ticket, ReasonCode reason) {
  BatchBook::Finished finished;
  if (book_.finish(ticket, reason, finished)) events_->on_published(finished.cookie, finished.worst);
  if (book_.take_room()) events_->on_room();
}

void PahoEndpoint::Core::publish_failed(std::uint64_t generation, BatchBook::Ticket ticket, int code) {
  if (generation != generation_) return;  // open_client() has taken care of it
  switch (code) {
    case MQTTASYNC_FAILURE:
    case MQTTASYNC_DISCONNECTED:
    case MQTTASYNC_OPERATION_INCOMPLETE:
      unsent_.push_back(ticket);  // the connection is lost; another event says so
      return;
    default:
      published(ticket, ReasonCode::implementation_specific_error);
  }
}

void PahoEndpoint::Core::end(std::uint64_t attempt, ReasonCode reason, const std::string& detail, Cause cause) {
  if (phase_ == Phase::idle || attempt != attempt_) return;
  phase_ = Phase::idle;
  work_.reset();
  events_->on_disconnected(
      {by_us_ ? ReasonCode::success : reason, was_connected_, by_us_, detail, by_us_ ? Cause::none : cause});
}

PahoEndpoint::PahoEndpoint(boost::asio::io_context& loop, const EndpointOptions& options, const BrokerPlace& broker,
                           EndpointEvents& events)
    : core_(std::make_shared<Core>(loop, options, broker, events)) {}

PahoEndpoint::~PahoEndpoint() { core_->close(); }

void PahoEndpoint::connect(const Login& login) { core_->connect(login); }
void PahoEndpoint::subscribe(std::span<const Subscription> filters, std::uint64_t cookie) {
  core_->subscribe(filters, cookie);
}
void PahoEndpoint::unsubscribe(std::span<const std::string> filters, std::uint64_t cookie) {
  core_->unsubscribe(filters, cookie);
}
Offer PahoEndpoint::publish(std::shared_ptr<const PublishBatch> batch, std::uint64_t cookie) {
  return core_->publish(std::move(batch), cookie);
}
void PahoEndpoint::disconnect() { core_->disconnect(kDrainMs, true); }
void PahoEndpoint::abort() { core_->disconnect(0, false); }
void PahoEndpoint::on_timer(TimePoint) {}
Backlog PahoEndpoint::backlog() const { return core_->backlog(); }

}  // namespace fleet::wire::mqtt
