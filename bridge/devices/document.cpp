#include "bridge/devices/document.h"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <string_view>

#include "bridge/devices/device_api.h"
#include "bridge/devices/method.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kHead = R"(
## Device side: MQTT

With `devices: on` (the default) the bridge listens to gateways on a connection of its own. A request goes to a topic of
the gateway, its answer comes at the same QoS on that topic with `_reply` behind it:

```
{"id":"1","params":...}
{"id":"1","code":200,"message":"success","data":...}
{"id":"1","code":6401,"message":"topo relation not exist","data":{"productKey":"p","deviceName":"d"}}
```

`id` is a text or a whole number and goes back as it came. `version` and `method` are not looked at; with
`"sys":{"ack":0}` there is no answer. `data` of a refusal names the first device that does not fit; a request with several
devices is carried out for all of them or for none. A message that is no JSON object, or is longer than 64 KB, is dropped
and counted. That a message is from the gateway in its topic is for the broker's access list to see to.

`sign` is made as that of BatchAddThingTopo, over productKey, deviceName and, where they are sent, clientId and timestamp;
`signMethod` may be written `signmethod`, and timestamp may be a number. A sub-device may log in 5 times a minute where
limits are enforced (assumed). `cleanSession` is not looked at: what waits for a device is the broker's.

| topic | params | data | codes |
|---|---|---|---|
)";

constexpr std::string_view kTold = R"(
Codes of any request: 200, 400, 460, 500, 6100 (the gateway is not known), 6203 (the names in its topic cannot be those of a
device), 6204 or, on /ext/session, 522 (it is disabled). `registration: known` answers thing/sub/register for devices that
are registered already, `registration: off` with 6288; by default it registers those that their product lacks. A product that
belongs to an account is there for the gateways of that account alone.

What gateways are told:

| topic | when |
|---|---|
| /sys/{ProductKey}/{DeviceName}/thing/topo/change | sub-devices were attached (status 0) or detached (1) by others, enabled (2) or disabled (8) |
| /sys/{ProductKey}/{DeviceName}/thing/topo/add/notify | NotifyAddThingTopo |
| /ext/error/{ProductKey}/{DeviceName} | the session of a sub-device has ended: 521 it is deleted, 522 disabled, 6401 no longer the gateway's |

| code | message |
|---|---|
)";

// What follows from the gateway and the form of a message; told once, not in each row.
bool is_of_any(DeviceCode code) {
  switch (code) {
    case DeviceCode::success:
    case DeviceCode::processing_error:
    case DeviceCode::bad_request:
    case DeviceCode::unknown_exception:
    case DeviceCode::topic_parse_failed:
      return true;
    default:
      return false;
  }
}

// `+/+` of a filter as the names that stand there.
std::string topic_of(const DeviceMethod& method) {
  std::string topic(method.filter);
  return topic.replace(topic.find("+/+"), 3, "{ProductKey}/{DeviceName}");
}

}  // namespace

std::string device_document() {
  std::string out(kHead);
  const auto to = std::back_inserter(out);
  std::set<DeviceCode> codes = {DeviceCode::success,           DeviceCode::processing_error,
                                DeviceCode::bad_request,       DeviceCode::unknown_exception,
                                DeviceCode::device_deleted,    DeviceCode::device_forbidden,
                                DeviceCode::topic_parse_failed};
  for (const DeviceMethod& method : device_methods()) {
    if (method.run == nullptr) continue;
    fmt::format_to(to, "| {} | {} | {} | ", topic_of(method), method.params, method.data);
    std::string_view between;
    for (const DeviceCode code : method.codes) {
      codes.insert(code);
      if (is_of_any(code)) continue;
      fmt::format_to(to, "{}{}", between, static_cast<int>(code));
      between = ", ";
    }
    out.append(" |\n");
  }
  out.append(kTold);
  for (const DeviceCode code : codes) {
    fmt::format_to(to, "| {} | {} |\n", static_cast<int>(code), message_of(code));
  }
  return out;
}

}  // namespace fleet::bridge
