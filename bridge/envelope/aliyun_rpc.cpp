#include "bridge/envelope/aliyun_rpc.h"

#include <algorithm>
#include <chrono>

#include "wire/signing.h"

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

// The number in text[at .. at + digits), or -1.
int digits_at(std::string_view text, std::size_t at, std::size_t digits) {
  int number = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

GatewayError form_error(wire::FormError error) {
  return gateway_error(error == wire::FormError::too_many_params ? GatewayCode::too_many_parameters
                                                                 : GatewayCode::parameter_encoding);
}

std::optional<wire::WallTime> parse_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00Z";
  if (text.size() != kShape.size()) return {};
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return {};
  }
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (year < 0 || month < 0 || day < 0) return {};
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
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

std::optional<bool> RpcGate::wants_xml(const RpcParams& params) {
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

tl::expected<Caller, GatewayError> RpcGate::verify(std::string_view method, const RpcParams& params,
                                                   wire::WallTime now) {
  const auto refuse = [](GatewayCode code) { return tl::unexpected(gateway_error(code)); };
  for (const std::string_view name : kMandatory) {
    if (params.get(name).value_or("").empty()) return tl::unexpected(missing_parameter(name));
  }
  if (!wants_xml(params)) return refuse(GatewayCode::parameter_format);
  const auto found = by_key_.find(*params.get("AccessKeyId"));
  if (found == by_key_.end()) return refuse(GatewayCode::access_key_not_found);
  const Caller caller{&accounts_[found->second], found->second};
  if (*params.get("SignatureMethod") != "HMAC-SHA1") return refuse(GatewayCode::signature_method);
  if (*params.get("SignatureVersion") != "1.0") return refuse(GatewayCode::signature_version);
  const auto timestamp = parse_timestamp(*params.get("Timestamp"));
  if (!timestamp) return refuse(GatewayCode::timestamp_format);
  if (*timestamp < now - kSignatureWindow || *timestamp > now + kSignatureWindow) {
    return refuse(GatewayCode::timestamp_expired);
  }
  if (!signature_matches(method, params, *caller.account, *params.get("Signature"))) {
    return tl::unexpected(signature_mismatch(string_to_sign_));
  }
  if (!nonces_.use(caller.index, *params.get("SignatureNonce"), *timestamp, now)) {
    return refuse(GatewayCode::signature_nonce_used);
  }
  if (*params.get("Version") != kApiVersion) return refuse(GatewayCode::version);
  return caller;
}

}  // namespace fleet::bridge
