// Callers who hold connections and send next to nothing: what a server must bear without its honest callers feeling it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::bench {

// `count` connections to 127.0.0.1:port on a thread of their own. Every other one begins a header that never ends; the
// others announce a body of 1 MB and send 17,000 bytes of it, which is as much as makes the bridge take memory for it.
// Then each sends a byte a second, at moments spread over the second. Whoever is cut off comes again with the next
// byte.
class SlowLoris {
 public:
  // Returns when all are connected and have sent what comes at once. Environment error: no descriptors, nobody listens.
  [[nodiscard]] static wire::Result<std::unique_ptr<SlowLoris>> start(std::uint16_t port, std::size_t count);
  ~SlowLoris();
  SlowLoris(const SlowLoris&) = delete;
  SlowLoris& operator=(const SlowLoris&) = delete;

  // Connections that the server has ended so far.
  [[nodiscard]] std::uint64_t cut_off() const { return cut_off_; }

 private:
  struct Caller {
    int socket = -1;
    bool sends_body = false;
    std::string unsent;  // of what comes at once
  };

  explicit SlowLoris(std::uint16_t port) : port_(port) {}
  // False where there is no descriptor, or nobody listens.
  [[nodiscard]] bool begin(Caller& caller) const;
  // Sends what comes at once, or a byte. Where the server has ended the connection the next time begins anew.
  void go_on(Caller& caller);
  void run();

  std::uint16_t port_;
  std::vector<Caller> callers_;
  std::atomic<std::uint64_t> cut_off_ = 0;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace fleet::bench
