// What the platform tells a device about its requests and sessions.
#pragma once

#include <cstdint>
#include <string_view>

namespace fleet::bridge {

// Documentation of device-side error codes, and the pages of topology, sub-device login and registration.
enum class DeviceCode : std::uint16_t {
  success = 200,
  processing_error = 400,
  auth_error = 401,       // topo/add: bad signature
  repeated_login = 427,   // assumed: a sub-device twice in one batch_login
  too_many_online = 428,  // no room for another session
  rate_limit = 429,
  bad_request = 460,  // empty, malformed, too many items
  unknown_exception = 500,
  no_session = 520,
  device_deleted = 521,    // of a kick
  device_forbidden = 522,  // login of a disabled sub-device, and of a kick
  device_not_found = 6100,
  topic_parse_failed = 6203,
  device_disabled = 6204,  // topology and registration: the sub-device or the gateway is disabled
  product_not_found = 6250,
  bad_device_name = 6280,
  invalid_sign = 6287,  // login
  registration_off = 6288,
  too_many_sub_devices = 6400,
  no_topology = 6401,
  topology_with_itself = 6402,
  bound_elsewhere = 6619,  // registration of a sub-device of another gateway
};

// The `message` of an answer.
[[nodiscard]] std::string_view message_of(DeviceCode code);

}  // namespace fleet::bridge
