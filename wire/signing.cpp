#include "wire/signing.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>

#include "wire/error.h"

namespace fleet::wire {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::size_t kMethods = 3;

// OpenSSL looks an algorithm up by name under a lock; doing that once a thread instead of once a call saves about half
// of the cost of a short HMAC.
constexpr std::array<const char*, kMethods> kNames = {"MD5", "SHA1", "SHA256"};

struct Digest {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> span() const { return std::as_bytes(std::span(bytes.data(), size)); }
};

struct MacFree {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
struct MdFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// A context that already knows its digest; a new key costs no look-up.
EVP_MAC_CTX* mac_context(HashMethod method) {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  thread_local std::array<std::unique_ptr<EVP_MAC_CTX, MacFree>, kMethods> contexts;
  const auto index = static_cast<std::size_t>(method);
  if (!contexts[index]) {
    contexts[index].reset(EVP_MAC_CTX_new(hmac));
    FLEET_CHECK(contexts[index] != nullptr);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(kNames[index]), 0),
        OSSL_PARAM_construct_end()};
    FLEET_CHECK(EVP_MAC_CTX_set_params(contexts[index].get(), params) == 1);
  }
  return contexts[index].get();
}

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Digest hmac(HashMethod method, std::string_view key, std::string_view content) {
  EVP_MAC_CTX* const context = mac_context(method);
  Digest digest;
  // A null key would mean "the key of the last call".
  const unsigned char* const key_bytes = key.empty() ? octets("") : octets(key);
  FLEET_CHECK(EVP_MAC_init(context, key_bytes, key.size(), nullptr) == 1);
  FLEET_CHECK(EVP_MAC_update(context, octets(content), content.size()) == 1);
  FLEET_CHECK(EVP_MAC_final(context, digest.bytes.data(), &digest.size, digest.bytes.size()) == 1);
  return digest;
}

Digest hash(HashMethod method, std::string_view content) {
  static const std::array<EVP_MD*, kMethods> digests = {EVP_MD_fetch(nullptr, kNames[0], nullptr),
                                                        EVP_MD_fetch(nullptr, kNames[1], nullptr),
                                                        EVP_MD_fetch(nullptr, kNames[2], nullptr)};
  thread_local const std::unique_ptr<EVP_MD_CTX, MdFree> context(EVP_MD_CTX_new());
  Digest digest;
  unsigned int size = 0;
  FLEET_CHECK(EVP_DigestInit_ex(context.get(), digests[static_cast<std::size_t>(method)], nullptr) == 1);
  FLEET_CHECK(EVP_DigestUpdate(context.get(), content.data(), content.size()) == 1);
  FLEET_CHECK(EVP_DigestFinal_ex(context.get(), digest.bytes.data(), &size) == 1);
  digest.size = size;
  return digest;
}

std::string hex(const Digest& digest) {
  std::string out(digest.size * 2, '\0');
  for (std::size_t i = 0; i < digest.size; ++i) {
    out[2 * i] = kLowerHex[digest.bytes[i] >> 4];
    out[2 * i + 1] = kLowerHex[digest.bytes[i] & 15];
  }
  return out;
}

// How many characters a byte becomes when it is percent-encoded twice: itself, or "%25XX".
consteval std::array<std::uint8_t, 256> make_twice_sizes() {
  std::array<std::uint8_t, 256> table{};
  table.fill(5);
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")) {
    table[static_cast<unsigned char>(c)] = 1;
  }
  return table;
}
constexpr auto kTwiceSizes = make_twice_sizes();

char* write_text(std::string_view text, char* to) { return std::copy(text.begin(), text.end(), to); }

// percent(percent(text)) in one pass.
char* write_twice(std::string_view text, char* to) {
  for (const char character : text) {
    const auto c = static_cast<unsigned char>(character);
    if (kTwiceSizes[c] == 1) {
      *to++ = character;
      continue;
    }
    to = write_text("%25", to);
    *to++ = kUpperHex[c >> 4];
    *to++ = kUpperHex[c & 15];
  }
  return to;
}

// Room that write_twice needs: a bound that is quick to have for short texts, the exact size for long ones (a payload
// of 350 KB would otherwise reserve 1.7 MB).
std::size_t twice_size_max(std::string_view text) {
  constexpr std::size_t kShort = 256;
  if (text.size() <= kShort) return 5 * text.size();
  std::size_t size = 0;
  for (const char c : text) size += kTwiceSizes[static_cast<unsigned char>(c)];
  return size;
}

bool key_before(const Param& a, const Param& b) { return a.key < b.key; }

}  // namespace

void aliyun_string_to_sign(std::string_view method, std::vector<Param>& params, std::string& out) {
  // Most callers send their parameters in this order already.
  if (!std::is_sorted(params.begin(), params.end(), key_before)) std::sort(params.begin(), params.end(), key_before);
  constexpr std::string_view kRoot = "&%2F&";
  constexpr std::string_view kEquals = "%3D";
  constexpr std::string_view kAnd = "%26";
  std::size_t size_max = method.size() + kRoot.size();
  for (const Param& param : params) size_max += twice_size_max(param.key) + twice_size_max(param.value) + 6;
  out.resize(size_max);
  char* to = write_text(kRoot, write_text(method, out.data()));
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (i != 0) to = write_text(kAnd, to);
    to = write_twice(params[i].key, to);
    to = write_text(kEquals, to);
    to = write_twice(params[i].value, to);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

std::string aliyun_string_to_sign(std::string_view method, std::vector<Param>& params) {
  std::string out;
  aliyun_string_to_sign(method, params, out);
  return out;
}

std::string aliyun_signature(std::string_view secret, std::string_view string_to_sign) {
  std::string key;
  key.reserve(secret.size() + 1);
  key.append(secret).push_back('&');
  return base64_encode(hmac(HashMethod::sha1, key, string_to_sign).span());
}

void acs3_canonical_request(std::string_view method, std::vector<Param>& query, std::span<const Param> headers,
                            std::string_view payload_hash, std::string& out) {
  if (!std::is_sorted(query.begin(), query.end(), key_before)) std::sort(query.begin(), query.end(), key_before);
  out.clear();
  out.append(method).append("\n/\n");
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (i != 0) out.push_back('&');
    percent_append(query[i].key, out);
    out.push_back('=');
    percent_append(query[i].value, out);
  }
  out.push_back('\n');
  for (const Param& header : headers) out.append(header.key).append(":").append(header.value).push_back('\n');
  out.push_back('\n');
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i != 0) out.push_back(';');
    out.append(headers[i].key);
  }
  out.push_back('\n');
  out.append(payload_hash);
}

std::string acs3_string_to_sign(std::string_view canonical_request) {
  return "ACS3-HMAC-SHA256\n" + hash_hex(HashMethod::sha256, canonical_request);
}

std::string acs3_signature(std::string_view secret, std::string_view string_to_sign) {
  return hmac_hex(HashMethod::sha256, secret, string_to_sign);
}

std::string hmac_hex(HashMethod method, std::string_view key, std::string_view content) {
  return hex(hmac(method, key, content));
}

std::string hash_hex(HashMethod method, std::string_view content) { return hex(hash(method, content)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace fleet::wire
