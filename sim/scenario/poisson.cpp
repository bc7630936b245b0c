#include "sim/scenario/poisson.h"

#include <cmath>

#include "sim/scenario/mix.h"

namespace fleet::sim {

// Exponential by inversion.
double PoissonEvents::gap(std::uint64_t n) const {
  return -std::log1p(-unit_interval(mix(mix(seed_ + kGolden) + n * kGolden)));
}

PoissonEvents::Block& PoissonEvents::block(std::uint64_t number) {
  if (blocks_[newest_].number == number) return blocks_[newest_];
  newest_ = 1 - newest_;
  Block& out = blocks_[newest_];
  if (out.number == number) return out;
  out.number = number;
  double time = number == 0 ? 0 : ends_[number - 1];
  for (std::uint64_t i = 0; i < kBlock; ++i) out.times[i] = time += gap(number * kBlock + i);
  return out;
}

double PoissonEvents::at(std::uint64_t n) {
  const std::uint64_t number = n / kBlock;
  while (ends_.size() < number) ends_.push_back(block(ends_.size()).times.back());
  return block(number).times[n % kBlock];
}

}  // namespace fleet::sim
