// The HTTP/1.1 server of the bridge: listens, keeps the callers' connections within their bounds, ends in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "bridge/config/config.h"
#include "bridge/metrics/call_books.h"
#include "bridge/server/backend.h"
#include "bridge/server/http_counts.h"
#include "wire/clock.h"
#include "wire/error.h"

namespace boost::asio {
class io_context;
}

namespace fleet::bridge {

// Owned by the service; lives on its loop. Bounds: connections_max callers (64 more are told 503, the rest closed
// unheard), of each connection 16 requests with their answers owed and 64 KiB of input, and 32 MiB (or one largest
// body) of request bodies of which more than 16 KiB have arrived. While callers wait for room of these, a body that
// brings less than 16 KiB in a second loses its own.
class Server {
 public:
  // `loop` outlives the server.
  Server(boost::asio::io_context& loop, const HttpConfig& config, Backend backend);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens the port and begins to accept. Returns the port. Environment errors: the address is taken, is not ours, or
  // does not exist; as TlsContext::load.
  [[nodiscard]] wire::Result<std::uint16_t> listen();
  // What /metrics tells of calls and connections.
  [[nodiscard]] const CallBooks& calls() const;
  [[nodiscard]] HttpCounts counts() const;
  // Time-outs of all connections. Call a few times a second.
  void on_timer(wire::TimePoint now);
  // Accepts nobody any more, answers what was accepted, closes each connection behind its last answer, and then calls
  // `drained` (from inside where nothing is owed). Once.
  void stop(std::function<void()> drained);
  // Closes what is left; `drained` follows.
  void close_all();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fleet::bridge
