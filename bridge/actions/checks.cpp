#include "bridge/actions/checks.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "wire/identifiers.h"
#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

using wire::mqtt::utf8_character_size;

// The code point of a well-formed character.
std::uint32_t code_point(std::string_view character) {
  const auto byte = [character](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i]));
  };
  switch (character.size()) {
    case 1:
      return byte(0);
    case 2:
      return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3:
      return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default:
      return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
}

struct Range {
  std::uint32_t first, last;
};

// Unicode 15, blocks of unified and compatibility ideographs; 々 and 〇 beside them.
constexpr Range kChinese[] = {{0x3005, 0x3005}, {0x3007, 0x3007}, {0x3400, 0x4dbf},
                              {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x323af}};
// Letters of Hiragana and Katakana with the prolonged sound mark, and half-width Katakana.
constexpr Range kJapanese[] = {
    {0x3041, 0x3096}, {0x309d, 0x309f}, {0x30a1, 0x30fa}, {0x30fc, 0x30ff}, {0xff66, 0xff9f}};

template <std::size_t N>
bool is_in(std::uint32_t point, const Range (&ranges)[N]) {
  for (const Range& range : ranges) {
    if (point >= range.first && point <= range.last) return true;
  }
  return false;
}

bool is_narrow(std::uint32_t point) {
  return (point >= '0' && point <= '9') || (point >= 'A' && point <= 'Z') || (point >= 'a' && point <= 'z') ||
         point == '_';
}

}  // namespace

const BusinessError& error_of(RegistryFault fault) {
  switch (fault) {
    case RegistryFault::store:
      break;
    case RegistryFault::full:
      return business::kDeviceCountExceeded;
    case RegistryFault::unknown_product:
      return business::kNotExistedProduct;
    case RegistryFault::unknown_device:
      return business::kNotExistedDevice;
    case RegistryFault::name_taken:
      return business::kAlreadyExistedDeviceName;
    // Which codes stand for the next is assumed.
    case RegistryFault::not_a_gateway:
      return business::kInvalidNodeType;
    case RegistryFault::itself:
    case RegistryFault::loop:
    case RegistryFault::given_twice:
      return business::kAddTopoRelationFailed;
    case RegistryFault::gateway_full:
      return business::kTopoRelationCountExceeded;
    case RegistryFault::not_in_topology:
      return business::kRemoveTopoRelationFailed;
    case RegistryFault::unknown_apply:
      return business::kDeviceApplyIsNotFound;
    case RegistryFault::wrong_product:
    case RegistryFault::check_failed:
    case RegistryFault::already_created:
      return business::kIncorrectDeviceApplyInfo;
    case RegistryFault::still_running:
      return business::kCreateDeviceTaskIsRunning;
  }
  return business::kSystemException;
}

Checked<const Product*> find_product(const ActionContext& context, std::string_view product_key) {
  const Product* const product = context.registry.product(product_key);
  if (product == nullptr) {
    return tl::unexpected(wire::is_product_key(product_key) ? business::kNotExistedProduct
                                                            : business::kInvalidFormattedProductKey);
  }
  if (!product->is_open_to(context.account)) return tl::unexpected(business::kNotProductOwner);
  return product;
}

Checked<const Device*> find_device(const ActionContext& context, std::string_view product_key, std::string_view name) {
  const auto product = find_product(context, product_key);
  if (!product) return tl::unexpected(product.error());
  if (const Device* const device = (*product)->device(name)) return device;
  return tl::unexpected(wire::is_device_name(name) ? business::kNotExistedDevice
                                                   : business::kInvalidFormattedDeviceName);
}

Checked<const Device*> find_named_device(const ActionContext& context, std::string_view prefix) {
  const auto text = [&](std::string_view name) { return context.text(std::string(prefix).append(name)); };
  if (const std::string_view iot_id = text("IotId"); !iot_id.empty()) {
    const Device* const device = context.registry.device_of_iot_id(iot_id);
    if (device == nullptr) {
      return tl::unexpected(iot_id.size() == Device::kIotIdBytes ? business::kNotExistedDevice
                                                                 : business::kInvalidIotId);
    }
    if (!context.registry.product_of(*device).is_open_to(context.account))
      return tl::unexpected(business::kNotProductOwner);
    return device;
  }
  const std::string_view product_key = text("ProductKey");
  const std::string_view name = text("DeviceName");
  if (product_key.empty()) return tl::unexpected(business::kNullProductKey);
  if (name.empty()) return tl::unexpected(business::kNullDeviceName);
  return find_device(context, product_key, name);
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

Checked<Page> read_page(const ActionContext& context, std::string_view number, std::string_view size) {
  Page page;
  const std::string_view number_text = context.text(number);
  const std::string_view size_text = context.text(size);
  if (!number_text.empty()) page.number = parse_number(number_text).value_or(0);
  if (!size_text.empty()) page.size = parse_number(size_text).value_or(0);
  if (page.number == 0 || page.size == 0 || page.size > kPageSizeMax)
    return tl::unexpected(business::kInvalidPageParams);
  return page;
}

bool fits_wide_name(std::string_view text, std::size_t min, std::size_t max, bool japanese) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t size = utf8_character_size(text);
    if (size == 0) return false;
    const std::uint32_t point = code_point(text.substr(0, size));
    if (is_narrow(point)) {
      count += 1;
    } else if (is_in(point, kChinese) || (japanese && is_in(point, kJapanese))) {
      count += 2;
    } else {
      return false;
    }
    if (count > max) return false;
    text.remove_prefix(size);
  }
  return count >= min;
}

bool is_nickname(std::string_view text) { return fits_wide_name(text, 4, 64, true); }

std::optional<wire::mqtt::Qos> parse_qos(std::string_view text) {
  if (text.empty() || text == "0") return wire::mqtt::Qos::at_most_once;
  if (text == "1") return wire::mqtt::Qos::at_least_once;
  return {};
}

std::string utc_text(wire::WallTime time) { return fmt::format("{:%Y-%m-%dT%H:%M:%S}.000Z", fmt::gmtime(time)); }

std::string gmt_text(wire::WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(time + std::chrono::hours(8)));
}

std::string_view device_id(const Device& device) { return device.iot_id().substr(0, Device::kIotIdBytes - 6); }

std::uint64_t next_message_id(ActionContext& context) {
  // The second of the call in front, so that the numbers of a later run are larger.
  constexpr std::uint64_t kEachSecond = 1u << 30;
  const auto second = static_cast<std::uint64_t>(context.moment.wall.time_since_epoch().count());
  return second * kEachSecond + context.message_number++ % kEachSecond;
}

}  // namespace fleet::bridge
