// A device's login with an ID of the test's choice.
#pragma once

#include <string>
#include <string_view>

#include "wire/device_login.h"

namespace fleet::tests {

// By HMAC-SHA256, with the timestamp 789. The same ID makes the same client identifier for every device.
inline wire::mqtt::Login device_login_as(std::string_view id, const wire::DeviceId& device, std::string_view secret) {
  const wire::LoginId login{.id = id, .method = wire::SignMethod::hmac_sha256, .timestamp = "789"};
  wire::mqtt::Login made = wire::device_login(device, secret, *login.timestamp);
  made.client_id.replace(0, made.client_id.find('|'), id);
  made.password = wire::device_sign(login.method, secret, wire::device_login_content(login, device));
  return made;
}

}  // namespace fleet::tests
