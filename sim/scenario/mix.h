// Numbers that look random and are functions of their input: SplitMix64 (Steele, Lea, Flood 2014).
#pragma once

#include <cstdint>

namespace fleet::sim {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, SplitMix64's step

// Its finaliser: every bit of the input reaches every bit of the result; 0 stays 0.
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9;
  x ^= x >> 27;
  x *= 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

// Evenly in [0, 1) by the upper 53 bits, as many as a double holds.
constexpr double unit_interval(std::uint64_t drawn) { return static_cast<double>(drawn >> 11) * 0x1p-53; }

}  // namespace fleet::sim
