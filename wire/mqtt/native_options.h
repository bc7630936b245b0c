// Where the native engine connects to, and what it speaks there.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "wire/error.h"
#include "wire/mqtt/tls_context.h"
#include "wire/url.h"

namespace fleet::wire::mqtt {

// What lies above TCP. Shared by all connections to a broker and outlives them.
struct StreamOptions {
  const TlsContext* tls = nullptr;  // null: none
  bool websocket = false;           // binary frames of sub-protocol mqtt (MQTT 5.0 §6)
  std::string host{};               // HOST:PORT for the WebSocket handshake
};

struct NativeOptions {
  boost::asio::ip::tcp::endpoint broker;
  // Source address. One address has about 28,000 ports for each broker address; more connections need more of them.
  std::optional<boost::asio::ip::address> local_address;
  const StreamOptions* stream = nullptr;  // null: TCP alone
};

// A broker as people name it: mqtt://, mqtts://, ws:// or wss://, and whom to trust there.
struct BrokerPlace {
  BrokerPlace() = default;
  BrokerPlace(Url at, TlsOptions trust = {}) : url(std::move(at)), tls(std::move(trust)) {}  // a URL is a place, too

  Url url;
  TlsOptions tls;

  [[nodiscard]] bool uses_tls() const { return url.scheme == "mqtts" || url.scheme == "wss"; }
  [[nodiscard]] bool uses_websocket() const { return url.scheme == "ws" || url.scheme == "wss"; }
};

// The schemes of BrokerPlace, for parse_url().
inline constexpr std::string_view kBrokerSchemes = "mqtt|mqtts|ws|wss";

// Finds the broker's address. Address literals and "localhost" (127.0.0.1) need no resolver; any other name blocks
// until the system's resolver has answered, so call it before the loop runs. Error (environment): the name is not
// known.
[[nodiscard]] Result<boost::asio::ip::tcp::endpoint> resolve_broker(const Address& broker);

// A broker that was found: its address, and what its connections share. Made before the first connection, outlives the
// last; does not move, for they point to it.
class FoundBroker {
 public:
  FoundBroker() = default;
  FoundBroker(const FoundBroker&) = delete;
  FoundBroker& operator=(const FoundBroker&) = delete;

  // Once. Errors (environment): the name is not known; those of TlsContext::load().
  [[nodiscard]] Result<void> find(const BrokerPlace& place);
  // After find().
  [[nodiscard]] const NativeOptions& native() const { return native_; }

 private:
  std::optional<TlsContext> tls_;
  StreamOptions stream_;
  NativeOptions native_;
};

}  // namespace fleet::wire::mqtt
