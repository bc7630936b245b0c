#include "bridge/envelope/acs3.h"

#include <utility>

#include "wire/signing.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kFamily = "ACS3-";
constexpr std::string_view kScheme = "ACS3-HMAC-SHA256 ";

// What a header must hold and sign: its field, the parameter of version 1.0 that it stands for, where it goes.
struct Mandatory {
  std::string_view field;
  std::string_view parameter;
  std::string_view Acs3Call::*into;
};

constexpr Mandatory kMandatory[] = {
    {"x-acs-action", "Action", &Acs3Call::action},
    {"x-acs-version", "Version", &Acs3Call::version},
    {"x-acs-signature-nonce", "SignatureNonce", &Acs3Call::nonce},
    {"x-acs-date", "Timestamp", &Acs3Call::date},
    {"x-acs-content-sha256", "x-acs-content-sha256", &Acs3Call::content_hash},
};

constexpr std::string_view kSecurityToken = "x-acs-security-token";

// Takes the text up to `separator` off `text`.
std::string_view take_piece(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

// Credential=..., SignedHeaders=..., Signature=... in any order, none of them twice or empty.
bool read_authorization(std::string_view text, Acs3Call& call) {
  if (!text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  const std::pair<std::string_view, std::string_view Acs3Call::*> parts[] = {
      {"Credential", &Acs3Call::access_key_id},
      {"SignedHeaders", &Acs3Call::signed_headers},
      {"Signature", &Acs3Call::signature}};
  while (!text.empty()) {
    std::string_view value = take_piece(text, ',');
    while (value.starts_with(' ')) value.remove_prefix(1);
    const std::string_view name = take_piece(value, '=');
    bool known = false;
    for (const auto& [part, into] : parts) {
      if (part != name) continue;
      if (!(call.*into).empty()) return false;
      call.*into = value;
      known = true;
    }
    if (!known) return false;
  }
  return !call.access_key_id.empty() && !call.signed_headers.empty() && !call.signature.empty();
}

bool is_listed(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    if (take_piece(names, ';') == name) return true;
  }
  return false;
}

// Public SDKs sign nine. Without a bound a list of thousands would cost as many searches of the header.
constexpr int kSignedHeadersMax = 32;

// There are not too many, and each is a field of the request, in small letters.
bool all_there(const HttpRequest& request, std::string_view names) {
  for (int count = 1; !names.empty(); ++count) {
    if (count > kSignedHeadersMax || !request.headers.get(take_piece(names, ';'))) return false;
  }
  return true;
}

}  // namespace

bool is_acs3(const HttpRequest& request) { return request.authorization.starts_with(kFamily); }

tl::expected<Acs3Call, GatewayError> read_acs3(const HttpRequest& request) {
  const auto incomplete = [] { return tl::unexpected(gateway_error(GatewayCode::incomplete_signature)); };
  Acs3Call call;
  if (!read_authorization(request.authorization, call)) return incomplete();
  for (const Mandatory& row : kMandatory) {
    call.*row.into = request.headers.get(row.field).value_or("");
    if ((call.*row.into).empty()) return tl::unexpected(missing_parameter(row.parameter));
  }
  call.security_token = request.headers.get(kSecurityToken).value_or("");
  if (!is_listed(call.signed_headers, "host")) return incomplete();
  for (const Mandatory& row : kMandatory) {
    if (!is_listed(call.signed_headers, row.field)) return incomplete();
  }
  if (!call.security_token.empty() && !is_listed(call.signed_headers, kSecurityToken)) return incomplete();
  if (!all_there(request, call.signed_headers)) return incomplete();
  return call;
}

std::string acs3_text(const HttpRequest& request, const Acs3Call& call, std::vector<wire::Param>& query,
                      std::string& canonical) {
  std::vector<wire::Param> headers;
  for (std::string_view names = call.signed_headers; !names.empty();) {
    const std::string_view name = take_piece(names, ';');
    headers.push_back({name, request.headers.get(name).value_or("")});
  }
  wire::acs3_canonical_request(request.method, query, headers, call.content_hash, canonical);
  return wire::acs3_string_to_sign(canonical);
}

bool acs3_body_matches(const HttpRequest& request, const Acs3Call& call) {
  return wire::hash_hex(wire::HashMethod::sha256, request.body) == call.content_hash;
}

}  // namespace fleet::bridge
