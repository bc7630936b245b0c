// Signatures that prove a device without its secret: topology and sub-device login (documentation of topological
// relationships, of sub-devices coming online, API page of BatchAddThingTopo).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/encoding.h"

namespace fleet::wire {

enum class SignMethod : std::uint8_t { hmac_md5, hmac_sha1, hmac_sha256, sha256 };

// hmacMd5, hmacSha1, hmacSha256 and Sha256 in any case; nothing else.
[[nodiscard]] std::optional<SignMethod> parse_sign_method(std::string_view text);

// The text that is signed: of each parameter its name with a small first letter and its value, in the byte order of
// those names, nothing between. `params` holds what was sent without the signature and its method; it is sorted.
[[nodiscard]] std::string device_sign_content(std::vector<Param>& params);

// Lower-case hex of the signature. sha256 is sha256(content + secret), which a sibling platform documents: assumed.
[[nodiscard]] std::string device_sign(SignMethod method, std::string_view secret, std::string_view content);

// Compares in constant time, hex in any case. For sha256 the HMAC is accepted too, the other keyed reading of the page;
// the plain hash of the content never is: anybody could compute it.
[[nodiscard]] bool device_sign_matches(SignMethod method, std::string_view secret, std::string_view content,
                                       std::string_view sign);

}  // namespace fleet::wire
