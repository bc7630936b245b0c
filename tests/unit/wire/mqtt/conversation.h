// The broker's side of a conversation under a manual time: expect these bytes, reply those.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/wire/mqtt/hex.h"
#include "wire/mqtt/codec.h"
#include "wire/mqtt/session.h"

namespace fleet::wire::mqtt {

// One session and the broker it talks to. Events of a step replace those of the step before.
class Conversation {
 public:
  explicit Conversation(Version version = Version::v311) {
    options.version = version;
    options.keep_alive = std::chrono::seconds(60);
  }

  // Any login, any CONNECT; the answer is a plain success. `connack_properties`: hex of the section, 5.0 only.
  void establish(bool session_present = false, std::string_view connack_properties = {}) {
    begin();
    session.connect({"dev", "", ""}, now, actions);
    EXPECT_FALSE(sent().empty());
    accept(session_present, connack_properties);
    ASSERT_TRUE(session.connected());
  }

  void accept(bool session_present, std::string_view connack_properties = {}) {
    std::vector<std::byte> connack;
    const std::vector<std::byte> section = from_hex(connack_properties);
    encode_connack(options.version, {session_present, ReasonCode::success, Properties(section)}, connack);
    reply(connack);
  }

  // The transport goes; a new connection is established.
  void reconnect(bool session_present, std::string_view connack_properties = {}) {
    begin();
    session.on_transport_lost(actions);
    establish(session_present, connack_properties);
  }

  void reply(std::span<const std::byte> bytes) {
    begin();
    input.assign(bytes.begin(), bytes.end());
    input.shrink_to_fit();  // so that a sanitizer sees one byte too many
    session.on_bytes(input, now, actions);
  }
  void reply(std::string_view hex_text) { reply(from_hex(hex_text)); }

  void pass(Nanos time) {
    begin();
    now += time;
    session.on_timer(now, actions);
  }

  void subscribe(std::vector<Subscription> filters, std::uint64_t cookie) {
    begin();
    session.subscribe(filters, cookie, now, actions);
  }
  void unsubscribe(std::vector<std::string> filters, std::uint64_t cookie) {
    begin();
    session.unsubscribe(filters, cookie, now, actions);
  }
  // Packet identifier, or 0 when refused.
  std::uint16_t publish(Qos qos, std::uint64_t cookie) {
    const auto begun = session.begin_publish(qos, cookie, now);
    refusal = begun ? PublishRefusal::not_connected : begun.error();
    return begun.value_or(std::uint16_t{0});
  }

  // What the session wrote in this step, taken: hexadecimal.
  std::string sent() {
    std::string text = to_hex(actions.output);
    actions.output.clear();
    return text;
  }
  [[nodiscard]] const std::vector<Event>& events() const { return actions.events; }
  // "connected+ delivery(a:hi) resend(3)": one word an event, with what matters of it.
  [[nodiscard]] std::string told() const;
  // The reason of a `closed` event, which must be the last one.
  [[nodiscard]] ReasonCode closed() const {
    if (actions.events.empty() || actions.events.back().kind != Event::Kind::closed) {
      ADD_FAILURE() << "not closed: " << told();
      return ReasonCode::success;
    }
    return actions.events.back().reason;
  }

  EndpointOptions options;
  Session session{&options};
  Actions actions;
  TimePoint now{std::chrono::hours(1)};
  PublishRefusal refusal = PublishRefusal::not_connected;  // of the last publish() that gave 0

 private:
  void begin() { actions.clear(); }

  std::vector<std::byte> input;
};

}  // namespace fleet::wire::mqtt
