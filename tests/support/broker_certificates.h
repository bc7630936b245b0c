// Certificates of a broker and its devices, and the lines that make Mosquitto use them.
#pragma once

#include <string>

#include "sim/launch/certificates.h"
#include "tests/support/temp_dir.h"
#include "wire/mqtt/tls_context.h"

namespace fleet::tests {

// Files in a temporary directory. The broker's certificate is for 127.0.0.1 and localhost.
class BrokerCertificates {
 public:
  BrokerCertificates();

  // One set for the whole program.
  static const BrokerCertificates& shared();

  // For clients: trust the CA; the same with a certificate of their own.
  [[nodiscard]] wire::mqtt::TlsOptions trusting() const;
  [[nodiscard]] wire::mqtt::TlsOptions mutual() const;
  // Lines of a listener in mosquitto.conf: TLS; the same for clients with a certificate only.
  [[nodiscard]] std::string listener() const;
  [[nodiscard]] std::string mutual_listener() const;
  // TLS with another certificate than the right one.
  [[nodiscard]] std::string listener_with(const sim::Certificate& certificate) const;

  // Who has signed them.
  [[nodiscard]] const sim::CertificateAuthority& ca() const { return ca_; }
  [[nodiscard]] std::string ca_file() const { return ca_file_; }
  // Writes a file beside the others; returns its path.
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

 private:
  TempDir directory_;
  sim::CertificateAuthority ca_;
  std::string ca_file_;
  std::string certificate_, key_;  // of the broker
  std::string client_certificate_, client_key_;
};

}  // namespace fleet::tests
