// The sub-devices that a request names, out of its JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/devices/method.h"
#include "wire/device_sign.h"

namespace fleet::bridge {

// Documentation of topological relationships; of list/found assumed.
inline constexpr std::size_t kTopologyItemsMax = 30;
// Newer documentation of sub-devices coming online; the one of 2020 has 5.
inline constexpr std::size_t kSessionItemsMax = 50;

struct DeviceItem {
  NamedDevice name;
  // Only of signed items.
  wire::SignMethod method{};
  std::string sign{};
  std::string content{};  // what the device has signed
};

enum class Signed : bool { no, yes };

// One item: an object with productKey and deviceName, both texts and not empty; signed ones also with sign and
// signMethod, which some devices write signmethod. timestamp and clientId are optional and signed where they are sent;
// timestamp may be a whole number. Refusal: bad_request.
[[nodiscard]] tl::expected<DeviceItem, DeviceRefusal> read_item(const nlohmann::json& item, Signed with_sign);

// A list of 1 to `items_max`. Refusal: bad_request.
[[nodiscard]] tl::expected<std::vector<DeviceItem>, DeviceRefusal> read_items(const nlohmann::json& list,
                                                                              std::size_t items_max, Signed with_sign);

// {"productKey", "deviceName"}
[[nodiscard]] nlohmann::ordered_json json_of(const NamedDevice& device);
// A list of them.
[[nodiscard]] nlohmann::ordered_json json_of(const std::vector<DeviceItem>& items);

// The product of an item, as far as the gateway may know it: one that belongs to an account is only there for gateways
// of that account. Null where there is none.
[[nodiscard]] const Product* find_product(const DeviceCall& call, const DeviceItem& item);
// Null where the product, or the device, is not there.
[[nodiscard]] const Device* find_item(const DeviceCall& call, const DeviceItem& item);

}  // namespace fleet::bridge
