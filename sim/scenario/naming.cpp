#include "sim/scenario/naming.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "settings/spelling.h"
#include "wire/identifiers.h"
#include "wire/signing.h"

namespace fleet::sim {

namespace {

constexpr std::string_view kOpen = "{index";

struct Template {
  std::string_view prefix;
  std::string_view suffix;
  std::size_t width = 0;  // digits at least
};

// "lamp-{index:5}" in its parts; none when the placeholder is absent or cannot be read.
std::optional<Template> split(std::string_view text) {
  const std::size_t begin = text.find(kOpen);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find('}', begin);
  if (end == std::string_view::npos) return std::nullopt;
  Template parts{text.substr(0, begin), text.substr(end + 1), 0};
  const std::string_view width = text.substr(begin + kOpen.size(), end - begin - kOpen.size());
  if (width.empty()) return parts;
  const char* stop = width.data() + width.size();
  const auto [read, failure] = std::from_chars(width.data() + 1, stop, parts.width);
  if (width.front() != ':' || failure != std::errc{} || read != stop || parts.width == 0 ||
      parts.width > wire::kDeviceNameBytesMax) {
    return std::nullopt;
  }
  return parts;
}

constexpr std::size_t kIndexDigitsMax = 10;  // of 32 bits

}  // namespace

wire::Result<void> check_name_template(std::string_view name_template, std::uint32_t count) {
  const auto parts = split(name_template);
  if (!parts) {
    return wire::usage_error(fmt::format("'{}' holds no {{index}} or {{index:WIDTH}}; write it like lamp-{{index:5}}",
                                         settings::shortened(name_template)));
  }
  for (const std::string_view piece : {parts->prefix, parts->suffix}) {
    if (wire::is_device_name_piece(piece)) continue;
    if (piece.find('{') != std::string_view::npos)
      return wire::usage_error(fmt::format("'{}' holds more than one placeholder", settings::shortened(name_template)));
    return wire::usage_error(
        fmt::format("'{}' makes device names outside [A-Za-z0-9_@.:-]", settings::shortened(name_template)));
  }
  for (const std::uint32_t index : {std::uint32_t{0}, count - 1}) {
    const std::string name = device_name(name_template, index);
    if (wire::is_device_name(name)) continue;
    return wire::usage_error(fmt::format("'{}' makes the device name '{}' of {} characters; allowed are {} .. {}",
                                         name_template, name, name.size(), wire::kDeviceNameBytesMin,
                                         wire::kDeviceNameBytesMax));
  }
  return {};
}

std::string device_name(std::string_view name_template, std::uint32_t index) {
  std::string name;
  NameTemplate(name_template).append(index, name);
  return name;
}

NameTemplate::NameTemplate(std::string_view name_template) {
  const auto parts = split(name_template);
  FLEET_CHECK(parts.has_value());
  prefix_ = parts->prefix;
  suffix_ = parts->suffix;
  width_ = parts->width;
}

void NameTemplate::append(std::uint32_t index, std::string& out) const {
  char digits[kIndexDigitsMax];
  const auto count = static_cast<std::size_t>(std::to_chars(digits, digits + kIndexDigitsMax, index).ptr - digits);
  out += prefix_;
  if (count < width_) out.append(width_ - count, '0');
  out.append(digits, count);
  out += suffix_;
}

std::optional<std::uint32_t> NameTemplate::index_of(std::string_view name) const {
  if (name.size() <= prefix_.size() + suffix_.size()) return std::nullopt;
  if (!name.starts_with(prefix_) || !name.ends_with(suffix_)) return std::nullopt;
  const std::string_view digits = name.substr(prefix_.size(), name.size() - prefix_.size() - suffix_.size());
  // Each index is written in one way: padded to the width, and no further.
  if (digits.size() < width_) return std::nullopt;
  if (digits.size() > std::max(width_, std::size_t{1}) && digits.front() == '0') return std::nullopt;
  std::uint32_t index = 0;
  const auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (failure != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return index;
}

std::string consumer_name_template(std::string_view fleet_group) { return fmt::format("{}-{{index}}", fleet_group); }

std::string broadcast_topic(std::string_view product_key, std::string_view name) {
  return fmt::format("/broadcast/{}/{}", product_key, name);
}

std::string consumer_filter(std::string_view app_key, std::string_view consumer_group, std::string_view topic) {
  return fmt::format("$share/{}/tmc/{}/{}/{}", consumer_group, app_key, consumer_group, topic);
}

std::string product_key(const std::string& product, std::uint64_t seed) {
  // 11 characters that begin with a1, as the API's own examples.
  constexpr std::string_view kPrefix = "a1";
  constexpr std::size_t kLength = 11;
  const std::string hash = wire::hash_hex(wire::HashMethod::sha256, fmt::format("product {} {}", seed, product));
  return std::string(kPrefix) + hash.substr(0, kLength - kPrefix.size());
}

std::string device_secret(const std::string& product_key, const std::string& device, std::uint64_t seed) {
  return wire::hmac_hex(wire::HashMethod::md5, fmt::format("secret {}", seed), product_key + "/" + device);
}

}  // namespace fleet::sim
