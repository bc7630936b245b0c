// What the API gateway refuses before an action is reached: HTTP 4xx and 5xx, a code and a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fleet::bridge {

// The gateway's fixed refusals. Codes and texts: public error code list of the API gateway.
enum class GatewayCode {
  signature_nonce_used,
  access_key_not_found,
  access_key_inactive,
  timestamp_format,
  timestamp_expired,
  parameter_format,
  signature_method,
  signature_version,
  version,
  action_not_found,
  http_method,
  forbidden,
  throttling,
  incomplete_signature,
  security_token_expired,
  security_token_malformed,
  security_token_mismatch,
  // Not in the list, which knows no refusal for them; assumed.
  parameter_encoding,
  too_many_parameters,
  content_type,
  // Requests that are none, and callers beyond a bound of the server, whose path is not known. The list has the last
  // one only; the other codes are made of HTTP's words.
  http_malformed,
  http_not_ended,
  http_body_too_large,
  http_target_too_long,
  http_header_too_large,
  http_transfer_coding,
  http_needs_tls,
  unavailable,
};

struct GatewayError {
  unsigned status = 400;
  std::string code;
  std::string message;
};

[[nodiscard]] GatewayError gateway_error(GatewayCode code);

// All of them, for the documentation.
[[nodiscard]] std::vector<GatewayError> gateway_errors();

// Missing{Param}: a mandatory parameter is absent.
[[nodiscard]] GatewayError missing_parameter(std::string_view name);

// SignatureDoesNotMatch; tells the string that the server signed, at most 64 KB of it, as SDKs print it.
[[nodiscard]] GatewayError signature_mismatch(std::string_view string_to_sign);

}  // namespace fleet::bridge
