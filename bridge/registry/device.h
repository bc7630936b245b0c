// One registered device, as the index keeps it: one cache line, its longer texts elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/clock.h"

namespace fleet::bridge {

class DeviceTable;

inline constexpr std::uint32_t kNoDevice = 0xFFFF'FFFF;

// Owned by the registry's table. A pointer to one stays good until that device is deleted; the views it gives out,
// until the registry is next changed.
class alignas(64) Device {
 public:
  static constexpr std::size_t kNameBytesMax = 32;       // grammar of device names
  static constexpr std::size_t kNicknameBytesMax = 255;  // at least 64 letters or 32 Chinese characters of UTF-8
  static constexpr std::size_t kSecretBytesMax = 255;
  static constexpr std::size_t kIotIdBytes = 26;  // 20 letters and digits and "000100": shape of the API pages' samples

  [[nodiscard]] std::string_view name() const { return {name_, name_size_}; }
  [[nodiscard]] std::string_view iot_id() const { return {text_, kIotIdBytes}; }
  [[nodiscard]] std::string_view secret() const { return {text_ + kIotIdBytes, secret_size_}; }
  // Empty where it was given none.
  [[nodiscard]] std::string_view nickname() const { return {text_ + kIotIdBytes + secret_size_, nickname_size_}; }
  // Its place in the registry, below Registry::index_limit(), as long as it exists; reused after it is deleted.
  [[nodiscard]] std::uint32_t index() const { return index_; }
  // Index of its product among Registry::products().
  [[nodiscard]] std::uint32_t product_index() const { return product_; }
  // Index of the gateway that it is a sub-device of, or kNoDevice.
  [[nodiscard]] std::uint32_t gateway_index() const { return gateway_; }
  [[nodiscard]] wire::WallTime created() const { return wire::WallTime(std::chrono::seconds(created_s_)); }
  // It was online once.
  [[nodiscard]] bool activated() const { return activated_; }
  // It may not come online (API page of DisableThing).
  [[nodiscard]] bool disabled() const { return disabled_; }

 private:
  friend class DeviceTable;

  char name_[kNameBytesMax];
  char* text_;  // IotId, secret, nickname, without anything between
  std::int64_t created_s_;
  std::uint32_t index_;
  std::uint32_t product_;
  std::uint32_t gateway_;
  std::uint8_t name_size_;  // 0: a free place
  std::uint8_t secret_size_;
  std::uint8_t nickname_size_;
  bool activated_ : 1;
  bool disabled_ : 1;
};

static_assert(sizeof(Device) == 64);

}  // namespace fleet::bridge
