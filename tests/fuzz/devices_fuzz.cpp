// Any message on any topic of the device side. A first byte picks the method or takes the topic from the input, and
// says whether the signatures are made good, so that the fuzzer reaches what lies behind them. Every answer must be
// JSON with a code, sessions must be of sub-devices that belong to their gateway.
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/devices/device_api.h"
#include "wire/device_sign.h"
#include "wire/error.h"

namespace {

using namespace fleet::bridge;  // NOLINT(google-build-using-namespace)
using nlohmann::json;

constexpr std::size_t kDevicesMax = 20'000;  // sub/register makes devices: afresh before it grows too large
const char* const kLamps[] = {"dev1", "dev2", "dev3", "dev4"};

struct Platform {
  Platform()
      : registry({{.key = "gw", .kind = DeviceKind::gateway, .devices = {{"gate1", "s"}, {"gate2", "s"}}},
                  {.key = "pk", .devices = {{"dev1", "s"}, {"dev2", "s"}, {"dev3", "s"}, {"dev4", "s"}}}}),
        api({}, {}, registry, sessions) {}
  Registry registry;
  Sessions sessions;
  DeviceApi api;
  Moment moment{fleet::wire::TimePoint(std::chrono::hours(1)), {}};
};

Platform& platform() {
  static auto instance = std::make_unique<Platform>();
  if (instance->registry.device_count() > kDevicesMax) instance = std::make_unique<Platform>();
  return *instance;
}

// Makes the signature of an object that could be an item.
void sign(json& item) {
  if (!item.is_object()) return;
  std::vector<std::string> texts;
  std::vector<fleet::wire::Param> params;
  texts.reserve(4);
  for (const char* key : {"productKey", "deviceName", "clientId", "timestamp"}) {
    if (!item.contains(key)) continue;
    const json& value = item[key];
    texts.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    params.push_back({key, texts.back()});
  }
  const std::string content = fleet::wire::device_sign_content(params);
  item["signMethod"] = "hmacMd5";
  item["sign"] = fleet::wire::device_sign(fleet::wire::SignMethod::hmac_md5, "s", content);
}

std::string with_signs(std::string_view payload) {
  json message = json::parse(payload.begin(), payload.end(), nullptr, false);
  if (!message.is_object() || !message.contains("params")) return std::string(payload);
  json& params = message["params"];
  json& list = params.is_object() && params.contains("deviceList") ? params["deviceList"] : params;
  if (list.is_array()) {
    for (json& item : list) sign(item);
  } else {
    sign(list);
  }
  return message.dump();
}

void check(const Notice& notice) {
  const json payload = json::parse(notice.payload, nullptr, false);
  FLEET_CHECK(payload.is_object() && payload.contains("id"));
  FLEET_CHECK(payload.contains("params") || payload["code"].is_number_integer());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.empty()) return 0;
  const auto mode = static_cast<unsigned char>(text[0]);
  text.remove_prefix(1);
  const auto methods = device_methods();
  std::string topic;
  if (mode % 16 < methods.size()) {
    topic = methods[mode % 16].filter;
    topic.replace(topic.find("+/+"), 3, mode & 32 ? "gw/gate2" : "gw/gate1");
  } else {
    const std::size_t line = text.find('\n');
    topic = text.substr(0, line);
    text = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  }
  Platform& at = platform();
  at.moment.now += std::chrono::seconds(7);
  std::vector<Notice> out;
  at.api.receive(topic, mode & 16 ? with_signs(text) : std::string(text),
                 mode & 64 ? fleet::wire::mqtt::Qos::at_least_once : fleet::wire::mqtt::Qos::at_most_once, at.moment,
                 out);
  for (const Notice& notice : out) check(notice);
  for (const char* lamp : kLamps) {
    for (const char* gate : {"gate1", "gate2"}) {
      if (!at.sessions.is_open({"pk", lamp}, std::string("gw/") + gate)) continue;
      const Device* const owner = at.registry.gateway_of(*at.registry.device({"pk", lamp}));
      FLEET_CHECK(owner != nullptr && owner->name() == gate);
    }
  }
  return 0;
}
