#include "sim/calls/bridge_place.h"

#include "wire/mqtt/native_options.h"

namespace fleet::sim {

wire::Result<FoundBridge> find_bridge(const BridgePlace& place) {
  const auto peer = wire::mqtt::resolve_broker(place.url.address());
  if (!peer) return wire::environment_error("the name of the bridge is not known", place.url.text());
  FoundBridge found{place.url, *peer, nullptr};
  if (place.uses_tls()) {
    auto tls = wire::mqtt::TlsContext::load(place.tls, place.url.host);
    if (!tls) return tl::unexpected(tls.error());
    found.tls = std::make_shared<const wire::mqtt::TlsContext>(std::move(*tls));
  }
  return found;
}

}  // namespace fleet::sim
