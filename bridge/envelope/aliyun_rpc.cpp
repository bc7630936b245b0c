#include "bridge/envelope/aliyun_rpc.h"

#include <algorithm>

#include "wire/signing.h"
#include "wire/timestamp.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kApiVersion = "2018-01-20";

// Signing a call with 256 KB of content needs about 450 KB; what a larger one took is given back.
constexpr std::size_t kKeptBytesMax = 1u << 20;

// In the order in which the page of common parameters lists them. One that is empty counts as absent.
constexpr std::string_view kMandatory[] = {"Action",           "Version",        "AccessKeyId", "SignatureMethod",
                                           "SignatureVersion", "SignatureNonce", "Timestamp",   "Signature"};

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

tl::unexpected<GatewayError> refuse(GatewayCode code) { return tl::unexpected(gateway_error(code)); }

// A time that is well written and within the window.
tl::expected<wire::WallTime, GatewayError> read_timestamp(std::string_view text, wire::WallTime now) {
  const auto timestamp = wire::parse_timestamp(text);
  if (!timestamp) return refuse(GatewayCode::timestamp_format);
  if (*timestamp < now - kSignatureWindow || *timestamp > now + kSignatureWindow) {
    return refuse(GatewayCode::timestamp_expired);
  }
  return *timestamp;
}

// A temporary key comes with its token and is nothing without it. Which of the codes stands for what is assumed.
std::optional<GatewayError> refuse_token(const AccountConfig& account, std::string_view token, wire::WallTime now) {
  const bool printable = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable) return gateway_error(GatewayCode::security_token_malformed);
  if (account.security_token.empty() && token.empty()) return {};
  if (token.empty()) return missing_parameter("SecurityToken");
  if (!wire::equal_in_constant_time(account.security_token, token)) {
    return gateway_error(GatewayCode::security_token_mismatch);
  }
  if (account.security_token_expires && now >= *account.security_token_expires) {
    return gateway_error(GatewayCode::security_token_expired);
  }
  return {};
}

}  // namespace

GatewayError form_error(wire::FormError error) {
  return gateway_error(error == wire::FormError::too_many_params ? GatewayCode::too_many_parameters
                                                                 : GatewayCode::parameter_encoding);
}

bool is_form(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  while (type.starts_with(' ') || type.starts_with('\t')) type.remove_prefix(1);
  return type.empty() || equals_ignoring_case(type, "application/x-www-form-urlencoded");
}

RpcGate::RpcGate(const std::vector<AccountConfig>& accounts) : accounts_(accounts) {
  for (std::size_t i = 0; i < accounts.size(); ++i) by_key_.emplace(accounts[i].access_key_id, i);
}

std::optional<bool> RpcGate::wants_xml(const HttpRequest& request, const RpcParams& params) {
  if (is_acs3(request)) return false;
  const std::string_view format = params.get("Format").value_or("");
  if (format.empty() || equals_ignoring_case(format, "xml")) return true;
  if (equals_ignoring_case(format, "json")) return false;
  return {};
}

bool RpcGate::signature_matches(std::string_view method, const RpcParams& params, const AccountConfig& account,
                                std::string_view signature) {
  signed_params_.clear();
  for (const wire::Param& param : params.all()) {
    if (param.key != "Signature") signed_params_.push_back(param);
  }
  if (string_to_sign_.capacity() > kKeptBytesMax) string_to_sign_ = {};
  wire::aliyun_string_to_sign(method, signed_params_, string_to_sign_);
  return wire::equal_in_constant_time(wire::aliyun_signature(account.access_key_secret, string_to_sign_), signature);
}

tl::expected<Caller, GatewayError> RpcGate::find_account(const Common& common) const {
  const auto found = by_key_.find(common.access_key_id);
  if (found == by_key_.end()) return refuse(GatewayCode::access_key_not_found);
  const AccountConfig& account = accounts_[found->second];
  if (account.disabled) return refuse(GatewayCode::access_key_inactive);
  return Caller{&account, found->second, common.action};
}

