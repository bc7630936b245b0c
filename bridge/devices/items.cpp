#include "bridge/devices/items.h"

#include <utility>

namespace fleet::bridge {
namespace {

using Json = nlohmann::json;

// Null where it is absent or no text.
const std::string* text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

// What a device signs of a member that may be a text or a whole number: the text, or the number's digits. False: it is
// neither. Nothing is appended where it is absent.
bool append_signed(const Json& object, const char* key, std::string& storage, std::vector<wire::Param>& params) {
  const auto found = object.find(key);
  if (found == object.end()) return true;
  if (const std::string* const text = found->get_ptr<const std::string*>()) {
    params.push_back({key, *text});
    return true;
  }
  if (!found->is_number_unsigned()) return false;
  storage = std::to_string(found->get<std::uint64_t>());
  params.push_back({key, storage});
  return true;
}

}  // namespace

tl::expected<DeviceItem, DeviceRefusal> read_item(const Json& item, Signed with_sign) {
  if (!item.is_object()) return Refused(DeviceCode::bad_request);
  const std::string* const product_key = text_of(item, "productKey");
  const std::string* const device_name = text_of(item, "deviceName");
  if (product_key == nullptr || device_name == nullptr) return Refused(DeviceCode::bad_request);
  if (product_key->empty() || device_name->empty()) return Refused(DeviceCode::bad_request);
  DeviceItem out{.name = {*product_key, *device_name}};
  if (with_sign == Signed::no) return out;

  const std::string* const sign = text_of(item, "sign");
  const std::string* method = text_of(item, "signMethod");
  if (method == nullptr) method = text_of(item, "signmethod");
  const auto known = method == nullptr ? std::nullopt : wire::parse_sign_method(*method);
  std::vector<wire::Param> params = {{"productKey", *product_key}, {"deviceName", *device_name}};
  std::string timestamp;
  std::string device_id;
  if (sign == nullptr || sign->empty() || !known || !append_signed(item, "timestamp", timestamp, params) ||
      !append_signed(item, "clientId", device_id, params)) {
    return Refused(DeviceRefusal(DeviceCode::bad_request, std::move(out.name)));
  }
  out.method = *known;
  out.sign = *sign;
  out.content = wire::device_sign_content(params);
  return out;
}

tl::expected<std::vector<DeviceItem>, DeviceRefusal> read_items(const Json& list, std::size_t items_max,
                                                                Signed with_sign) {
  if (!list.is_array() || list.empty() || list.size() > items_max) return Refused(DeviceCode::bad_request);
  std::vector<DeviceItem> items;
  items.reserve(list.size());
  for (const Json& entry : list) {
    auto item = read_item(entry, with_sign);
    if (!item) return Refused(std::move(item.error()));
    items.push_back(std::move(*item));
  }
  return items;
}

const Product* find_product(const DeviceCall& call, const DeviceItem& item) {
  const Product* const product = call.registry.product(item.name.product_key);
  if (product == nullptr) return nullptr;
  return product->is_open_to(call.registry.product_of(call.gateway).owner()) ? product : nullptr;
}

const Device* find_item(const DeviceCall& call, const DeviceItem& item) {
  const Product* const product = find_product(call, item);
  return product == nullptr ? nullptr : product->device(item.name.name);
}

nlohmann::ordered_json json_of(const NamedDevice& device) {
  return {{"productKey", device.product_key}, {"deviceName", device.name}};
}

nlohmann::ordered_json json_of(const std::vector<DeviceItem>& items) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const DeviceItem& item : items) list.push_back(json_of(item.name));
  return list;
}

}  // namespace fleet::bridge
