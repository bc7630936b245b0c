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

}  // namespace fleet::bridge
