// The device API over a registry in memory, and gateways that sign for their sub-devices.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/devices/device_api.h"
#include "wire/device_sign.h"

namespace fleet::bridge::test {

// A sub-device as a gateway names it. Empty `method`: not signed.
struct Sub {
  std::string product_key = "lamps";
  std::string name;
  std::string secret;
  std::string method = "hmacSha1";
  std::map<std::string, nlohmann::json> more{};  // clientId, timestamp

  // The object of a request. `method_key` is how the request spells signMethod.
  [[nodiscard]] nlohmann::json json(const char* method_key = "signMethod") const;
};

// Products "gates" (gateways gate-1 to gate-3), "lamps" (lamp-1 to lamp-40 with the secrets secret1 to secret40) and
// the ones of public vectors: a1gw with gw1, a1sub with sub1 and sub2.
class DeviceApiUnderTest {
 public:
  explicit DeviceApiUnderTest(DevicesConfig config = {}, bool limits = false);

  // Sends any message. What came out is in `out`, which is cleared before.
  void send(std::string_view topic, std::string_view payload, wire::mqtt::Qos qos = wire::mqtt::Qos::at_most_once);
  // Sends {"id", "params"} for a gateway of "gates" and returns the answer; null where there is none.
  nlohmann::json ask(std::string_view gateway, std::string_view method, const nlohmann::json& params);
  // The code of that answer; 0 where there is none.
  int code(std::string_view gateway, std::string_view method, const nlohmann::json& params);

  // What was sent beside the answer: "TOPIC STATUS NAMES" or "TOPIC CODE NAME".
  [[nodiscard]] std::vector<std::string> told() const;
  // The names of a gateway's sub-devices.
  [[nodiscard]] std::vector<std::string> subs(std::string_view gateway) const;
  [[nodiscard]] DeviceState state(std::string_view product_key, std::string_view name) const;

  Moment moment{wire::TimePoint(std::chrono::hours(1)), wire::WallTime(std::chrono::seconds(1'767'323'045))};
  bool disk_is_full = false;  // the registry's store refuses every change

 private:
  std::unique_ptr<Registry> opened_;

 public:
  Registry& registry = *opened_;
  Sessions sessions;
  DeviceApi api;
  std::vector<Notice> out;
};

// Lamp `number`, signed.
[[nodiscard]] Sub lamp(int number);
// A list of signed or bare lamps.
[[nodiscard]] nlohmann::json lamps(const std::vector<int>& numbers, bool with_sign = true);

}  // namespace fleet::bridge::test
