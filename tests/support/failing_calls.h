// System calls of this process that go wrong when a test says so. Linking failing_calls.cpp puts it in front of the C
// library for socket, connect, recv and sendmsg.
#pragma once

#include <cstdint>
#include <optional>

namespace fleet::tests {

enum class SystemCall { socket, connect, recv, sendmsg };

// How the N-th one goes wrong: with an errno, or, for sendmsg, by taking one byte and no more.
struct Fault {
  SystemCall call = SystemCall::recv;
  std::uint64_t nth = 1;
  std::optional<int> error;  // none: one byte
};

// In force while it lives; one at a time. Every thread of the process is concerned.
class FaultInForce {
 public:
  explicit FaultInForce(const Fault& fault);
  ~FaultInForce();
  FaultInForce(const FaultInForce&) = delete;
  FaultInForce& operator=(const FaultInForce&) = delete;
  // The N-th call has been made, and has gone wrong.
  [[nodiscard]] bool struck() const;
};

}  // namespace fleet::tests
