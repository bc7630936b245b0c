// Draws of a fixed number of different devices, the first in the group most often: Zipf's law.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace fleet::sim {

// Const after construction; any thread.
//
// Device i has the weight 1 / (i + 1), cut to being drawn in every draw: its share of a draw is the chance to be in it.
// The shares stand side by side on a line as long as the number drawn, and a draw takes whoever stands at the points
// u, u + 1, u + 2, … (systematic sampling, Madow 1949). No share is longer than 1, so nobody is drawn twice; the points
// are known, so that a device finds its place without the others.
class ZipfDraw {
 public:
  // 1 <= drawn <= devices. Memory: 8 bytes a device.
  ZipfDraw(std::uint32_t devices, std::uint32_t drawn);

  // The draw whose points are shifted by `u`, in units of 2^-32; out.size() is the number drawn. In ascending order.
  void draw(std::uint32_t u, std::span<std::uint32_t> out) const;
  // Place of a device in that draw, none where it is not in it. O(1).
  [[nodiscard]] std::optional<std::uint32_t> place(std::uint32_t u, std::uint32_t device) const;

 private:
  // Where each device's share begins on the line, and the line's end; in units of 2^-32.
  std::vector<std::uint64_t> begins_;
};

}  // namespace fleet::sim
