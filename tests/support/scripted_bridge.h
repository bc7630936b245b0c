// An HTTP server for many callers that answers as a test says: well, badly, half, late or never.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fleet::tests {

// Owned by one test; listens on a free port of 127.0.0.1 from the constructor on, with a thread of its own. It does not
// check what it is sent beyond Content-Length.
class ScriptedBridge {
 public:
  // What happens to a connection when a request has come whole.
  struct Reply {
    std::string bytes;   // sent as they are
    bool close = false;  // the connection is closed behind them
  };
  // Called on the server's thread with the number of the request (from 0, over all connections) and its text.
  using Script = std::function<Reply(std::uint64_t, const std::string&)>;

  explicit ScriptedBridge(Script script);
  ~ScriptedBridge();
  ScriptedBridge(const ScriptedBridge&) = delete;
  ScriptedBridge& operator=(const ScriptedBridge&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }  // accepted so far
  // Closes the listener and every connection, from any thread.
  void die();

  // The answer of a good bridge, with a Server-Timing of this boot or without.
  [[nodiscard]] static std::string accepted(bool with_timing = false);
  // Any status and body, framed by Content-Length.
  [[nodiscard]] static std::string answer(unsigned status, const std::string& body);

 private:
  struct Server;
  class Session;

  std::atomic<std::uint64_t> requests_{0}, connections_{0};
  std::unique_ptr<Server> server_;
};

}  // namespace fleet::tests
