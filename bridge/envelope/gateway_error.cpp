#include "bridge/envelope/gateway_error.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "wire/error.h"

namespace fleet::bridge {
namespace {

// Bounds what a wrong signature on a large body makes us answer.
constexpr std::size_t kStringToSignMax = 64u << 10;

struct Row {
  GatewayCode key;
  unsigned status;
  std::string_view code;
  std::string_view message;
};

constexpr Row kRows[] = {
    {GatewayCode::signature_nonce_used, 400, "SignatureNonceUsed", "Specified signature nonce was used already."},
    {GatewayCode::access_key_not_found, 404, "InvalidAccessKeyId.NotFound", "Specified access key is not found."},
    {GatewayCode::access_key_inactive, 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled."},
    {GatewayCode::timestamp_format, 400, "InvalidTimeStamp.Format",
     "Specified time stamp or date value is not well formatted."},
    {GatewayCode::timestamp_expired, 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."},
    {GatewayCode::parameter_format, 400, "InvalidParameter.Format", "Specified parameter format is not valid."},
    {GatewayCode::signature_method, 400, "InvalidSignatureMethod", "Specified signature method is not valid."},
    {GatewayCode::signature_version, 400, "InvalidSignatureVersion",
     "Specified parameter SignatureVersion is not valid."},
    {GatewayCode::version, 400, "InvalidVersion", "Specified parameter Version is not valid."},
    {GatewayCode::action_not_found, 404, "InvalidAction.NotFound",
     "Specified api is not found, please check your url and method."},
    // The list gives the code only; 405 is what HTTP has for it (RFC 9110 §15.5.6).
    {GatewayCode::http_method, 405, "UnsupportedHTTPMethod", "This http method is not supported."},
    {GatewayCode::forbidden, 403, "Forbidden.RAM",
     "User not authorized to operate on the specified resource, or this API doesn't support RAM."},
    {GatewayCode::throttling, 400, "Throttling.User", "Request was denied due to user flow control."},
    {GatewayCode::incomplete_signature, 400, "IncompleteSignature",
     "The request signature does not conform to Aliyun standards."},
    // The list gives the codes only.
    {GatewayCode::security_token_expired, 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."},
    {GatewayCode::security_token_malformed, 400, "InvalidSecurityToken.Malformed",
     "Specified SecurityToken is malformed."},
    {GatewayCode::security_token_mismatch, 400, "InvalidSecurityToken.MismatchWithAccessKey",
     "Specified SecurityToken mismatch with the AccessKey."},
    {GatewayCode::parameter_encoding, 400, "InvalidParameter",
     "The parameters are not well encoded: %XX needs two hexadecimal digits and must not be %00."},
    {GatewayCode::too_many_parameters, 400, "InvalidParameter", "The request has too many parameters."},
    {GatewayCode::content_type, 400, "InvalidContentType",
     "The body must be application/x-www-form-urlencoded or empty."},
    {GatewayCode::http_malformed, 400, "BadRequest", "The HTTP request is not well formed."},
    {GatewayCode::http_needs_tls, 400, "BadRequest", "This port speaks HTTPS."},
    {GatewayCode::http_not_ended, 408, "RequestTimeout", "The request did not end in time."},
    {GatewayCode::http_body_too_large, 413, "ContentTooLarge", "The body of the request is too large."},
    {GatewayCode::http_target_too_long, 414, "URITooLong", "The target of the request is too long."},
    {GatewayCode::http_header_too_large, 431, "RequestHeaderFieldsTooLarge", "The header of the request is too large."},
    {GatewayCode::http_transfer_coding, 501, "NotImplemented", "No transfer coding but chunked is known."},
    {GatewayCode::unavailable, 503, "ServiceUnavailable",
     "The request has failed due to a temporary failure of the server."},
};

}  // namespace

GatewayError gateway_error(GatewayCode code) {
  const auto* const row =
      std::find_if(std::begin(kRows), std::end(kRows), [code](const Row& r) { return r.key == code; });
  FLEET_CHECK(row != std::end(kRows));
  return {row->status, std::string(row->code), std::string(row->message)};
}

std::vector<GatewayError> gateway_errors() {
  std::vector<GatewayError> out;
  for (const Row& row : kRows) out.push_back(gateway_error(row.key));
  return out;
}

GatewayError missing_parameter(std::string_view name) {
  return {400, "Missing" + std::string(name), std::string(name) + " is mandatory for this action."};
}

GatewayError signature_mismatch(std::string_view string_to_sign) {
  std::string message = "Specified signature is not matched with our calculation. server string to sign is:";
  message.append(string_to_sign.substr(0, kStringToSignMax));
  return {400, "SignatureDoesNotMatch", std::move(message)};
}

}  // namespace fleet::bridge
