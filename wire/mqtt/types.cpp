#include "wire/mqtt/types.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "wire/mqtt/reason_table.h"

namespace fleet::wire::mqtt {
namespace {

constexpr unsigned in(PacketType type) { return 1U << static_cast<unsigned>(type); }

constexpr unsigned kConnack = in(PacketType::connack);
constexpr unsigned kPuback = in(PacketType::puback);
constexpr unsigned kPubrec = in(PacketType::pubrec);
constexpr unsigned kPubrel = in(PacketType::pubrel);
constexpr unsigned kPubcomp = in(PacketType::pubcomp);
constexpr unsigned kSuback = in(PacketType::suback);
constexpr unsigned kUnsuback = in(PacketType::unsuback);
constexpr unsigned kDisconnect = in(PacketType::disconnect);
constexpr unsigned kAuth = in(PacketType::auth);
constexpr unsigned kPublished = kPuback | kPubrec;
constexpr unsigned kSubscribed = kSuback | kUnsuback;

struct ReasonRow {
  std::uint8_t code;
  unsigned packets;
  std::string_view name;
};

// MQTT 5.0 §2.4 and the reason code table of each packet.
constexpr ReasonRow kReasons[] = {
    {0x00, kConnack | kPublished | kPubrel | kPubcomp | kSubscribed | kAuth | kDisconnect, "success"},
    {0x01, kSuback, "granted qos 1"},
    {0x02, kSuback, "granted qos 2"},
    {0x04, kDisconnect, "disconnect with will message"},
    {0x10, kPublished, "no matching subscribers"},
    {0x11, kUnsuback, "no subscription existed"},
    {0x18, kAuth, "continue authentication"},
    {0x19, kAuth, "re-authenticate"},
    {0x80, kConnack | kPublished | kSubscribed | kDisconnect, "unspecified error"},
    {0x81, kConnack | kDisconnect, "malformed packet"},
    {0x82, kConnack | kDisconnect, "protocol error"},
    {0x83, kConnack | kPublished | kSubscribed | kDisconnect, "implementation specific error"},
    {0x84, kConnack, "unsupported protocol version"},
    {0x85, kConnack, "client identifier not valid"},
    {0x86, kConnack, "bad user name or password"},
    {0x87, kConnack | kPublished | kSubscribed | kDisconnect, "not authorized"},
    {0x88, kConnack, "server unavailable"},
    {0x89, kConnack | kDisconnect, "server busy"},
    {0x8A, kConnack, "banned"},
    {0x8B, kDisconnect, "server shutting down"},
    {0x8C, kConnack | kDisconnect, "bad authentication method"},
    {0x8D, kDisconnect, "keep alive timeout"},
    {0x8E, kDisconnect, "session taken over"},
    {0x8F, kSubscribed | kDisconnect, "topic filter invalid"},
    {0x90, kConnack | kPublished | kDisconnect, "topic name invalid"},
    {0x91, kPublished | kSubscribed, "packet identifier in use"},
    {0x92, kPubrel | kPubcomp, "packet identifier not found"},
    {0x93, kDisconnect, "receive maximum exceeded"},
    {0x94, kDisconnect, "topic alias invalid"},
    {0x95, kConnack | kDisconnect, "packet too large"},
    {0x96, kDisconnect, "message rate too high"},
    {0x97, kConnack | kPublished | kSuback | kDisconnect, "quota exceeded"},
    {0x98, kDisconnect, "administrative action"},
    {0x99, kConnack | kPublished | kDisconnect, "payload format invalid"},
    {0x9A, kConnack | kDisconnect, "retain not supported"},
    {0x9B, kConnack | kDisconnect, "qos not supported"},
    {0x9C, kConnack | kDisconnect, "use another server"},
    {0x9D, kConnack | kDisconnect, "server moved"},
    {0x9E, kSuback | kDisconnect, "shared subscriptions not supported"},
    {0x9F, kConnack | kDisconnect, "connection rate exceeded"},
    {0xA0, kDisconnect, "maximum connect time"},
    {0xA1, kSuback | kDisconnect, "subscription identifiers not supported"},
    {0xA2, kSuback | kDisconnect, "wildcard subscriptions not supported"},
};

const ReasonRow* find(ReasonCode code) {
  const auto* row = std::ranges::lower_bound(kReasons, static_cast<std::uint8_t>(code), {}, &ReasonRow::code);
  return row != std::end(kReasons) && row->code == static_cast<std::uint8_t>(code) ? row : nullptr;
}

constexpr std::size_t kUnlistedSize = std::string_view("reason code 0xNN").size();

// "reason code 0xNN" for each of the 256 values, so that a name can be a view.
constexpr auto kUnlisted = [] {
  std::array<std::array<char, kUnlistedSize>, 256> names{};
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (std::size_t code = 0; code < names.size(); ++code) {
    std::ranges::copy(std::string_view("reason code 0x"), names[code].begin());
    names[code][kUnlistedSize - 2] = kDigits[code >> 4];
    names[code][kUnlistedSize - 1] = kDigits[code & 0x0F];
  }
  return names;
}();

}  // namespace

std::string_view reason_name(ReasonCode code) {
  if (const ReasonRow* row = find(code)) return row->name;
  const auto& name = kUnlisted[static_cast<std::uint8_t>(code)];
  return {name.data(), name.size()};
}

bool reason_allowed(PacketType type, ReasonCode code) {
  const ReasonRow* row = find(code);
  return row != nullptr && (row->packets & in(type)) != 0;
}

}  // namespace fleet::wire::mqtt
