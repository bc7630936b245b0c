// The two engines that can carry the publisher, chosen by mqtt.publisher.
#pragma once

#include <memory>

#include "bridge/config/config.h"
#include "bridge/fanout/broker_link.h"
#include "wire/error.h"

namespace boost::asio {
class io_context;
}

namespace fleet::bridge {

// What the endpoints of one engine share. Owned by the service: made before and destroyed after the publisher.
class Engine {
 public:
  // Finds the broker's address; a name is resolved here and blocks until the resolver has answered. `loop` outlives the
  // engine. Environment errors: the name is not known; a file of mqtt.tls is not what it should
  // be; no file descriptor is left.
  [[nodiscard]] static wire::Result<std::unique_ptr<Engine>> make(boost::asio::io_context& loop,
                                                                  const MqttConfig& config);
  ~Engine();

  // The maker of endpoints for Publisher; valid as long as the engine.
  [[nodiscard]] MakeEndpoint maker();

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
