// What several actions check alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "bridge/actions/action.h"

namespace fleet::bridge {

template <class T>
using Checked = tl::expected<T, BusinessError>;

// A change that the registry refused, in the service's words.
[[nodiscard]] const BusinessError& error_of(RegistryFault fault);

// The product of that key. Errors: InvalidFormattedProductkey, NotExistedProduct, NotProductOwner.
[[nodiscard]] Checked<const Product*> find_product(const ActionContext& context, std::string_view product_key);

// The device of a product. Errors: as find_product(); InvalidFormattedDeviceName, NotExistedDevice.
[[nodiscard]] Checked<const Device*> find_device(const ActionContext& context, std::string_view product_key,
                                                 std::string_view name);

// The device that parameters IotId, or else ProductKey and DeviceName, name (API pages: IotId takes precedence), each
// with `prefix` in front. Errors: as find_device(); InvalidIoTId; NullProductKey and NullDeviceName where neither is
// whole.
[[nodiscard]] Checked<const Device*> find_named_device(const ActionContext& context, std::string_view prefix = {});

// Decimal digits only, at most 4,294,967,295.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view text);

// A page of a list. Numbered from 1.
struct Page {
  std::uint32_t number = 1;
  std::uint32_t size = 10;

  // Entries in front of the page.
  [[nodiscard]] std::size_t first() const { return (std::size_t{number} - 1) * size; }
  // Pages that `total` entries take.
  [[nodiscard]] std::size_t count_of(std::size_t total) const { return (total + size - 1) / size; }
};

inline constexpr std::uint32_t kPageSizeMax = 50;  // API pages

// Parameters `number` and `size`; absent or empty ones are 1 and 10. Errors: InvalidPageParams for anything but a
// number from 1 and a size from 1 to 50.
[[nodiscard]] Checked<Page> read_page(const ActionContext& context, std::string_view number, std::string_view size);

// Names of people's choosing: characters of UTF-8, ASCII letters, digits and _ count 1, Chinese ones 2, with `japanese`
// Japanese ones 2. `min` to `max` counts. Invalid UTF-8 never fits.
[[nodiscard]] bool fits_wide_name(std::string_view text, std::size_t min, std::size_t max, bool japanese);

// Nickname of a device: 4 to 64 (API page of BatchCheckDeviceNames).
[[nodiscard]] bool is_nickname(std::string_view text);

// 0 where it is absent or empty.
[[nodiscard]] std::optional<wire::mqtt::Qos> parse_qos(std::string_view text);

// "2018-02-12T10:21:33.000Z".
[[nodiscard]] std::string utc_text(wire::WallTime time);
// The same moment as the pages' Gmt... fields show it, which is the time of Beijing: "2018-02-12 18:21:33".
[[nodiscard]] std::string gmt_text(wire::WallTime time);

// DeviceId is a legacy field of some answers; samples show the IotId without its last six digits.
[[nodiscard]] std::string_view device_id(const Device& device);

// A fresh MessageId of 19 digits, ascending.
[[nodiscard]] std::uint64_t next_message_id(ActionContext& context);

}  // namespace fleet::bridge
