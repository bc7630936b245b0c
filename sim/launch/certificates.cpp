#include "sim/launch/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <string_view>
#include <utility>

#include "sim/launch/files.h"

namespace fleet::sim {

namespace {

// What OpenSSL does here fails for want of memory only.
EVP_PKEY* make_key() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  FLEET_CHECK(key != nullptr);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  FLEET_CHECK(extension != nullptr);
  FLEET_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// "DNS:localhost,IP:127.0.0.1"
std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const bool is_address =
        name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
    text += (text.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + name;
  }
  return text;
}

// A certificate over `key`'s public half; with `issuer` null it is its own issuer. `is_ca`: it may sign others.
X509* make_certificate(const CertificateWish& wish, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, bool is_ca) {
  X509* const certificate = X509_new();
  FLEET_CHECK(certificate != nullptr);
  std::array<unsigned char, 16> serial{};
  FLEET_CHECK(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1);
  serial[0] &= 0x7f;  // positive
  BIGNUM* const number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  FLEET_CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr);
  BN_free(number);
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(wish.begin.count()));
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(wish.end.count()));
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
  X509* const signer = issuer == nullptr ? certificate : issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  add_extension(certificate, signer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate, signer, NID_subject_key_identifier, "hash");
  if (!wish.names.empty()) add_extension(certificate, signer, NID_subject_alt_name, alternative_names(wish.names));
  FLEET_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
  return certificate;
}

template <class Write>
std::string pem(Write write) {
  BIO* const memory = BIO_new(BIO_s_mem());
  FLEET_CHECK(memory != nullptr && write(memory) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string pem_of(X509* certificate) {
  return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace

void CertificateAuthority::FreeKey::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void CertificateAuthority::FreeCertificate::operator()(X509* certificate) const { X509_free(certificate); }

CertificateAuthority::CertificateAuthority(const std::string& common_name)
    : key_(make_key()),
      certificate_(make_certificate({.common_name = common_name}, key_.get(), nullptr, key_.get(), true)) {}

CertificateAuthority::~CertificateAuthority() = default;

Certificate CertificateAuthority::issue(const CertificateWish& wish) const {
  const std::unique_ptr<EVP_PKEY, FreeKey> key(make_key());
  const std::unique_ptr<X509, FreeCertificate> made(
      make_certificate(wish, key.get(), certificate_.get(), key_.get(), false));
  return {pem_of(made.get()), pem_of(key.get())};
}

std::string CertificateAuthority::certificate() const { return pem_of(certificate_.get()); }

Certificate self_signed(const CertificateWish& wish) {
  EVP_PKEY* const key = make_key();
  X509* const made = make_certificate(wish, key, nullptr, key, false);
  Certificate certificate{pem_of(made), pem_of(key)};
  X509_free(made);
  EVP_PKEY_free(key);
  return certificate;
}

RunCertificates run_certificates(const std::string& directory) {
  return {directory + "/ca.pem", directory + "/broker.pem", directory + "/broker.key", directory + "/fleet.pem",
          directory + "/fleet.key"};
}

wire::Result<void> write_certificates(const std::string& directory) {
  const CertificateAuthority ca("fleet-sim, one run");
  const Certificate broker = ca.issue({.common_name = "broker", .names = {"127.0.0.1", "localhost"}});
  const Certificate fleet = ca.issue({.common_name = "fleet"});
  const RunCertificates files = run_certificates(directory);
  for (const auto& [path, text] :
       {std::pair(&files.ca, ca.certificate()), std::pair(&files.broker_certificate, broker.certificate),
        std::pair(&files.broker_key, broker.key), std::pair(&files.fleet_certificate, fleet.certificate),
        std::pair(&files.fleet_key, fleet.key)}) {
    if (auto written = write_file(*path, text); !written) return written;
  }
  return {};
}

}  // namespace fleet::sim
