// Which reason code may stand in which packet. Internal to the codec.
#pragma once

#include "wire/mqtt/packets.h"
#include "wire/mqtt/types.h"

namespace fleet::wire::mqtt {

// MQTT 5.0 §2.4, table 2-6: whether a packet of this type may carry this code.
[[nodiscard]] bool reason_allowed(PacketType type, ReasonCode code);

}  // namespace fleet::wire::mqtt
