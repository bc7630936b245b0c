#include "wire/mqtt/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "wire/tls_files.h"

namespace fleet::wire::mqtt {

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<TlsContext> TlsContext::load(const TlsOptions& options, const std::string& host) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const raw = context.get();
  if (raw == nullptr) return environment_error("OpenSSL cannot begin: " + take_tls_reason());
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // An end without close_notify is an end: MQTT tells whole packets from others by itself.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(raw, 1);  // one system call for header and body of a record, and for several records

  if (!options.ca.empty()) {
    if (const auto readable = check_readable(options.ca, "CA file"); !readable) return tl::unexpected(readable.error());
    if (SSL_CTX_load_verify_file(raw, options.ca.c_str()) != 1) {
      return environment_error("holds no certificate of a CA in PEM form (" + take_tls_reason() + ")", options.ca);
    }
  } else {
    SSL_CTX_set_default_verify_paths(raw);
  }
  if (!options.certificate.empty()) {
    if (const auto used = use_certificate(raw, options.certificate, options.key); !used) {
      return tl::unexpected(used.error());
    }
  }
  SSL_CTX_set_verify(raw, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  X509_VERIFY_PARAM* const wanted = SSL_CTX_get0_param(raw);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1) {
    ERR_clear_error();
    context.server_name_ = host;
    if (X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size()) != 1) {
      return environment_error("'" + host + "' is no name that a certificate can have: " + take_tls_reason());
    }
  }
  ERR_clear_error();
  return context;
}

}  // namespace fleet::wire::mqtt
