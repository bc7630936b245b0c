// Does a broker let somebody in? Asked by the native engine, over whatever the broker speaks.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "wire/error.h"
#include "wire/mqtt/connection.h"

namespace fleet::sim {

// Lives on one thread, which it blocks.
class BrokerProbe final : private wire::mqtt::EndpointEvents {
 public:
  explicit BrokerProbe(wire::mqtt::Login login);

  // Once, first. Errors: environment.
  [[nodiscard]] wire::Result<void> find(const wire::mqtt::BrokerPlace& place) { return broker_.find(place); }
  // Logs in and out, within two seconds. A broker that lets anybody in does not look at the login.
  [[nodiscard]] bool answers();

 private:
  void on_connected(bool session_present) override;
  void on_subscribed(std::uint64_t /*cookie*/, std::span<const wire::mqtt::ReasonCode> /*granted*/) override {}
  void on_delivery(const wire::mqtt::Delivery& /*delivery*/) override {}
  void on_disconnected(const wire::mqtt::Disconnect& why) override;

  const wire::mqtt::Login login_;
  const wire::mqtt::EndpointOptions options_;
  boost::asio::io_context loop_;
  wire::mqtt::ConnectionContext context_;
  wire::mqtt::FoundBroker broker_;
  std::optional<wire::mqtt::Connection> connection_;
  bool let_in_ = false;
};

}  // namespace fleet::sim
