// Reads the fields of MQTT §1.5 off a span, never beyond its end. Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fleet::wire::mqtt {

// Every read returns false, and consumes nothing, when the bytes do not hold the field.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  [[nodiscard]] bool u8(std::uint8_t& out) {
    if (rest_.empty()) return false;
    out = std::to_integer<std::uint8_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    return true;
  }

  [[nodiscard]] bool u16(std::uint16_t& out) {
    if (rest_.size() < 2) return false;
    out = static_cast<std::uint16_t>(std::to_integer<unsigned>(rest_[0]) << 8 | std::to_integer<unsigned>(rest_[1]));
    rest_ = rest_.subspan(2);
    return true;
  }

  [[nodiscard]] bool u32(std::uint32_t& out) {
    if (rest_.size() < 4) return false;
    out = std::to_integer<std::uint32_t>(rest_[0]) << 24 | std::to_integer<std::uint32_t>(rest_[1]) << 16 |
          std::to_integer<std::uint32_t>(rest_[2]) << 8 | std::to_integer<std::uint32_t>(rest_[3]);
    rest_ = rest_.subspan(4);
    return true;
  }

  // Variable byte integer in its shortest form, at most four bytes (MQTT 5.0 §1.5.5).
  [[nodiscard]] bool varint(std::uint32_t& out) {
    std::uint32_t value = 0;
    for (std::size_t index = 0; index < 4 && index < rest_.size(); ++index) {
      const auto byte = std::to_integer<std::uint32_t>(rest_[index]);
      value |= (byte & 0x7F) << (7 * index);
      if ((byte & 0x80) != 0) continue;
      if (byte == 0 && index > 0) return false;
      out = value;
      rest_ = rest_.subspan(index + 1);
      return true;
    }
    return false;
  }

  // A two-byte length and that many bytes.
  [[nodiscard]] bool field(std::string_view& out) {
    if (rest_.size() < 2) return false;
    const std::size_t length = std::to_integer<std::size_t>(rest_[0]) << 8 | std::to_integer<std::size_t>(rest_[1]);
    if (rest_.size() - 2 < length) return false;
    out = {reinterpret_cast<const char*>(rest_.data()) + 2, length};
    rest_ = rest_.subspan(2 + length);
    return true;
  }

  // The next `size` bytes.
  [[nodiscard]] bool bytes(std::size_t size, std::span<const std::byte>& out) {
    if (rest_.size() < size) return false;
    out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return true;
  }

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

}  // namespace fleet::wire::mqtt
