// Base64, percent-encoding and application/x-www-form-urlencoded, as the HTTP APIs use them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::wire {

// A decoded request parameter. Views into storage owned by somebody else.
struct Param {
  std::string_view key;
  std::string_view value;
};

// RFC 4648 §4 with padding.
[[nodiscard]] std::string base64_encode(std::span<const std::byte> bytes);
void base64_append(std::span<const std::byte> bytes, std::string& out);
// Strict: canonical alphabet, padded, length a multiple of four, no white space; bits behind the last byte are
// not looked at. Returns false and leaves `out` unspecified otherwise.
[[nodiscard]] bool base64_decode(std::string_view text, std::vector<std::byte>& out);

// The same of whole groups, without padding and without allocating: text.size() is bytes.size() / 3 × 4 and
// bytes.size() a multiple of three.
void base64_encode_groups(std::span<const std::byte> bytes, std::span<char> text);
[[nodiscard]] bool base64_decode_groups(std::string_view text, std::span<std::byte> bytes);

// Aliyun's percent-encoding: UTF-8 bytes, A-Z a-z 0-9 - _ . ~ stay, everything else %XX in upper case.
void percent_append(std::string_view text, std::string& out);

// Why a form cannot be read.
enum class FormError : std::uint8_t { bad_percent_encoding, nul_byte, too_many_params };

// Decodes a query or form ("a=1&b=%2F+x"): %XX and '+' in keys and values; a piece without '=' is a key with an empty
// value; empty pieces are passed over. Appends at most `params_max` to `out`; the views point into `storage`, whose
// capacity must already be at least its size plus text.size() (decoding never lengthens), so that earlier views stay
// valid.
[[nodiscard]] std::optional<FormError> decode_form(std::string_view text, std::size_t params_max, std::string& storage,
                                                   std::vector<Param>& out);

}  // namespace fleet::wire
