#include "wire/signing_top.h"

#include "wire/signing.h"

namespace fleet::wire {
namespace {

std::string md5_between(std::string_view secret, std::string_view text) {
  std::string all;
  all.reserve(2 * secret.size() + text.size());
  all.append(secret).append(text).append(secret);
  return hash_hex(HashMethod::md5, all);
}

}  // namespace

std::optional<TopSignMethod> parse_top_sign_method(std::string_view text) {
  if (text == "md5") return TopSignMethod::md5;
  if (text == "hmac") return TopSignMethod::hmac;
  if (text == "hmac-sha256") return TopSignMethod::hmac_sha256;
  return {};
}

void top_string_to_sign(std::span<const Param> params, EmptyValues empty_values, std::string& out) {
  std::size_t size = 0;
  for (const Param& param : params) size += param.key.size() + param.value.size();
  out.clear();
  out.reserve(size);
  for (const Param& param : params) {
    if (param.key == "sign" || (param.value.empty() && empty_values == EmptyValues::skipped)) continue;
    out.append(param.key).append(param.value);
  }
}

std::string top_signature(TopSignMethod method, std::string_view secret, std::string_view string_to_sign) {
  std::string hex =
      method == TopSignMethod::md5
          ? md5_between(secret, string_to_sign)
          : hmac_hex(method == TopSignMethod::hmac ? HashMethod::md5 : HashMethod::sha256, secret, string_to_sign);
  for (char& c : hex) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return hex;
}

}  // namespace fleet::wire
