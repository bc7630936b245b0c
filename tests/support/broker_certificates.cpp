#include "tests/support/broker_certificates.h"

namespace fleet::tests {

BrokerCertificates::BrokerCertificates() : ca_("test CA") {
  const sim::Certificate broker = ca_.issue({.common_name = "broker", .names = {"127.0.0.1", "localhost"}});
  const sim::Certificate client = ca_.issue({.common_name = "client"});
  ca_file_ = write("ca.pem", ca_.certificate());
  certificate_ = write("broker.pem", broker.certificate);
  key_ = write("broker.key", broker.key);
  client_certificate_ = write("client.pem", client.certificate);
  client_key_ = write("client.key", client.key);
}

const BrokerCertificates& BrokerCertificates::shared() {
  static const BrokerCertificates all;
  return all;
}

wire::mqtt::TlsOptions BrokerCertificates::trusting() const { return {.ca = ca_file_}; }

wire::mqtt::TlsOptions BrokerCertificates::mutual() const {
  return {.ca = ca_file_, .certificate = client_certificate_, .key = client_key_};
}

std::string BrokerCertificates::listener() const {
  return "cafile " + ca_file_ + "\ncertfile " + certificate_ + "\nkeyfile " + key_ + "\n";
}

std::string BrokerCertificates::mutual_listener() const { return listener() + "require_certificate true\n"; }

std::string BrokerCertificates::listener_with(const sim::Certificate& certificate) const {
  return "certfile " + write("other.pem", certificate.certificate) + "\nkeyfile " +
         write("other.key", certificate.key) + "\n";
}

std::string BrokerCertificates::write(const std::string& name, const std::string& text) const {
  return directory_.write(name, text).string();
}

}  // namespace fleet::tests