std::optional<GatewayError> RpcGate::refuse_signed(const Caller& caller, const Common& common, wire::WallTime timestamp,
                                                   wire::WallTime now) {
  if (auto error = refuse_token(*caller.account, common.security_token, now)) return error;
  if (!nonces_.use(caller.index, common.nonce, timestamp, now)) {
    return gateway_error(GatewayCode::signature_nonce_used);
  }
  if (common.version != kApiVersion) return gateway_error(GatewayCode::version);
  return {};
}

tl::expected<Caller, GatewayError> RpcGate::verify_params(const HttpRequest& request, const RpcParams& params,
                                                          wire::WallTime now) {
  for (const std::string_view name : kMandatory) {
    if (params.get(name).value_or("").empty()) return tl::unexpected(missing_parameter(name));
  }
  if (!wants_xml(request, params)) return refuse(GatewayCode::parameter_format);
  const Common common{.action = *params.get("Action"),
                      .version = *params.get("Version"),
                      .access_key_id = *params.get("AccessKeyId"),
                      .timestamp = *params.get("Timestamp"),
                      .nonce = *params.get("SignatureNonce"),
                      .security_token = params.get("SecurityToken").value_or("")};
  auto caller = find_account(common);
  if (!caller) return caller;
  if (*params.get("SignatureMethod") != "HMAC-SHA1") return refuse(GatewayCode::signature_method);
  if (*params.get("SignatureVersion") != "1.0") return refuse(GatewayCode::signature_version);
  const auto timestamp = read_timestamp(common.timestamp, now);
  if (!timestamp) return tl::unexpected(timestamp.error());
  if (!signature_matches(request.method, params, *caller->account, *params.get("Signature"))) {
    return tl::unexpected(signature_mismatch(string_to_sign_));
  }
  if (auto error = refuse_signed(*caller, common, *timestamp, now)) return tl::unexpected(*std::move(error));
  return caller;
}

tl::expected<Caller, GatewayError> RpcGate::verify_header(const HttpRequest& request, const RpcParams& params,
                                                          wire::WallTime now) {
  const auto call = read_acs3(request);
  if (!call) return tl::unexpected(call.error());
  const Common common{.action = call->action,
                      .version = call->version,
                      .access_key_id = call->access_key_id,
                      .timestamp = call->date,
                      .nonce = call->nonce,
                      .security_token = call->security_token};
  auto caller = find_account(common);
  if (!caller) return caller;
  const auto timestamp = read_timestamp(common.timestamp, now);
  if (!timestamp) return tl::unexpected(timestamp.error());

  // Parameters of the query are signed as such, those of the body by its hash.
  const RpcParams* query = &params;
  if (!request.body.empty()) {
    // The caller has decoded it once: it is in order.
    if (query_params_.decode(request.query, "", request.query.size())) return refuse(GatewayCode::parameter_encoding);
    query = &query_params_;
  }
  signed_params_ = query->all();
  if (string_to_sign_.capacity() > kKeptBytesMax) string_to_sign_ = {};
  const std::string text = acs3_text(request, *call, signed_params_, string_to_sign_);
  if (!acs3_body_matches(request, *call) ||
      !wire::equal_in_constant_time(wire::acs3_signature(caller->account->access_key_secret, text), call->signature)) {
    return tl::unexpected(signature_mismatch(text));
  }
  if (auto error = refuse_signed(*caller, common, *timestamp, now)) return tl::unexpected(*std::move(error));
  return caller;
}

tl::expected<Caller, GatewayError> RpcGate::verify(const HttpRequest& request, const RpcParams& params,
                                                   wire::WallTime now) {
  return is_acs3(request) ? verify_header(request, params, now) : verify_params(request, params, now);
}

}  // namespace fleet::bridge
