// Certificates for one run: a CA that nobody else trusts, and what it signs for a started broker and its devices.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "wire/error.h"

namespace fleet::sim {

// What a certificate says. Keys are of the curve P-256.
struct CertificateWish {
  std::string common_name;
  std::vector<std::string> names{};  // DNS names and addresses that it stands for
  // From now; a negative `end` makes one that has expired.
  std::chrono::seconds begin = -std::chrono::hours(24);  // clocks differ
  std::chrono::seconds end = std::chrono::hours(24 * 30);
};

// In PEM form.
struct Certificate {
  std::string certificate;
  std::string key;
};

// Signs certificates; its key is never written down. Any thread, one at a time.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name);
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  [[nodiscard]] Certificate issue(const CertificateWish& wish) const;
  // Its own certificate, in PEM form.
  [[nodiscard]] std::string certificate() const;

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const;
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const;
  };
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

// A certificate that is signed by nobody but itself.
[[nodiscard]] Certificate self_signed(const CertificateWish& wish);

// The files of a run with target.broker.tls.
struct RunCertificates {
  std::string ca;
  std::string broker_certificate, broker_key;  // for 127.0.0.1 and localhost
  std::string fleet_certificate, fleet_key;    // of devices, consumers and the bridge, for mutual TLS
};

// Where they lie in a run's directory.
[[nodiscard]] RunCertificates run_certificates(const std::string& directory);
// Makes them anew and writes them into `directory`, which exists. Errors: environment.
[[nodiscard]] wire::Result<void> write_certificates(const std::string& directory);

}  // namespace fleet::sim
