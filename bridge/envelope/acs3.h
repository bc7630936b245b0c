// Signature version 3 of the Alibaba Cloud RPC protocol, ACS3-HMAC-SHA256: what stands in the header instead of the
// parameters, and what of the request is signed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/envelope/gateway_error.h"
#include "bridge/envelope/http.h"
#include "wire/encoding.h"

namespace fleet::bridge {

// True for a request that is signed with version 3: it says so in Authorization. x-acs-action alone does not: SDKs send
// that with version 1.0 too.
[[nodiscard]] bool is_acs3(const HttpRequest& request);

// What the header of a signed request says. Views into the request.
struct Acs3Call {
  std::string_view access_key_id;
  std::string_view signed_headers;  // names in small letters, ';' between them, as sent
  std::string_view signature;       // hex
  std::string_view action;
  std::string_view version;
  std::string_view date;
  std::string_view nonce;
  std::string_view content_hash;    // of x-acs-content-sha256
  std::string_view security_token;  // empty: none
};

// Errors: IncompleteSignature where Authorization is not of its form, the list lacks one of host, x-acs-action,
// x-acs-version, x-acs-date, x-acs-signature-nonce and x-acs-content-sha256 (assumed: no page says which must be in
// it), names a field that is not there or lacks a security token that is there; Missing... where one of those fields is
// absent or empty.
[[nodiscard]] tl::expected<Acs3Call, GatewayError> read_acs3(const HttpRequest& request);

// The string to sign. `query`: decoded parameters of the query alone; sorted in place. `canonical` is overwritten.
[[nodiscard]] std::string acs3_text(const HttpRequest& request, const Acs3Call& call, std::vector<wire::Param>& query,
                                    std::string& canonical);

// True where x-acs-content-sha256 is the hash of the body.
[[nodiscard]] bool acs3_body_matches(const HttpRequest& request, const Acs3Call& call);

}  // namespace fleet::bridge
