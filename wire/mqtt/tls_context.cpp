#include "wire/mqtt/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "wire/tls_files.h"

namespace fleet::wire::mqtt {
namespace {

Cause cause_of_certificate(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Cause::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Cause::certificate_not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Cause::certificate_self_signed;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return Cause::certificate_unknown_issuer;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Cause::certificate_of_another_name;
    default:
      return Cause::certificate_not_accepted;
  }
}

// Alerts (RFC 8446 §6.2) by which a broker says that our certificate is not what it wants. Before TLS 1.3
// handshake_failure is the word for a certificate that is missing.
bool is_about_our_certificate(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

}  // namespace

Fault handshake_fault(const SSL& session) {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    const long result = SSL_get_verify_result(&session);
    const Cause cause = cause_of_certificate(result);
    return {cause, "the broker's certificate is not accepted: " + std::string(X509_verify_cert_error_string(result))};
  }
  const char* const words = ERR_reason_error_string(ERR_peek_error());
  const std::string text = words == nullptr ? "unknown error" : words;
  if (is_about_our_certificate(reason)) {
    return {Cause::certificate_refused, "the broker refuses our certificate, or wants one: " + text};
  }
  return {Cause::tls_failed, "TLS: " + text};
}

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
