#include "wire/mqtt/in_flight.h"

#include <algorithm>

namespace fleet::wire::mqtt {
namespace {

constexpr std::size_t kSlotsMin = 4;  // a device has one or two subscriptions in flight
constexpr std::size_t kSlotsMax = 65'536;
constexpr std::size_t kIdentifiers = 65'535;
constexpr std::size_t kCellsMin = 16;

}  // namespace

InFlight* InFlightTable::take(InFlight::State state, std::uint64_t cookie) {
  if (size_ == kIdentifiers) return nullptr;
  // A quarter stays free until the table is as large as it gets, so that a free slot is near.
  if (slots_.size() < kSlotsMax && (size_ + 1) * 4 > slots_.size() * 3) grow();
  for (;;) {
    if (++last_id_ == 0) last_id_ = 1;
    InFlight& slot = slots_[last_id_ & (slots_.size() - 1)];
    if (slot.state != InFlight::State::free) continue;
    slot = {.cookie = cookie, .order = next_order(), .filters = 0, .packet_id = last_id_, .state = state};
    ++size_;
    return &slot;
  }
}

InFlight* InFlightTable::find(std::uint16_t packet_id) {
  if (slots_.empty()) return nullptr;
  InFlight& slot = slots_[packet_id & (slots_.size() - 1)];
  return slot.state != InFlight::State::free && slot.packet_id == packet_id ? &slot : nullptr;
}

void InFlightTable::release(InFlight& entry) {
  entry.state = InFlight::State::free;
  --size_;
}

void InFlightTable::grow() {
  std::vector<InFlight> larger(std::max(kSlotsMin, slots_.size() * 2));
  for (const InFlight& slot : slots_) {
    // Two identifiers that differ modulo the old size differ modulo the new one.
    if (slot.state != InFlight::State::free) larger[slot.packet_id & (larger.size() - 1)] = slot;
  }
  slots_ = std::move(larger);
}

std::size_t PacketIdSet::home_of(std::uint16_t packet_id) const {
  // Brokers count upwards. An odd factor (2^16 / golden ratio) keeps neighbours distinct and spreads them, so that no
  // long run of full cells builds up for erase() to walk.
  return packet_id * std::size_t{40'503} & (cells_.size() - 1);
}

std::size_t PacketIdSet::cell_of(std::uint16_t packet_id) const {
  const std::size_t mask = cells_.size() - 1;
  std::size_t cell = home_of(packet_id);
  while (cells_[cell] != 0 && cells_[cell] != packet_id) cell = (cell + 1) & mask;
  return cell;
}

bool PacketIdSet::contains(std::uint16_t packet_id) const {
  return !cells_.empty() && cells_[cell_of(packet_id)] == packet_id;
}

bool PacketIdSet::insert(std::uint16_t packet_id) {
  if (contains(packet_id)) return false;
  if ((size_ + 1) * 4 > cells_.size() * 3) {
    std::vector<std::uint16_t> old(std::max(kCellsMin, cells_.size() * 2), 0);
    old.swap(cells_);
    for (const std::uint16_t kept : old) {
      if (kept != 0) cells_[cell_of(kept)] = kept;
    }
  }
  cells_[cell_of(packet_id)] = packet_id;
  ++size_;
  return true;
}

bool PacketIdSet::erase(std::uint16_t packet_id) {
  if (!contains(packet_id)) return false;
  const std::size_t mask = cells_.size() - 1;
  std::size_t hole = cell_of(packet_id);
  cells_[hole] = 0;
  --size_;
  // Those that were pushed past the hole move back, so that every search still meets them before a free cell.
  for (std::size_t cell = (hole + 1) & mask; cells_[cell] != 0; cell = (cell + 1) & mask) {
    if (((cell - home_of(cells_[cell])) & mask) < ((cell - hole) & mask)) continue;
    cells_[hole] = cells_[cell];
    cells_[cell] = 0;
    hole = cell;
  }
  return true;
}

void PacketIdSet::clear() {
  std::ranges::fill(cells_, std::uint16_t{0});
  size_ = 0;
}

}  // namespace fleet::wire::mqtt
