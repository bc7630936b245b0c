#include "sim/ledger/zipf.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "wire/error.h"

namespace fleet::sim {
namespace {

constexpr unsigned kPointBits = 32;
constexpr double kPoint = 4'294'967'296.0;  // 2^32: one point's length

}  // namespace

ZipfDraw::ZipfDraw(std::uint32_t devices, std::uint32_t drawn) : begins_(std::size_t{devices} + 1) {
  FLEET_CHECK(drawn >= 1 && drawn <= devices);
  double weight = 0;  // of the devices from `certain` on; summed from the lightest: no digit is lost
  std::vector<double> rest(std::size_t{devices} + 1);
  for (std::uint32_t i = devices; i-- > 0;) rest[i] = weight += 1.0 / (i + 1.0);
  // Those whose share would be longer than 1 are in every draw, and the others share what is left.
  std::uint32_t certain = 0;
  while (certain < drawn && (drawn - certain) / (certain + 1.0) > rest[certain]) ++certain;
  for (std::uint32_t i = 0; i <= devices; ++i) {
    const double behind = i < certain        ? drawn - i
                          : certain == drawn ? 0
                                             : (drawn - certain) * (rest[i] / rest[certain]);
    begins_[i] = (std::uint64_t{drawn} << kPointBits) - static_cast<std::uint64_t>(std::llround(behind * kPoint));
  }
  // Of the shares that are rounded only the longest can come out longer than 1, by a unit.
  if (certain < devices) {
    begins_[certain + 1] = std::min(begins_[certain + 1], begins_[certain] + (std::uint64_t{1} << kPointBits));
  }
}

void ZipfDraw::draw(std::uint32_t u, std::span<std::uint32_t> out) const {
  auto from = begins_.begin();
  std::uint64_t point = u;
  for (std::uint32_t& device : out) {
    // The last share that begins at the point or in front of it.
    from = std::upper_bound(from, begins_.end(), point) - 1;
    device = static_cast<std::uint32_t>(from - begins_.begin());
    point += std::uint64_t{1} << kPointBits;
  }
}

std::optional<std::uint32_t> ZipfDraw::place(std::uint32_t u, std::uint32_t device) const {
  const std::uint64_t begin = begins_[device];
  const std::uint64_t end = begins_[device + 1];
  // The first point at `begin` or behind it.
  const std::uint64_t place = begin <= u ? 0 : (begin - u + 0xFFFF'FFFF) >> kPointBits;
  if ((place << kPointBits) + u >= end) return std::nullopt;
  return static_cast<std::uint32_t>(place);
}

}  // namespace fleet::sim
