#include "wire/device_sign.h"

#include <algorithm>
#include <utility>

#include "wire/signing.h"

namespace fleet::wire {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

// The order of the names as they are written into the content.
bool before(const Param& a, const Param& b) {
  if (a.key.empty() || b.key.empty()) return a.key.size() < b.key.size();
  const char x = to_lower(a.key.front());
  const char y = to_lower(b.key.front());
  return x != y ? x < y : a.key.substr(1) < b.key.substr(1);
}

}  // namespace

std::optional<SignMethod> parse_sign_method(std::string_view text) {
  constexpr std::pair<std::string_view, SignMethod> kMethods[] = {{"hmacmd5", SignMethod::hmac_md5},
                                                                  {"hmacsha1", SignMethod::hmac_sha1},
                                                                  {"hmacsha256", SignMethod::hmac_sha256},
                                                                  {"sha256", SignMethod::sha256}};
  for (const auto& [name, method] : kMethods) {
    if (std::equal(text.begin(), text.end(), name.begin(), name.end(),
                   [](char given, char known) { return to_lower(given) == known; })) {
      return method;
    }
  }
  return {};
}

std::string device_sign_content(std::vector<Param>& params) {
  std::sort(params.begin(), params.end(), before);
  std::string out;
  for (const Param& param : params) {
    if (param.key.empty()) continue;
    out.push_back(to_lower(param.key.front()));
    out.append(param.key.substr(1)).append(param.value);
  }
  return out;
}

std::string device_sign(SignMethod method, std::string_view secret, std::string_view content) {
  switch (method) {
    case SignMethod::hmac_md5:
      return hmac_hex(HashMethod::md5, secret, content);
    case SignMethod::hmac_sha1:
      return hmac_hex(HashMethod::sha1, secret, content);
    case SignMethod::hmac_sha256:
      return hmac_hex(HashMethod::sha256, secret, content);
    case SignMethod::sha256:
      break;
  }
  std::string keyed;
  keyed.reserve(content.size() + secret.size());
  keyed.append(content).append(secret);
  return hash_hex(HashMethod::sha256, keyed);
}

bool device_sign_matches(SignMethod method, std::string_view secret, std::string_view content, std::string_view sign) {
  const std::string given = lower(sign);
  if (equal_in_constant_time(device_sign(method, secret, content), given)) return true;
  return method == SignMethod::sha256 &&
         equal_in_constant_time(device_sign(SignMethod::hmac_sha256, secret, content), given);
}

}  // namespace fleet::wire
