#include "bridge/devices/method.h"

namespace fleet::bridge {
namespace {

using enum DeviceCode;

constexpr std::string_view kNames = "[{productKey, deviceName}]";
constexpr std::string_view kName = "{productKey, deviceName}";

constexpr DeviceCode kTopoAddCodes[] = {auth_error,      bad_request,          device_not_found,
                                        device_disabled, too_many_sub_devices, topology_with_itself};
constexpr DeviceCode kTopoDeleteCodes[] = {bad_request, device_not_found, device_disabled, no_topology};
constexpr DeviceCode kTopoGetCodes[] = {device_disabled};
constexpr DeviceCode kFoundCodes[] = {bad_request, device_disabled, product_not_found, bad_device_name};
constexpr DeviceCode kRegisterCodes[] = {bad_request,     device_not_found, device_disabled,      product_not_found,
                                         bad_device_name, registration_off, topology_with_itself, bound_elsewhere};
constexpr DeviceCode kLoginCodes[] = {too_many_online,  rate_limit,   bad_request, device_forbidden,
                                      device_not_found, invalid_sign, no_topology};
constexpr DeviceCode kBatchLoginCodes[] = {repeated_login,   too_many_online,  rate_limit,   bad_request,
                                           device_forbidden, device_not_found, invalid_sign, no_topology};
constexpr DeviceCode kLogoutCodes[] = {bad_request, no_session, device_forbidden};

constexpr DeviceMethod kMethods[] = {
    {.filter = "/sys/+/+/thing/topo/add",
     .params = "[{productKey, deviceName, sign, signmethod, timestamp, clientId}], at most 30; a sub-device of another "
               "gateway is moved",
     .data = kNames,
     .codes = kTopoAddCodes,
     .run = run_topo_add},
    {.filter = "/sys/+/+/thing/topo/delete",
     .params = "[{productKey, deviceName}], at most 30",
     .data = kNames,
     .codes = kTopoDeleteCodes,
     .run = run_topo_delete},
    {.filter = "/sys/+/+/thing/topo/get", .params = "{}", .data = kNames, .codes = kTopoGetCodes, .run = run_topo_get},
    {.filter = "/sys/+/+/thing/topo/add/notify_reply", .params = {}, .data = {}, .codes = {}, .run = nullptr},
    {.filter = "/sys/+/+/thing/list/found",
     .params = "[{productKey, deviceName}], at most 30; checked, and not kept",
     .data = "{}",
     .codes = kFoundCodes,
     .run = run_list_found},
    {.filter = "/sys/+/+/thing/sub/register",
     .params = "[{productKey, deviceName}], at most 30",
     .data = "[{iotId, productKey, deviceName, deviceSecret}]",
     .codes = kRegisterCodes,
     .run = run_sub_register},
    {.filter = "/ext/session/+/+/combine/login",
     .params = "{productKey, deviceName, clientId, timestamp, signMethod, sign, cleanSession}",
     .data = kName,
     .codes = kLoginCodes,
     .run = run_login},
    {.filter = "/ext/session/+/+/combine/batch_login",
     .params = "{deviceList: [as login]}, at most 50",
     .data = kNames,
     .codes = kBatchLoginCodes,
     .run = run_batch_login},
    {.filter = "/ext/session/+/+/combine/logout",
     .params = kName,
     .data = kName,
     .codes = kLogoutCodes,
     .run = run_logout},
    {.filter = "/ext/session/+/+/combine/batch_logout",
     .params = "[{productKey, deviceName}], at most 50",
     .data = kNames,
     .codes = kLogoutCodes,
     .run = run_batch_logout},
};

}  // namespace

std::span<const DeviceMethod> device_methods() { return kMethods; }

DeviceTopic parse_device_topic(std::string_view topic) {
  constexpr std::string_view kPlaces = "+/+";
  for (const DeviceMethod& method : kMethods) {
    const std::size_t at = method.filter.find(kPlaces);
    const std::string_view before = method.filter.substr(0, at);
    const std::string_view behind = method.filter.substr(at + kPlaces.size());
    if (topic.size() < before.size() + behind.size()) continue;
    if (!topic.starts_with(before) || !topic.ends_with(behind)) continue;
    const std::string_view names = topic.substr(at, topic.size() - before.size() - behind.size());
    const std::size_t slash = names.find('/');
    if (slash == std::string_view::npos || slash != names.rfind('/')) continue;
    return {&method, names.substr(0, slash), names.substr(slash + 1)};
  }
  return {};
}

}  // namespace fleet::bridge
