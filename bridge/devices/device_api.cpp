#include "bridge/devices/device_api.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "bridge/devices/items.h"
#include "wire/identifiers.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// The id of a message as it goes back, or null: texts of any form and whole numbers.
OrderedJson id_of(const Json& message) {
  const auto id = message.find("id");
  if (id == message.end()) return {};
  if (const std::string* const text = id->get_ptr<const std::string*>()) return *text;
  if (id->is_number_unsigned()) return id->get<std::uint64_t>();
  if (id->is_number_integer()) return id->get<std::int64_t>();
  return {};
}

// {"sys": {"ack": 0}} asks for no answer.
bool wants_answer(const Json& message) {
  const auto sys = message.find("sys");
  if (sys == message.end() || !sys->is_object()) return true;
  const auto ack = sys->find("ack");
  return ack == sys->end() || !ack->is_number_integer() || ack->get<std::int64_t>() != 0;
}

std::string answer_text(const OrderedJson& id, const DeviceResult& result) {
  const DeviceCode code = result ? DeviceCode::success : result.error().code;
  OrderedJson out = {
      {"id", id.is_null() ? OrderedJson("") : id}, {"code", static_cast<int>(code)}, {"message", message_of(code)}};
  if (result) {
    out["data"] = *result;
  } else {
    out["data"] = result.error().device ? json_of(*result.error().device) : OrderedJson::object();
  }
  return out.dump();  // of valid UTF-8 only: the parser lets nothing else pass
}

}  // namespace

DeviceApi::DeviceApi(const DevicesConfig& config, const LimitsConfig& limits, Registry& registry, Sessions& sessions)
    : registry_(registry), sessions_(sessions), registration_(config.registration), login_limit_(limits.enforced) {}

void DeviceApi::receive(std::string_view topic, std::string_view payload, wire::mqtt::Qos qos, Moment moment,
                        std::vector<Notice>& out) {
  const DeviceTopic parts = parse_device_topic(topic);
  if (parts.method == nullptr) {
    ++counts_.foreign;
    return;
  }
  if (payload.size() > kPayloadBytesMax) {
    ++counts_.too_long;
    return;
  }
  const Json message = Json::parse(payload.begin(), payload.end(), nullptr, false);
  if (!message.is_object()) {
    ++counts_.malformed;
    return;
  }
  if (parts.method->run == nullptr) {
    ++counts_.notify_replies;
    return;
  }
  const OrderedJson id = id_of(message);
  std::vector<Notice> notices;
  const DeviceResult result =
      id.is_null() ? DeviceResult(Refused(DeviceCode::bad_request)) : answer(parts, message, moment, notices);
  ++(result ? counts_.done : counts_.refused);
  if (wants_answer(message)) {
    out.push_back({.topic = std::string(topic) + "_reply", .payload = answer_text(id, result), .qos = qos});
  }
  tell(std::move(notices), out);
}

DeviceResult DeviceApi::answer(const DeviceTopic& topic, const Json& message, Moment moment,
                               std::vector<Notice>& notices) {
  if (!wire::is_product_key(topic.product_key) || !wire::is_device_name(topic.device_name)) {
    return Refused(DeviceCode::topic_parse_failed);
  }
  NamedDevice names{std::string(topic.product_key), std::string(topic.device_name)};
  const Device* const gateway = registry_.device({names.product_key, names.name});
  if (gateway == nullptr) return Refused(DeviceRefusal(DeviceCode::device_not_found, std::move(names)));
  if (gateway->disabled()) {
    const bool session = topic.method->filter.starts_with("/ext/session/");
    return Refused(DeviceRefusal(session ? DeviceCode::device_forbidden : DeviceCode::device_disabled, names));
  }
  // It speaks, so it is online. Where that cannot be written the registry says so, and nothing here depends on it.
  (void)registry_.activate({&gateway, 1});
  static const Json kNoParams;
  const auto params = message.find("params");
  DeviceCall call{.registry = registry_,
                  .sessions = sessions_,
                  .login_limit = login_limit_,
                  .next_id = next_id_,
                  .registration = registration_,
                  .gateway = *gateway,
                  .gateway_name = std::move(names),
                  .params = params == message.end() ? kNoParams : *params,
                  .moment = moment,
                  .notices = notices};
  return topic.method->run(call);
}

void DeviceApi::tell(std::vector<Notice> notices, std::vector<Notice>& out) {
  for (Notice& notice : notices) {
    if (notice.is_kick()) {
      const NamedDevice sub_device{notice.kicked_product_key, notice.kicked_device_name};
      if (!sessions_.close(sub_device, kicked_at(notice))) continue;
    }
    out.push_back(std::move(notice));
  }
}

}  // namespace fleet::bridge
