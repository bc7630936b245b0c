#include "wire/encoding.h"

#include <array>
#include <cstring>

#include "wire/error.h"

namespace fleet::wire {
namespace {

constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789ABCDEF";

// Set in a table entry of a character outside the alphabet; lies above the 24 bits of four good characters.
constexpr std::uint32_t kBadCharacter = 1u << 24;

// One table for each place in a group of four characters: the six bits are already shifted to where they belong, so
// that a group costs four loads, three ORs and one test.
using DecodeTables = std::array<std::array<std::uint32_t, 256>, 4>;

consteval DecodeTables make_decode_tables() {
  DecodeTables tables{};
  for (auto& table : tables) table.fill(kBadCharacter);
  for (std::uint32_t value = 0; value < 64; ++value) {
    const auto character = static_cast<unsigned char>(kBase64Alphabet[value]);
    for (std::uint32_t place = 0; place < 4; ++place) tables[place][character] = value << (18 - 6 * place);
  }
  return tables;
}
constexpr DecodeTables kDecodeTables = make_decode_tables();

// Two characters for every value of twelve bits: three bytes cost two loads.
consteval std::array<std::array<char, 2>, 4096> make_encode_pairs() {
  std::array<std::array<char, 2>, 4096> pairs{};
  for (std::size_t value = 0; value < pairs.size(); ++value) {
    pairs[value] = {kBase64Alphabet[value >> 6], kBase64Alphabet[value & 63]};
  }
  return pairs;
}
constexpr auto kEncodePairs = make_encode_pairs();

// True for the characters that percent-encoding leaves alone (RFC 3986 §2.3).
consteval std::array<bool, 256> make_unreserved() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr auto kUnreserved = make_unreserved();

// Value of a hexadecimal digit, 0xFF for any other character.
consteval std::array<std::uint8_t, 256> make_hex_values() {
  std::array<std::uint8_t, 256> table{};
  table.fill(0xFF);
  for (std::uint8_t digit = 0; digit < 10; ++digit) table[static_cast<std::size_t>('0' + digit)] = digit;
  for (std::uint8_t digit = 0; digit < 6; ++digit) {
    table[static_cast<std::size_t>('A' + digit)] = static_cast<std::uint8_t>(10 + digit);
    table[static_cast<std::size_t>('a' + digit)] = static_cast<std::uint8_t>(10 + digit);
  }
  return table;
}
constexpr auto kHexValues = make_hex_values();

// What ends a run that decode_form copies as it stands. The rest of the 256 entries is `plain`.
enum class FormByte : std::uint8_t { plain, percent, plus, equals, ampersand, nul };

consteval std::array<FormByte, 256> make_form_bytes() {
  std::array<FormByte, 256> table{};
  table['%'] = FormByte::percent;
  table['+'] = FormByte::plus;
  table['='] = FormByte::equals;
  table['&'] = FormByte::ampersand;
  table[0] = FormByte::nul;
  return table;
}
constexpr auto kFormBytes = make_form_bytes();

// 24 bits of four characters, with kBadCharacter where one of them is outside the alphabet.
std::uint32_t group_at(const unsigned char* at) {
  return kDecodeTables[0][at[0]] | kDecodeTables[1][at[1]] | kDecodeTables[2][at[2]] | kDecodeTables[3][at[3]];
}

}  // namespace

void base64_encode_groups(std::span<const std::byte> bytes, std::span<char> text) {
  FLEET_CHECK(bytes.size() % 3 == 0 && text.size() == bytes.size() / 3 * 4);
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  char* to = text.data();
  for (std::size_t left = bytes.size(); left != 0; left -= 3, from += 3, to += 4) {
    const std::uint32_t group = (std::uint32_t{from[0]} << 16) | (std::uint32_t{from[1]} << 8) | from[2];
    std::memcpy(to, kEncodePairs[group >> 12].data(), 2);
    std::memcpy(to + 2, kEncodePairs[group & 0xFFF].data(), 2);
  }
}

void base64_append(std::span<const std::byte> bytes, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  const std::size_t whole = bytes.size() / 3 * 3;
  base64_encode_groups(bytes.first(whole), std::span(out).subspan(start, whole / 3 * 4));
  const std::size_t left = bytes.size() - whole;
  if (left == 0) return;
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data()) + whole;
  char* to = out.data() + start + whole / 3 * 4;
  const std::uint32_t group = (std::uint32_t{from[0]} << 16) | (left == 2 ? std::uint32_t{from[1]} << 8 : 0u);
  std::memcpy(to, kEncodePairs[group >> 12].data(), 2);
  to[2] = left == 2 ? kEncodePairs[group & 0xFFF][0] : '=';
  to[3] = '=';
}

