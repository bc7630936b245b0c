#include "wire/tls_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace fleet::wire {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;

// Asked for the password of an encrypted key: there is nobody whom a program could ask.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<PrivateKey> read_key(const std::string& path) {
  BIO* const file = BIO_new_file(path.c_str(), "r");
  if (file == nullptr) return environment_error("the key cannot be read: " + take_tls_reason(), path);
  bool is_encrypted = false;
  PrivateKey key(PEM_read_bio_PrivateKey(file, nullptr, refuse_password, &is_encrypted));
  BIO_free(file);
  const std::string reason = take_tls_reason();
  if (is_encrypted) {
    return environment_error(
        "the key is encrypted, and nobody is there to ask for its password; write it without one (openssl pkey)", path);
  }
  if (!key) return environment_error("holds no private key in PEM form (" + reason + ")", path);
  return key;
}

}  // namespace

std::string take_tls_reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

Result<void> check_readable(const std::string& path, const char* what) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe without a writer does not block
  if (file < 0) {
    return environment_error(std::string("the ") + what + " cannot be read: " + std::strerror(errno), path);
  }
  struct stat facts {};
  const bool is_file = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  ::close(file);
  if (!is_file) return environment_error(std::string("the ") + what + " must be a regular file", path);
  return {};
}

Result<void> use_certificate(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  if (auto readable = check_readable(certificate, "certificate"); !readable) return readable;
  if (auto readable = check_readable(key, "key"); !readable) return readable;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return environment_error("holds no certificate that can be used, in PEM form (" + take_tls_reason() + ")",
                             certificate);
  }
  auto read = read_key(key);
  if (!read) return tl::unexpected(read.error());
  if (SSL_CTX_use_PrivateKey(context, read->get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return environment_error("is not the key of the certificate in " + certificate, key);
  }
  return {};
}

}  // namespace fleet::wire
