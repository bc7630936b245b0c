#include "sim/proxy/proxy.h"

#include <boost/asio/post.hpp>
#include <future>
#include <system_error>

#include "wire/mqtt/connection.h"

namespace fleet::sim {

Proxy::~Proxy() {
  if (!thread_.joinable()) return;
  boost::asio::post(loop_.loop(), [this] { loop_.stop(); });
  thread_.join();
}

wire::Result<void> Proxy::start(const wire::Url& broker) {
  const auto address = wire::mqtt::resolve_broker(broker.address());
  if (!address) return tl::unexpected(address.error());
  const auto port = loop_.listen();
  if (!port) return tl::unexpected(port.error());
  url_ = {broker.scheme, "127.0.0.1", *port};
  try {
    thread_ = std::thread([this, to = *address] { loop_.run(to); });
  } catch (const std::system_error& error) {
    return wire::environment_error(std::string("cannot start the proxy's thread: ") + error.what());
  }
  return {};
}

void Proxy::set_phases(const PhaseTimes& phases) {
  boost::asio::post(loop_.loop(), [this, phases] { loop_.watch().set_phases(phases); });
}

void Proxy::end_hold() {
  boost::asio::post(loop_.loop(), [this] { loop_.watch().end_hold(); });
}

void Proxy::begin(std::size_t fault, wire::TimePoint when) {
  boost::asio::post(loop_.loop(), [this, fault, when] { loop_.begin(fault, when); });
}

void Proxy::end(std::size_t fault) {
  boost::asio::post(loop_.loop(), [this, fault] { loop_.end(fault); });
}

ProxyOutcome Proxy::finish() {
  std::promise<ProxyOutcome> told;
  boost::asio::post(loop_.loop(), [this, &told] {
    loop_.watch().end_hold();
    const LoopWatch& watch = loop_.watch();
    told.set_value(
        {std::chrono::duration<double, std::micro>(watch.hold_cpu()).count(), watch.worst_hiccup(), loop_.outcomes()});
  });
  return told.get_future().get();
}

}  // namespace fleet::sim
