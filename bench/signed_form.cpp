#include "bench/signed_form.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/encoding.h"
#include "wire/signing.h"

namespace fleet::bench {

std::string form_of(const Params& params) {
  std::string body;
  for (const auto& [key, value] : params) {
    if (!body.empty()) body.push_back('&');
    wire::percent_append(key, body);
    body.push_back('=');
    wire::percent_append(value, body);
  }
  return body;
}

std::string signed_form(std::string_view action, Params params, std::size_t number) {
  const Params common = {{"AccessKeyId", "testid"},
                         {"Action", std::string(action)},
                         {"Format", "JSON"},
                         {"RegionId", "cn-shanghai"},
                         {"SignatureMethod", "HMAC-SHA1"},
                         {"SignatureNonce", fmt::format("3156853299f313e23d1673dc{:08}", number)},
                         {"SignatureVersion", "1.0"},
                         {"Timestamp", "2026-01-02T03:04:05Z"},
                         {"Version", "2018-01-20"}};
  params.insert(params.end(), common.begin(), common.end());
  std::sort(params.begin(), params.end());
  std::vector<wire::Param> views;
  for (const auto& [key, value] : params) views.push_back({key, value});
  params.emplace_back("Signature", wire::aliyun_signature("testsecret", wire::aliyun_string_to_sign("POST", views)));
  return form_of(params);
}

}  // namespace fleet::bench
