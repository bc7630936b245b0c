#include "device_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "fickle_store.h"

namespace fleet::bridge::test {
namespace {

using nlohmann::json;

std::vector<ProductConfig> products() {
  ProductConfig gates{.key = "gates", .kind = DeviceKind::gateway};
  for (const char* name : {"gate-1", "gate-2", "gate-3"}) gates.devices.push_back({name, "gatesecret"});
  ProductConfig lamps{.key = "lamps", .kind = DeviceKind::sub_device};
  for (int i = 1; i <= 40; ++i) lamps.devices.push_back({fmt::format("lamp-{}", i), fmt::format("secret{}", i)});
  return {std::move(gates),
          std::move(lamps),
          {.key = "a1gw", .kind = DeviceKind::gateway, .devices = {{"gateway1", "gwsecret"}}},
          {.key = "a1sub", .kind = DeviceKind::sub_device, .devices = {{"sub1", "s1"}, {"sub2", "s2"}}}};
}

}  // namespace

json Sub::json(const char* method_key) const {
  nlohmann::json out = {{"productKey", product_key}, {"deviceName", name}};
  if (method.empty()) return out;
  std::vector<wire::Param> params = {{"productKey", product_key}, {"deviceName", name}};
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : more) {
    out[key] = value;
    texts[key] = value.is_string() ? value.get<std::string>() : value.dump();
    params.push_back({key, texts[key]});
  }
  const std::string content = wire::device_sign_content(params);
  out[method_key] = method;
  out["sign"] = wire::device_sign(*wire::parse_sign_method(method), secret, content);
  return out;
}

DeviceApiUnderTest::DeviceApiUnderTest(DevicesConfig config, bool limits)
    : opened_(Registry::open(std::make_unique<FickleStore>(disk_is_full), {}, products(), moment.wall).value()),
      api(config, LimitsConfig{.enforced = limits, .per_second = {}}, registry, sessions) {}

void DeviceApiUnderTest::send(std::string_view topic, std::string_view payload, wire::mqtt::Qos qos) {
  out.clear();
  api.receive(topic, payload, qos, moment, out);
}

json DeviceApiUnderTest::ask(std::string_view gateway, std::string_view method, const json& params) {
  const bool session = method.starts_with("combine/");
  const std::string topic = fmt::format("/{}/gates/{}/{}", session ? "ext/session" : "sys", gateway, method);
  send(topic, json{{"id", "7"}, {"params", params}}.dump());
  if (out.empty() || out[0].topic != topic + "_reply") return nullptr;
  json answer = json::parse(out[0].payload);
  EXPECT_EQ(answer["id"], "7");
  EXPECT_EQ(answer.size(), 4u) << answer;
  EXPECT_EQ(answer["message"], message_of(static_cast<DeviceCode>(answer["code"].get<int>())));
  return answer;
}

int DeviceApiUnderTest::code(std::string_view gateway, std::string_view method, const json& params) {
  const json answer = ask(gateway, method, params);
  return answer.is_null() ? 0 : answer["code"].get<int>();
}

std::vector<std::string> DeviceApiUnderTest::told() const {
  std::vector<std::string> lines;
  for (const Notice& notice : out) {
    if (notice.topic.ends_with("_reply")) continue;
    const json payload = json::parse(notice.payload);
    std::string line = notice.topic;
    if (payload.contains("params")) {
      line += fmt::format(" {}", payload["params"]["status"].get<int>());
      for (const json& sub : payload["params"]["subList"]) line += " " + sub["deviceName"].get<std::string>();
    } else {
      line += fmt::format(" {} {}", payload["code"].get<int>(), payload["data"]["deviceName"].get<std::string>());
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> DeviceApiUnderTest::subs(std::string_view gateway) const {
  std::vector<std::string> names;
  for (const Device* device : registry.sub_device_page(*registry.device({"gates", gateway}), 0, 100)) {
    names.emplace_back(device->name());
  }
  return names;
}

DeviceState DeviceApiUnderTest::state(std::string_view product_key, std::string_view name) const {
  return sessions.state_of(registry, *registry.device({product_key, name}));
}

Sub lamp(int number) { return {.name = fmt::format("lamp-{}", number), .secret = fmt::format("secret{}", number)}; }

json lamps(const std::vector<int>& numbers, bool with_sign) {
  json list = json::array();
  for (const int number : numbers) {
    Sub one = lamp(number);
    if (!with_sign) one.method.clear();
    list.push_back(one.json());
  }
  return list;
}

}  // namespace fleet::bridge::test
