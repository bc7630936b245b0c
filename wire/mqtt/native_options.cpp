#include "wire/mqtt/native_options.h"

#include <boost/asio/io_context.hpp>
#include <utility>

namespace fleet::wire::mqtt {

Result<boost::asio::ip::tcp::endpoint> resolve_broker(const Address& broker) {
  using boost::asio::ip::tcp;
  if (broker.host == "localhost") return tcp::endpoint(boost::asio::ip::address_v4::loopback(), broker.port);
  boost::system::error_code error;
  const auto literal = boost::asio::ip::make_address(broker.host, error);
  if (!error) return tcp::endpoint(literal, broker.port);
  boost::asio::io_context loop;
  tcp::resolver resolver(loop);
  const auto found = resolver.resolve(broker.host, std::to_string(broker.port), error);
  if (error || found.empty()) {
    return environment_error("the name of the broker is not known: " + error.message(), "mqtt://" + broker.text());
  }
  return found.begin()->endpoint();
}

Result<void> FoundBroker::find(const BrokerPlace& place) {
  const auto address = resolve_broker(place.url.address());
  if (!address) return tl::unexpected(address.error());
  native_.broker = *address;
  if (place.uses_tls()) {
    auto loaded = TlsContext::load(place.tls, place.url.host);
    if (!loaded) return tl::unexpected(loaded.error());
    tls_.emplace(std::move(*loaded));
  }
  stream_ = {tls_ ? &*tls_ : nullptr, place.uses_websocket(), place.url.address().text()};
  if (tls_ || stream_.websocket) native_.stream = &stream_;
  return {};
}

}  // namespace fleet::wire::mqtt
