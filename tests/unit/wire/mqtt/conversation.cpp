#include "tests/unit/wire/mqtt/conversation.h"

namespace fleet::wire::mqtt {
namespace {

std::string codes(const Event& event) {
  std::string text;
  for (const ReasonCode code : event.granted) {
    if (!text.empty()) text += ",";
    text += std::to_string(static_cast<int>(code));
  }
  return text;
}

std::string word(const Event& event) {
  const std::string id = std::to_string(event.packet_id);
  const std::string cookie = std::to_string(event.cookie);
  switch (event.kind) {
    case Event::Kind::connected:
      return event.session_present ? "connected+" : "connected";
    case Event::Kind::subscribed:
      return "subscribed(" + cookie + ":" + codes(event) + ")";
    case Event::Kind::unsubscribed:
      return "unsubscribed(" + cookie + ":" + std::string(reason_name(event.reason)) + ")";
    case Event::Kind::delivery:
      return "delivery(" + std::string(event.delivery.topic) + ":" + text_of_bytes(event.delivery.payload) + ")";
    case Event::Kind::acknowledged:
      return "acknowledged(" + cookie + ":" + std::string(reason_name(event.reason)) + ")";
    case Event::Kind::resend:
      return "resend(" + cookie + "#" + id + ")";
    case Event::Kind::renew:
      return "renew(" + cookie + ")";
    case Event::Kind::closed:
      return "closed(" + std::string(reason_name(event.reason)) + ")";
  }
  return "?";
}

}  // namespace

std::string Conversation::told() const {
  std::string text;
  for (const Event& event : actions.events) {
    if (!text.empty()) text += " ";
    text += word(event);
  }
  return text;
}

}  // namespace fleet::wire::mqtt
