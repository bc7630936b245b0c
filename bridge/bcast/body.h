// The JSON body of an action, read in one pass and without a tree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::bridge {

inline constexpr std::size_t kBcastDevicesMax = 10'000;  // of one call: the plugin's default

// Members that actions know; others are passed over.
enum class BcastField : std::uint8_t {
  action,
  product_key,
  device_name,
  message_content,
  message_id,
  qos,
  topic_short_name,
  topic_template_name,
  topic_full_name,
};
inline constexpr std::size_t kBcastFields = 9;

// As callers write it: "ProductKey".
[[nodiscard]] std::string_view name_of(BcastField field);

struct BcastValue {
  enum class Kind : std::uint8_t {
    absent,
    text,
    list,   // its elements are in BcastBody::names
    other,  // a number, true, null, an object; `text` is what stands there
  };
  Kind kind = Kind::absent;
  std::string_view text{};

  [[nodiscard]] bool is_there() const { return kind != Kind::absent; }
  [[nodiscard]] bool is_text() const { return kind == Kind::text; }
};

// Owned by the API, reused from call to call for its capacity.
class BcastBody {
 public:
  // False where the text is no JSON object in UTF-8, or has a string that UTF-8 cannot say (a lone surrogate). Of a
  // member given twice the last one counts. Views into `json`, which outlives the use, and into the body itself.
  [[nodiscard]] bool read(std::string_view json);

  [[nodiscard]] const BcastValue& operator[](BcastField field) const {
    return values_[static_cast<std::size_t>(field)];
  }
  // Texts of the list DeviceName, in order; what follows behind kBcastDevicesMax + 1 of them is not kept.
  [[nodiscard]] const std::vector<std::string_view>& names() const { return names_; }
  // An element of the list is no text.
  [[nodiscard]] bool names_broken() const { return names_broken_; }

 private:
  std::array<BcastValue, kBcastFields> values_{};
  std::vector<std::string_view> names_;
  bool names_broken_ = false;
  std::string storage_;  // texts that had escapes
};

}  // namespace fleet::bridge
