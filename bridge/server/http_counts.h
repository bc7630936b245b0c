// What the HTTP layer itself counts, beside the calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace fleet::bridge {

// Owned by the server; one loop.
struct HttpCounts {
  // What the HTTP layer refuses on its own: 503 to connections beyond the bound, the others to requests.
  static constexpr std::array<unsigned, 7> kRefusals = {400, 408, 413, 414, 431, 501, 503};

  std::size_t open = 0;                                   // connections, those that are about to close among them
  std::uint64_t accepted = 0;                             // connections
  std::uint64_t unheard = 0;                              // of accepted: closed at once, too many even to be told so
  std::uint64_t handshakes_failed = 0;                    // connections that ended before the handshake of TLS was over
  std::array<std::uint64_t, kRefusals.size()> refused{};  // by kRefusals

  void refuse(unsigned status) {
    for (std::size_t i = 0; i < kRefusals.size(); ++i) refused[i] += kRefusals[i] == status ? 1 : 0;
  }
};

}  // namespace fleet::bridge
