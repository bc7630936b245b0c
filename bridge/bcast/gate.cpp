#include "bridge/bcast/gate.h"

#include <algorithm>

#include "wire/encoding.h"
#include "wire/signing.h"

namespace fleet::bridge {
namespace {

// The scheme's name is written in any case (RFC 9110 §11.1).
bool take_scheme(std::string_view& text) {
  constexpr std::string_view kScheme = "basic ";
  if (text.size() < kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + ('a' - 'A')) : text[i];
    if (c != kScheme[i]) return false;
  }
  text.remove_prefix(std::min(text.find_first_not_of(' ', kScheme.size()), text.size()));
  return true;
}

}  // namespace

tl::expected<const BcastKeyConfig*, const BcastError*> BcastGate::verify(std::string_view authorization) {
  if (!take_scheme(authorization)) return tl::unexpected(&bcast::kNoCredentials);
  if (!wire::base64_decode(authorization, decoded_)) return tl::unexpected(&bcast::kNoCredentials);
  const std::string_view pair(reinterpret_cast<const char*>(decoded_.data()), decoded_.size());
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos) return tl::unexpected(&bcast::kNoCredentials);
  const std::string_view key = pair.substr(0, colon);
  const std::string_view secret = pair.substr(colon + 1);
  for (const BcastKeyConfig& known : keys_) {
    if (known.api_key == key && wire::equal_in_constant_time(known.api_secret, secret)) return &known;
  }
  return tl::unexpected(&bcast::kBadCredentials);
}

}  // namespace fleet::bridge
