// A Poisson process of one event a unit of time, on average: its events by number.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace fleet::sim {

// The gaps follow from the seed and their number; the times are their sums. Owned by one thread.
class PoissonEvents {
 public:
  explicit PoissonEvents(std::uint64_t seed) : seed_(seed) {}

  // Time of event n (n >= 0), above 0 but for a chance of 2^-53; event n + 1 is not before it. The first look at an
  // event costs a logarithm for each event in front of it that nobody has looked at; 8 bytes are kept for each 1,024.
  [[nodiscard]] double at(std::uint64_t n);

 private:
  static constexpr std::uint64_t kBlock = 1'024;
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  struct Block {
    std::uint64_t number = kNone;
    std::array<double, kBlock> times{};
  };

  [[nodiscard]] double gap(std::uint64_t n) const;
  Block& block(std::uint64_t number);

  std::uint64_t seed_;
  std::vector<double> ends_;     // time of the last event of each block
  std::array<Block, 2> blocks_;  // the two used last: of calls that come due, and of calls that wait
  std::size_t newest_ = 0;
};

}  // namespace fleet::sim
