// Appends the fields of MQTT §1.5 to a buffer. Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "wire/error.h"

namespace fleet::wire::mqtt {

inline void append_u8(std::vector<std::byte>& out, std::uint8_t value) { out.push_back(std::byte{value}); }

inline void append_u16(std::vector<std::byte>& out, std::uint16_t value) {
  append_u8(out, static_cast<std::uint8_t>(value >> 8));
  append_u8(out, static_cast<std::uint8_t>(value & 0xFF));
}

inline void append_u32(std::vector<std::byte>& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
}

inline void append_bytes(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// A two-byte length and the bytes; at most 65,535.
inline void append_field(std::vector<std::byte>& out, std::string_view text) {
  FLEET_CHECK(text.size() <= 0xFFFF);
  append_u16(out, static_cast<std::uint16_t>(text.size()));
  append_bytes(out, bytes_of(text));
}

// Bytes of a variable byte integer, 1 to 4.
constexpr std::size_t varint_size(std::size_t value) {
  return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

// Writes a variable byte integer at `at`, which has room for varint_size(value) bytes; returns the end.
inline std::byte* write_varint(std::byte* at, std::size_t value) {
  while (value >= 128) {
    *at++ = static_cast<std::byte>((value & 0x7F) | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<std::byte>(value);
  return at;
}

// At most 268,435,455.
inline void append_varint(std::vector<std::byte>& out, std::size_t value) {
  FLEET_CHECK(value <= 268'435'455);
  const std::size_t begin = out.size();
  out.resize(begin + varint_size(value));
  write_varint(out.data() + begin, value);
}

}  // namespace fleet::wire::mqtt
