// Whose a topic is: read from the topic itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/device_login.h"

namespace fleet::bridge {

// Who may do what below a prefix (documentation of topics).
enum class TopicSpace : std::uint8_t {
  own,        // /{pk}/{dn}/user/…, /sys/{pk}/{dn}/…, /ext/rrpc/{id}/… of these: the device, and its gateway
  session,    // /ext/session/{pk}/{dn}/…: a gateway for itself alone
  errors,     // /ext/error/{pk}/{dn}: likewise, from the platform
  broadcast,  // /broadcast/{pk}/…, /sys/broadcast/{pk}: from the platform to every device of the product
  consumers,  // tmc/{app_key}/…: from the platform to the consumers of the application
};

// Views into the topic.
struct TopicOwner {
  TopicSpace space = TopicSpace::own;
  wire::DeviceId device{};     // broadcast: without a name; consumers: empty
  std::string_view path{};     // own, session, errors: "{pk}/{dn}", as it stands there
  std::string_view app_key{};  // consumers
};

// Whose a topic or a topic filter is; none where it is nobody's. Of a shared subscription the part behind the group is
// looked at. The levels that say whose it is hold no wildcard, whatever stands behind them. No allocation.
[[nodiscard]] std::optional<TopicOwner> owner_of(std::string_view topic);

}  // namespace fleet::bridge
