// Certificates and keys in PEM files, for either end of TLS.
#pragma once

#include <openssl/types.h>

#include <string>

#include "wire/error.h"

namespace fleet::wire {

// OpenSSL's words for the first thing that went wrong on this thread, and none left behind.
[[nodiscard]] std::string take_tls_reason();

// Gives `context` the certificate, the chain behind it, and its private key. Environment errors, each with the file: it
// cannot be read; it holds no certificate or no key in PEM form; the key is encrypted; it is not the certificate's; it
// is too short for this OpenSSL.
[[nodiscard]] Result<void> use_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key);

// Environment error with the file where it cannot be opened or is no regular file. `what` names it: "certificate".
[[nodiscard]] Result<void> check_readable(const std::string& path, const char* what);

}  // namespace fleet::wire
