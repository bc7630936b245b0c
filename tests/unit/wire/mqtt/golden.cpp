#include "tests/unit/wire/mqtt/golden.h"

#include <deque>

#include "tests/unit/wire/mqtt/hex.h"

namespace fleet::wire::mqtt {
namespace {

constexpr Version v3 = Version::v311;
constexpr Version v5 = Version::v5;
using enum PropertyId;

// Owns what the packets point into.
class Storage {
 public:
  PropertyList& properties() { return properties_.emplace_back(); }
  std::span<const std::byte> bytes(std::string_view hex) { return bytes_.emplace_back(from_hex(hex)); }
  FilterList subscriptions(std::string_view hex) { return {bytes(hex), true}; }
  FilterList filters(std::string_view hex) { return {bytes(hex), false}; }
  ReasonCodes codes(std::string_view hex) { return ReasonCodes(bytes(hex)); }

 private:
  std::deque<PropertyList> properties_;
  std::deque<std::vector<std::byte>> bytes_;
};

void add_connects(Storage& storage, std::vector<Golden>& out) {
  ConnectPacket plain;
  plain.keep_alive_s = 60;
  plain.client_id = "dev";
  out.push_back({"connect", v3, "10 0f 0004 4d515454 04 02 003c 0003 646576", plain});

  ConnectPacket full = plain;
  full.clean_start = false;
  full.keep_alive_s = 120;
  full.will = Will{"w", bytes_of_text("x"), Qos::at_least_once, true, {}};
  full.username = "u";
  full.password = "p";
  out.push_back({"connect with will and login", v3,
                 "10 1b 0004 4d515454 04 ec 0078 0003 646576 0001 77 0001 78 0001 75 0001 70", full});

  ConnectPacket five;
  five.version = v5;
  five.password = "p";
  five.properties = storage.properties()
                        .add(session_expiry_interval, 3600)
                        .add(receive_maximum, 20)
                        .add(maximum_packet_size, 1u << 20)
                        .add_user("a", "b")
                        .view();
  five.will = Will{
      "w",
      {},
      Qos::exactly_once,
      false,
      storage.properties().add(will_delay_interval, 5).add(payload_format_indicator, 1).add(content_type, "t").view()};
  out.push_back({"connect", v5,
                 "10 35 0004 4d515454 05 56 0000 14 1100000e10 210014 2700100000 26000161000162 0000"
                 "0b 1800000005 0101 03000174 0001 77 0000 0001 70",
                 five});
}

void add_connacks(Storage& storage, std::vector<Golden>& out) {
  out.push_back({"connack", v3, "20 02 01 00", ConnackPacket{true, ReasonCode::success, {}}});
  out.push_back({"connack refused", v3, "20 02 00 05", ConnackPacket{false, ReasonCode::not_authorized, {}}});
  out.push_back({"connack refused", v5, "20 03 00 87 00", ConnackPacket{false, ReasonCode::not_authorized, {}}});
  const Properties everything = storage.properties()
                                    .add(receive_maximum, 20)
                                    .add(maximum_qos, 1)
                                    .add(retain_available, 0)
                                    .add(maximum_packet_size, 1024)
                                    .add(assigned_client_identifier, "a")
                                    .add(topic_alias_maximum, 0)
                                    .add(reason_string, "ok")
                                    .add(wildcard_subscription_available, 0)
                                    .add(subscription_identifiers_available, 0)
                                    .add(shared_subscription_available, 0)
                                    .add(server_keep_alive, 30)
                                    .add(response_information, "r")
                                    .add(server_reference, "s")
                                    .add(session_expiry_interval, 0)
                                    .view();
  out.push_back({"connack with every property", v5,
                 "20 31 01 00 2e 210014 2401 2500 2700000400 12000161 220000 1f00026f6b 2800 2900 2a00 13001e 1a000172"
                 "1c000173 1100000000",
                 ConnackPacket{true, ReasonCode::success, everything}});
}

void add_publishes(Storage& storage, std::vector<Golden>& out) {
  PublishPacket plain;
  plain.topic = "a";
  plain.payload = bytes_of_text("hi");
  out.push_back({"publish qos 0", v3, "30 05 0001 61 6869", plain});
  out.push_back({"publish qos 0", v5, "30 06 0001 61 00 6869", plain});

  PublishPacket acknowledged;
  acknowledged.topic = "a/b";
  acknowledged.qos = Qos::at_least_once;
  acknowledged.dup = acknowledged.retain = true;
  acknowledged.packet_id = 10;
  out.push_back({"publish qos 1, dup, retain, no payload", v3, "3b 07 0003 612f62 000a", acknowledged});

  PublishPacket twice;
  twice.topic = "\xC3\xA9";  // e acute
  twice.qos = Qos::exactly_once;
  twice.packet_id = 0xFFFF;
  twice.payload = bytes_of_text("z");
  out.push_back({"publish qos 2", v3, "34 07 0002 c3a9 ffff 7a", twice});

  PublishPacket rich;
  rich.topic = "a";
  rich.qos = Qos::exactly_once;
  rich.packet_id = 0x0102;
  rich.payload = bytes_of_text("z");
  rich.properties = storage.properties()
                        .add(payload_format_indicator, 1)
                        .add(message_expiry_interval, 60)
                        .add(response_topic, "r")
                        .add(correlation_data, std::string_view("\0\1", 2))
                        .add_user("k", "v")
                        .add(subscription_identifier, 1)
                        .add(subscription_identifier, 128)
                        .add(content_type, "c")
                        .view();
  out.push_back({"publish qos 2 with properties", v5,
                 "34 27 0001 61 0102 20 0101 020000003c 08000172 0900020001 2600016b000176 0b01 0b8001 03000163 7a",
                 rich});

  PublishPacket alias;
  alias.payload = bytes_of_text("x");
  alias.properties = storage.properties().add(topic_alias, 1).view();
  out.push_back({"publish by alias", v5, "30 07 0000 03 230001 78", alias});
}

void add_acks(Storage& storage, std::vector<Golden>& out) {
  using enum PacketType;
  const auto ack = [](PacketType type, std::uint16_t id, ReasonCode reason = ReasonCode::success, Properties p = {}) {
    return AckPacket{type, id, reason, p};
  };
  for (const Version version : {v3, v5}) {
    out.push_back({"puback", version, "40 02 000a", ack(puback, 10)});
    out.push_back({"pubrec", version, "50 02 000b", ack(pubrec, 11)});
    out.push_back({"pubrel", version, "62 02 000b", ack(pubrel, 11)});
    out.push_back({"pubcomp", version, "70 02 000b", ack(pubcomp, 11)});
  }
  out.push_back({"puback reason", v5, "40 03 000a 10", ack(puback, 10, ReasonCode::no_matching_subscribers)});
  out.push_back({"puback reason and properties", v5, "40 0a 000a 97 06 1f0003616263",
                 ack(puback, 10, ReasonCode::quota_exceeded, storage.properties().add(reason_string, "abc").view())});
  out.push_back({"pubrec reason", v5, "50 03 000b 87", ack(pubrec, 11, ReasonCode::not_authorized)});
  out.push_back({"pubrel reason", v5, "62 03 000b 92", ack(pubrel, 11, ReasonCode::packet_identifier_not_found)});
  out.push_back({"pubcomp success and properties", v5, "70 0b 000b 00 07 26000161000162",
                 ack(pubcomp, 11, ReasonCode::success, storage.properties().add_user("a", "b").view())});
}

void add_subscriptions(Storage& storage, std::vector<Golden>& out) {
  const Properties identifier = storage.properties().add(subscription_identifier, 42).view();
  out.push_back({"subscribe", v3, "82 0c 000a 0003 612f62 01 0001 23 02",
                 SubscribePacket{10, {}, storage.subscriptions("0003 612f62 01 0001 23 02")}});
  out.push_back({"subscribe with options", v5, "82 0b 000b 02 0b2a 0003 612f2b 2d",
                 SubscribePacket{11, identifier, storage.subscriptions("0003 612f2b 2d")}});
  out.push_back({"suback", v3, "90 05 000a 01 02 80", SubackPacket{10, {}, storage.codes("01 02 80")}});
  out.push_back({"suback", v5, "90 06 000b 00 00 87 a2", SubackPacket{11, {}, storage.codes("00 87 a2")}});
  out.push_back(
      {"unsubscribe", v3, "a2 07 000c 0003 612f62", UnsubscribePacket{12, {}, storage.filters("0003 612f62")}});
  out.push_back(
      {"unsubscribe", v5, "a2 08 000c 00 0003 612f62", UnsubscribePacket{12, {}, storage.filters("0003 612f62")}});
  out.push_back({"unsuback", v3, "b0 02 000c", UnsubackPacket{12, {}, {}}});
  out.push_back({"unsuback", v5, "b0 05 000c 00 00 11", UnsubackPacket{12, {}, storage.codes("00 11")}});
}

void add_rest(Storage& storage, std::vector<Golden>& out) {
  for (const Version version : {v3, v5}) {
    out.push_back({"pingreq", version, "c0 00", PingreqPacket{}});
    out.push_back({"pingresp", version, "d0 00", PingrespPacket{}});
    out.push_back({"disconnect", version, "e0 00", DisconnectPacket{}});
  }
  out.push_back({"disconnect reason", v5, "e0 01 04", DisconnectPacket{ReasonCode::disconnect_with_will, {}}});
  const Properties bye = storage.properties().add(reason_string, "bye").add(server_reference, "s").view();
  out.push_back({"disconnect reason and properties", v5, "e0 0c 8b 0a 1f0003627965 1c000173",
                 DisconnectPacket{ReasonCode::server_shutting_down, bye}});
  const Properties method = storage.properties().add(authentication_method, "m").add(authentication_data, "d").view();
  out.push_back({"auth", v5, "f0 00", AuthPacket{}});
  out.push_back(
      {"auth continue", v5, "f0 0a 18 08 1500016d 16000164", AuthPacket{ReasonCode::continue_authentication, method}});
}

}  // namespace

const std::vector<Golden>& golden_packets() {
  static Storage storage;
  static const std::vector<Golden> packets = [] {
    std::vector<Golden> all;
    add_connects(storage, all);
    add_connacks(storage, all);
    add_publishes(storage, all);
    add_acks(storage, all);
    add_subscriptions(storage, all);
    add_rest(storage, all);
    return all;
  }();
  return packets;
}

}  // namespace fleet::wire::mqtt
