#include "wire/mqtt/tls_layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <utility>

#include "wire/error.h"
#include "wire/mqtt/piece_walk.h"

namespace fleet::wire::mqtt {

// OpenSSL's reads and writes as those of TcpTransport: no SIGPIPE, no retry after a signal, and no read of a socket
// that is known to be empty.
struct SocketBio {
  static TlsLayer& layer_of(BIO* bio) { return *static_cast<TlsLayer*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    TlsLayer& layer = layer_of(bio);
    BIO_clear_retry_flags(bio);
    if (!layer.may_pull_) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const Layer::Outcome outcome =
        layer.socket_.read(std::as_writable_bytes(std::span(into, static_cast<std::size_t>(size))));
    switch (outcome.status) {
      case Layer::Status::done:
        layer.drained_ = !outcome.more;
        return static_cast<int>(outcome.bytes);
      case Layer::Status::would_block:
        layer.drained_ = true;
        BIO_set_retry_read(bio);
        return -1;
      case Layer::Status::ended:
        layer.socket_ended_ = true;
        return 0;
      case Layer::Status::failed:
        layer.socket_error_ = outcome.error;
        return -1;
    }
    return -1;
  }

  static int write(BIO* bio, const char* bytes, int size) {
    TlsLayer& layer = layer_of(bio);
    BIO_clear_retry_flags(bio);
    const iovec piece{const_cast<char*>(bytes), static_cast<std::size_t>(size)};  // sendmsg() reads it only
    const Layer::Outcome outcome = layer.socket_.write({&piece, 1});
    if (outcome.status == Layer::Status::done) return static_cast<int>(outcome.bytes);
    if (outcome.status == Layer::Status::would_block) {
      BIO_set_retry_write(bio);
    } else {
      layer.socket_error_ = outcome.error;
    }
    return -1;
  }

  static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return layer_of(bio).socket_ended_ ? 1 : 0;
    return 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tcp transport");
      FLEET_CHECK(method != nullptr);
      BIO_meth_set_read(method, &SocketBio::read);
      BIO_meth_set_write(method, &SocketBio::write);
      BIO_meth_set_ctrl(method, &SocketBio::control);
      return method;
    }();
    return made;
  }
};

namespace {

// What one read of the socket may bring, decrypted: OpenSSL's buffer holds a record with its overhead.
constexpr std::size_t kPullBytes = 20 * 1024;

}  // namespace

void TlsLayer::Free::operator()(SSL* session) const { SSL_free(session); }

TlsLayer::TlsLayer(TcpTransport& socket, const TlsContext& context, std::span<std::byte> scratch)
    : session_(SSL_new(context.get())), socket_(socket), scratch_(scratch.first(kRecordBytes)) {
  BIO* const bio = BIO_new(SocketBio::method());
  FLEET_CHECK(session_ != nullptr && bio != nullptr);  // out of memory, as everywhere
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  SSL_set_connect_state(session_.get());
  if (!context.server_name().empty()) SSL_set_tlsext_host_name(session_.get(), context.server_name().c_str());
}

TlsLayer::~TlsLayer() = default;

Layer::Outcome TlsLayer::shake_hands() {
  if (over_.status != Status::done) return over_;
  ERR_clear_error();
  may_pull_ = true;
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    established_ = true;
    return {};
  }
  const Outcome outcome = after(result);
  const bool is_closed = outcome.status == Status::ended ||
                         (outcome.status == Status::failed && (outcome.error == ECONNRESET || outcome.error == EPIPE));
  if (!is_closed) return outcome;
  return fail({Cause::tls_failed, "the broker closed the connection during the TLS handshake"});
}

Layer::Outcome TlsLayer::read(std::span<std::byte> into) {
  if (over_.status != Status::done) return over_;
  quiet_turns_ = 0;
  drained_ = false;
  Outcome outcome;
  while (outcome.bytes < into.size()) {
    // What OpenSSL has taken from the socket must fit, for no event would tell of it; and once there is something to
    // give, a socket that has just been emptied is not asked again.
    may_pull_ = into.size() - outcome.bytes >= kPullBytes && !(drained_ && outcome.bytes > 0);
    std::size_t count = 0;
    ERR_clear_error();
    const std::span<std::byte> rest = into.subspan(outcome.bytes);
    const int result = SSL_read_ex(session_.get(), rest.data(), rest.size(), &count);
    outcome.bytes += count;
    if (result == 1) continue;
    const Outcome end = after(result);
    if (outcome.bytes == 0) return end;
    outcome.more = !drained_ || end.status != Status::would_block;
    return outcome;
  }
  outcome.more = true;
  return outcome;
}

Layer::Outcome TlsLayer::write(std::span<const iovec> pieces) {
  if (over_.status == Status::failed) return over_;
  quiet_turns_ = 0;
  Outcome outcome;
  PieceWalk walk(pieces);
  for (;;) {
    const std::span<const std::byte> record = walk.look(scratch_);
    if (record.empty()) return outcome;
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(session_.get(), record.data(), record.size(), &count);
    if (result != 1) {
      const Outcome end = after(result);
      return outcome.bytes == 0 ? end : outcome;
    }
    outcome.bytes += count;
    walk.advance(count);
  }
}

void TlsLayer::finish_writing() {
  if (established_ && over_.status != Status::failed) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }
  socket_.finish_writing();
}

void TlsLayer::rest() {
  if (quiet_turns_ < kQuietTurns && ++quiet_turns_ == kQuietTurns) SSL_free_buffers(session_.get());
}

Layer::Outcome TlsLayer::after(int result) {
  const int error = SSL_get_error(session_.get(), result);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return {Status::would_block, 0, 0, false};
    case SSL_ERROR_WANT_WRITE:
      return {Status::would_block, 0, 0, true};
    case SSL_ERROR_ZERO_RETURN:
      over_ = {Status::ended, 0, 0, false};
      break;
    default:
      if (socket_error_ != 0) {
        over_ = {Status::failed, 0, socket_error_, false};
      } else if (error == SSL_ERROR_SYSCALL && socket_ended_) {
        over_ = {Status::ended, 0, 0, false};
      } else {
        over_ = fail(tls_fault());
      }
      break;
  }
  ERR_clear_error();
  return over_;
}

Layer::Outcome TlsLayer::fail(Fault fault) {
  fault_ = std::move(fault);
  over_ = {Status::failed, 0, kLayerError, false};
  return over_;
}

Fault TlsLayer::tls_fault() const {
  Fault fault = handshake_fault(*session_);
  if (established_ && fault.cause == Cause::tls_failed) fault.cause = Cause::connection_lost;
  return fault;
}

}  // namespace fleet::wire::mqtt
