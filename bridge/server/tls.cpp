#include "bridge/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spdlog/spdlog.h>

#include <string>

#include "wire/tls_files.h"

namespace fleet::bridge {
namespace {

// Callers would refuse it, but who watches the log may still be in time.
void warn_if_expired(const SSL_CTX* context, const std::string& path) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    spdlog::warn("the certificate in {} has expired", path);
  }
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

wire::Result<TlsContext> TlsContext::load(const TlsConfig& config) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const raw = context.get();
  if (raw == nullptr) return wire::environment_error("OpenSSL cannot begin: " + wire::take_tls_reason());
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // An end without close_notify is an end: what HTTP has not framed whole is not taken as whole.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);

  if (const auto used = wire::use_certificate(raw, config.certificate, config.key); !used) {
    return tl::unexpected(used.error());
  }
  warn_if_expired(raw, config.certificate);
  return context;
}

void TlsSession::Free::operator()(SSL* session) const { SSL_free(session); }

TlsSession::TlsSession(const TlsContext& context, int socket) : session_(SSL_new(context.get())) {
  FLEET_CHECK(session_ != nullptr);  // out of memory, as everywhere
  SSL_set_fd(session_.get(), socket);
  SSL_set_accept_state(session_.get());
}

TlsSession::Step TlsSession::step_after(int result) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_room;
    case SSL_ERROR_ZERO_RETURN:
      over_ = Step::ended;
      break;
    case SSL_ERROR_SSL:
      over_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST ? Step::no_handshake : Step::failed;
      break;
    default:
      over_ = Step::failed;
      break;
  }
  ERR_clear_error();
  return *over_;
}

TlsSession::Moved TlsSession::read(std::span<char> into) {
  Moved moved;
  while (!over_ && moved.bytes < into.size()) {
    std::size_t count = 0;
    ERR_clear_error();
    const std::span<char> rest = into.subspan(moved.bytes);
    const int result = SSL_read_ex(session_.get(), rest.data(), rest.size(), &count);
    moved.bytes += count;
    if (result == 1) continue;
    const Step step = step_after(result);
    if (moved.bytes == 0) moved.step = step;
    return moved;
  }
  if (moved.bytes == 0) moved.step = over_.value_or(Step::moved);
  return moved;
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
  if (over_ && *over_ != Step::ended) return {*over_, 0};
  Moved moved;
  ERR_clear_error();
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &moved.bytes);
  if (result != 1) moved.step = step_after(result);
  return moved;
}

void TlsSession::end() {
  if (told_end_ || !established() || (over_ && *over_ != Step::ended)) return;
  told_end_ = true;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

bool TlsSession::established() const { return SSL_is_init_finished(session_.get()) == 1; }

bool TlsSession::has_pending() const { return over_ || SSL_pending(session_.get()) > 0; }

}  // namespace fleet::bridge