std::string base64_encode(std::span<const std::byte> bytes) {
  std::string out;
  base64_append(bytes, out);
  return out;
}

bool base64_decode_groups(std::string_view text, std::span<std::byte> bytes) {
  FLEET_CHECK(bytes.size() % 3 == 0 && text.size() == bytes.size() / 3 * 4);
  const auto* from = reinterpret_cast<const unsigned char*>(text.data());
  std::byte* to = bytes.data();
  std::uint32_t seen = 0;  // the flags of all groups together: bad input is rare, so it is tested once
  for (std::size_t left = bytes.size(); left != 0; left -= 3, from += 4, to += 3) {
    const std::uint32_t group = group_at(from);
    seen |= group;
    to[0] = static_cast<std::byte>(group >> 16);
    to[1] = static_cast<std::byte>(group >> 8);
    to[2] = static_cast<std::byte>(group);
  }
  return (seen & kBadCharacter) == 0;
}

bool base64_decode(std::string_view text, std::vector<std::byte>& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(text.size() / 4 * 3 - padding);
  const std::size_t whole_groups = text.size() / 4 - (padding == 0 ? 0 : 1);
  if (!base64_decode_groups(text.substr(0, whole_groups * 4), std::span(out).first(whole_groups * 3))) return false;
  if (padding == 0) return true;
  const auto* from = reinterpret_cast<const unsigned char*>(text.data()) + whole_groups * 4;
  std::byte* to = out.data() + whole_groups * 3;
  const unsigned char last[4] = {from[0], from[1], padding == 2 ? static_cast<unsigned char>('A') : from[2], 'A'};
  const std::uint32_t group = group_at(last);
  to[0] = static_cast<std::byte>(group >> 16);
  if (padding == 1) to[1] = static_cast<std::byte>(group >> 8);
  return (group & kBadCharacter) == 0;
}

void percent_append(std::string_view text, std::string& out) {
  std::size_t run = 0;  // begin of the characters that are copied as they stand
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kUnreserved[c]) continue;
    out.append(text, run, i - run);
    const char escape[3] = {'%', kHexDigits[c >> 4], kHexDigits[c & 15]};
    out.append(escape, sizeof escape);
    run = i + 1;
  }
  out.append(text, run);
}

std::optional<FormError> decode_form(std::string_view text, std::size_t params_max, std::string& storage,
                                     std::vector<Param>& out) {
  const std::size_t first = storage.size();
  storage.resize(first + text.size());
  char* to = storage.data() + first;
  const char* from = text.data();
  const char* const end = from + text.size();
  const char* key = to;
  const char* value = nullptr;  // null while the key is read
  const char* piece = from;     // begin of the undecoded piece
  const std::size_t params_before = out.size();
  std::optional<FormError> error;
  for (;;) {
    while (from != end && kFormBytes[static_cast<unsigned char>(*from)] == FormByte::plain) *to++ = *from++;
    if (from == end || *from == '&') {
      if (from != piece) {
        if (out.size() - params_before == params_max) {
          error = FormError::too_many_params;
          break;
        }
        const char* key_end = value == nullptr ? to : value;
        out.push_back({std::string_view(key, static_cast<std::size_t>(key_end - key)),
                       std::string_view(key_end, static_cast<std::size_t>(to - key_end))});
      }
      if (from == end) break;
      piece = ++from;
      key = to;
      value = nullptr;
      continue;
    }
    char decoded = *from;
    switch (kFormBytes[static_cast<unsigned char>(*from)]) {
      case FormByte::equals:
        if (value == nullptr) {
          value = to;
          ++from;
          continue;
        }
        ++from;  // a further '=' belongs to the value
        break;
      case FormByte::plus:
        decoded = ' ';
        ++from;
        break;
      case FormByte::percent: {
        const std::uint8_t high = end - from < 3 ? 0xFF : kHexValues[static_cast<unsigned char>(from[1])];
        const std::uint8_t low = end - from < 3 ? 0xFF : kHexValues[static_cast<unsigned char>(from[2])];
        if (high == 0xFF || low == 0xFF) {
          error = FormError::bad_percent_encoding;
        } else {
          decoded = static_cast<char>(high << 4 | low);
          if (decoded == 0) error = FormError::nul_byte;
        }
        from += 3;
        break;
      }
      default:
        error = FormError::nul_byte;
        break;
    }
    if (error) break;
    *to++ = decoded;
  }
  storage.resize(static_cast<std::size_t>(to - storage.data()));
  return error;
}

}  // namespace fleet::wire
