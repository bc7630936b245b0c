// Logins and topics of anybody: the extended client identifier, the user name, and whose a topic is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bridge/broker_auth/options.h"
#include "bridge/broker_auth/refusal_log.h"
#include "bridge/broker_auth/topic_owner.h"
#include "wire/device_login.h"
#include "wire/error.h"

namespace {

using namespace fleet;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_login(std::string_view text) {
  const auto login = wire::parse_login_id(text);
  if (!login) {
    FLEET_CHECK(!login.error().empty());
    return;
  }
  FLEET_CHECK(!login->id.empty() && login->id.size() <= wire::kLoginIdBytesMax && inside(login->id, text));
  FLEET_CHECK(!login->timestamp || inside(*login->timestamp, text));
  FLEET_CHECK(login->method != wire::SignMethod::sha256);
  const wire::DeviceId device{.product_key = "lamp", .device_name = "lamp-1"};
  const std::string content = wire::device_login_content(*login, device);
  const std::string password = wire::device_sign(login->method, "secret", content);
  FLEET_CHECK(wire::is_password(login->method, password));
  FLEET_CHECK(wire::password_matches(*login, "secret", content, password));
}

// No wildcard stands where it is said whose the topic is.
void check_topic(std::string_view text) {
  const auto owner = bridge::owner_of(text);
  if (!owner) return;
  for (const std::string_view part :
       {owner->device.product_key, owner->device.device_name, owner->path, owner->app_key}) {
    FLEET_CHECK(inside(part, text));
    FLEET_CHECK(part.find_first_of("+#") == std::string_view::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_login(text);
  check_topic(text);
  if (const auto device = wire::parse_device_username(text)) {
    FLEET_CHECK(device->device_name.size() + 1 + device->product_key.size() == text.size());
  }
  FLEET_CHECK(bridge::shown(text).size() <= 101);
  return 0;
}
