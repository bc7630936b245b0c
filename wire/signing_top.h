// Signatures of the Taobao Open Platform (TOP): protocol page "API call method", verified with its public SDKs.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/encoding.h"

namespace fleet::wire {

enum class TopSignMethod {
  md5,          // MD5(secret + s + secret)
  hmac,         // HMAC-MD5(secret, s)
  hmac_sha256,  // HMAC-SHA256(secret, s)
};

// "md5", "hmac", "hmac-sha256"; nothing else.
[[nodiscard]] std::optional<TopSignMethod> parse_top_sign_method(std::string_view text);

// What becomes of parameters with an empty value: the documentation and the Java SDK leave them out, the Node client
// signs their keys.
enum class EmptyValues { skipped, kept };

// s: keys and values in a row, as they are. `params` are decoded, sorted by key in byte order; "sign" is passed over.
// `out` is overwritten; it keeps its capacity over calls.
void top_string_to_sign(std::span<const Param> params, EmptyValues empty_values, std::string& out);

// Upper-case hex: 32 characters, 64 for hmac-sha256.
[[nodiscard]] std::string top_signature(TopSignMethod method, std::string_view secret, std::string_view string_to_sign);

}  // namespace fleet::wire
