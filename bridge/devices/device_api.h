// The device protocol without I/O: a message of a gateway in; answers, and what other gateways are told, out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/devices/method.h"
#include "bridge/devices/notice.h"
#include "bridge/devices/sessions.h"
#include "bridge/registry/registry.h"
#include "wire/mqtt/types.h"

namespace fleet::bridge {

// What became of the messages given to receive(): each is counted once.
struct DeviceCounts {
  std::uint64_t done = 0;            // requests that were carried out
  std::uint64_t refused = 0;         // requests answered with another code than 200
  std::uint64_t notify_replies = 0;  // answers of gateways to thing/topo/add/notify
  std::uint64_t too_long = 0;        // longer than kPayloadBytesMax; not answered
  std::uint64_t malformed = 0;       // no JSON object; not answered: there is no id to answer under
  std::uint64_t foreign = 0;         // on a topic that is no request; not answered

  // Not answered though somebody may have waited.
  [[nodiscard]] std::uint64_t dropped() const { return too_long + malformed + foreign; }
};

// Owned by the service; lives on its loop. Never throws; blocks only while the registry's store writes.
//
// That a message is from the gateway whose names stand in its topic is for the broker to see to: this side sees topics
// only. Sub-devices, and gateways for what they ask in a sub-device's name, prove themselves by signatures.
class DeviceApi {
 public:
  // The longest request, 50 logins, takes a quarter of it.
  static constexpr std::size_t kPayloadBytesMax = 64u << 10;

  // `registry` and `sessions` outlive it. Logins are limited where limits are enforced.
  DeviceApi(const DevicesConfig& config, const LimitsConfig& limits, Registry& registry, Sessions& sessions);

  // One message; any bytes. What is to be sent is appended to `out`: the answer, where one is wanted, and notices.
  void receive(std::string_view topic, std::string_view payload, wire::mqtt::Qos qos, Moment moment,
               std::vector<Notice>& out);

  // What somebody else has to tell devices: ends the sessions that kicks end, and appends to `out` what is to be sent.
  void tell(std::vector<Notice> notices, std::vector<Notice>& out);

  [[nodiscard]] const DeviceCounts& counts() const { return counts_; }

 private:
  [[nodiscard]] DeviceResult answer(const DeviceTopic& topic, const nlohmann::json& message, Moment moment,
                                    std::vector<Notice>& notices);

  Registry& registry_;
  Sessions& sessions_;
  SubRegistration registration_;
  LoginLimit login_limit_;
  NoticeIds next_id_{1};
  DeviceCounts counts_;
};

}  // namespace fleet::bridge
