// The other end of a connection, played by a test: a raw TCP server that says exactly what it is told to.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fleet::tests {

// Bytes as a string, so that tests can compare and print them: bytes({0x20, 0x02, 0x00, 0x00}).
[[nodiscard]] std::string bytes(std::initializer_list<int> values);

// Owned by one test, on its thread. Nothing here waits for the code under test: accepted() and received() look at what
// is there, so they belong into the predicate of RunLoop::until().
class ScriptedPeer {
 public:
  // Listens on a free port of 127.0.0.1. `receive_buffer` above 0 limits what the kernel takes while nobody reads.
  explicit ScriptedPeer(int receive_buffer = 0);
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Stops listening: further connects are refused.
  void refuse();
  // Takes a waiting connection, in place of the one before. False: there is none yet.
  [[nodiscard]] bool accepted();
  // A connection waits to be accepted.
  [[nodiscard]] bool is_waited_for() const;
  // All that has arrived on this connection.
  [[nodiscard]] const std::string& received();
  // Forgets what has arrived.
  void forget() { received_.clear(); }
  // Writes everything; waits for the socket where it must, so `what` should fit into socket buffers.
  void send(std::string_view what);
  // Orderly end of the stream.
  void close();
  // RST.
  void reset();
  // The other end has closed or reset the stream, and everything before that was received.
  [[nodiscard]] bool ended();

 private:
  int listener_ = -1;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::string received_;
  bool ended_ = false;
};

}  // namespace fleet::tests
