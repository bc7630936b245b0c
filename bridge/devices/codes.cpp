#include "bridge/devices/codes.h"

namespace fleet::bridge {

std::string_view message_of(DeviceCode code) {
  switch (code) {
    case DeviceCode::success:
      return "success";
    case DeviceCode::processing_error:
      return "processing error";
    case DeviceCode::auth_error:
      return "request auth error";
    case DeviceCode::repeated_login:
      return "repeated login";
    case DeviceCode::too_many_online:
      return "too many subdevices under gateway";
    case DeviceCode::rate_limit:
      return "rate limit, too many subDeviceOnline msg in one minute";
    case DeviceCode::bad_request:
      return "request parameter error";
    case DeviceCode::unknown_exception:
      return "unknown exception";
    case DeviceCode::no_session:
      return "device no session";
    case DeviceCode::device_deleted:
      return "device deleted";
    case DeviceCode::device_forbidden:
    case DeviceCode::device_disabled:
      return "device forbidden";
    case DeviceCode::device_not_found:
      return "device not found";
    case DeviceCode::topic_parse_failed:
      return "topic parse failed";
    case DeviceCode::product_not_found:
      return "product not found";
    case DeviceCode::bad_device_name:
      return "devicename not meet specs";
    case DeviceCode::invalid_sign:
      return "invalid sign";
    case DeviceCode::registration_off:
      return "dynamic registration off";
    case DeviceCode::too_many_sub_devices:
      return "too many sub-devices for this gateway";
    case DeviceCode::no_topology:
      return "topo relation not exist";
    case DeviceCode::topology_with_itself:
      return "topo relation cannot add by self";
    case DeviceCode::bound_elsewhere:
      return "device bound to another gateway";
  }
  return "unknown exception";
}

}  // namespace fleet::bridge
