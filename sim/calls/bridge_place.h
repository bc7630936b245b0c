// Where the batch API is, and whom to trust there.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <utility>

#include "wire/error.h"
#include "wire/mqtt/tls_context.h"
#include "wire/url.h"

namespace fleet::sim {

// The API as people name it: http:// or https://, and for the latter whom to trust.
struct BridgePlace {
  BridgePlace() = default;
  BridgePlace(wire::Url at, wire::mqtt::TlsOptions trust = {})  // a URL is a place, too
      : url(std::move(at)), tls(std::move(trust)) {}

  wire::Url url;
  wire::mqtt::TlsOptions tls;

  [[nodiscard]] bool uses_tls() const { return url.scheme == "https"; }
};

// An API that was found: its address, and what its connections share. A copy shares it, too.
struct FoundBridge {
  wire::Url url;
  boost::asio::ip::tcp::endpoint peer;
  std::shared_ptr<const wire::mqtt::TlsContext> tls;  // null: none
};

// Blocks until the resolver has answered. Errors (environment): the name is not known; those of TlsContext::load().
[[nodiscard]] wire::Result<FoundBridge> find_bridge(const BridgePlace& place);

}  // namespace fleet::sim
