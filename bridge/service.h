// The bridge as a whole: API, publisher, device side and HTTP server on one loop, from the start to an orderly end.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "bridge/config/config.h"
#include "wire/error.h"

namespace fleet::bridge {

// Owned by main; everything below it lives on the thread that calls run().
class Service {
 public:
  explicit Service(Config config);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Opens the registry and the HTTP port and finds the broker's address. Returns the port. Errors: as Registry::open;
  // the port is taken, the broker's name is not known (environment).
  [[nodiscard]] wire::Result<std::uint16_t> open();

  // Serves until SIGTERM or SIGINT. `ready` is called once: the API answers, and the first attempt to reach the broker
  // has ended. A broker that is not there is told in the log and tried again, and until it is there /healthz says 503;
  // the bridge is ready all the same, because its callers are told the truth.
  //
  // The end: no new connection is accepted; what was accepted is answered, at QoS 1 when the broker has acknowledged
  // it; what it has not acknowledged 500 ms before kStopTime is answered as an error. Returns within kStopTime.
  void run(std::function<void()> ready);

  static constexpr std::chrono::milliseconds kStopTime{5'000};

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
