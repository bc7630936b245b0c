// Request signatures, device logins. The only includes of OpenSSL outside TLS contexts are in signing.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/encoding.h"

namespace fleet::wire {

// Aliyun RPC, signature version 1.0. `params` are decoded, without Signature, in any order; they are sorted by key in
// byte order (in place). `method` is GET or POST. Returns METHOD&%2F&percent(canonical query).
[[nodiscard]] std::string aliyun_string_to_sign(std::string_view method, std::vector<Param>& params);
// The same into `out`, which is overwritten; keeps its capacity over calls.
void aliyun_string_to_sign(std::string_view method, std::vector<Param>& params, std::string& out);

// base64(HMAC-SHA1(key = secret + "&", string_to_sign)).
[[nodiscard]] std::string aliyun_signature(std::string_view secret, std::string_view string_to_sign);

// Aliyun RPC, ACS3-HMAC-SHA256. `query`: decoded parameters of the query alone, in any order; sorted by key in byte
// order (in place). `headers`: the signed ones, small names and trimmed values, in the order in which the caller lists
// them. `payload_hash`: lower-case hex of the body's SHA-256. The path is always "/". Overwrites `out`.
void acs3_canonical_request(std::string_view method, std::vector<Param>& query, std::span<const Param> headers,
                            std::string_view payload_hash, std::string& out);

// "ACS3-HMAC-SHA256\n" and the lower-case hex of SHA-256(canonical_request).
[[nodiscard]] std::string acs3_string_to_sign(std::string_view canonical_request);

// Lower-case hex of HMAC-SHA256(secret, string_to_sign).
[[nodiscard]] std::string acs3_signature(std::string_view secret, std::string_view string_to_sign);

enum class HashMethod { md5, sha1, sha256 };

// Lower-case hex of HMAC(key, content).
[[nodiscard]] std::string hmac_hex(HashMethod method, std::string_view key, std::string_view content);

// Lower-case hex of the plain hash.
[[nodiscard]] std::string hash_hex(HashMethod method, std::string_view content);

// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace fleet::wire
