#include "bridge/registry/device_table.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "wire/error.h"

namespace fleet::bridge {
namespace {

constexpr std::size_t kSlotsMin = 1'024;
constexpr std::size_t kSideBySide = 32;  // look-ups in flight: more than the misses that a core keeps open

std::uint64_t random_seed() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32) | entropy();
}

char* append(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

char* TextArena::take(std::size_t size) {
  FLEET_CHECK(size > 0 && size <= kTextBytesMax);
  const std::size_t steps = (size + kStep - 1) / kStep;
  if (std::vector<char*>& free = free_[steps]; !free.empty()) {
    char* const text = free.back();
    free.pop_back();
    return text;
  }
  if (kBlockBytes - used_ < steps * kStep) {
    blocks_.push_back(std::make_unique<char[]>(kBlockBytes));
    used_ = 0;
  }
  return blocks_.back().get() + std::exchange(used_, used_ + steps * kStep);
}

void TextArena::give_back(char* text, std::size_t size) { free_[(size + kStep - 1) / kStep].push_back(text); }

DeviceTable::DeviceTable() : seed_(random_seed()), slots_(kSlotsMin), mask_(kSlotsMin - 1) {}

std::uint32_t DeviceTable::hash_of(std::uint32_t product, std::string_view name) const {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(name.data(), name.size(), seed_ + product) >> 32);
}

const Device* DeviceTable::probe(std::size_t from, std::uint32_t hash, std::uint32_t product,
                                 std::string_view name) const {
  for (std::size_t at = from;; at = (at + 1) & mask_) {
    const Slot& slot = slots_[at];
    if (slot.index == kNoDevice) return nullptr;
    if (slot.hash != hash) continue;
    const Device& device = place(slot.index);
    if (device.product_ == product && device.name() == name) return &device;
  }
}

const Device* DeviceTable::find(std::uint32_t product, std::string_view name) const {
  const std::uint32_t hash = hash_of(product, name);
  return probe(hash & mask_, hash, product, name);
}

void DeviceTable::find_all(std::uint32_t product, std::span<const std::string_view> names,
                           std::vector<const Device*>& out) const {
  out.resize(names.size());
  for (std::size_t done = 0; done < names.size(); done += kSideBySide) {
    const std::size_t count = std::min(kSideBySide, names.size() - done);
    std::array<std::uint32_t, kSideBySide> hashes;
    std::array<std::size_t, kSideBySide> places;
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = hash_of(product, names[done + i]);
      __builtin_prefetch(&slots_[hashes[i] & mask_]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t at = hashes[i] & mask_;
      while (slots_[at].index != kNoDevice && slots_[at].hash != hashes[i]) at = (at + 1) & mask_;
      places[i] = at;
      if (slots_[at].index != kNoDevice) __builtin_prefetch(&place(slots_[at].index));
    }
    for (std::size_t i = 0; i < count; ++i) out[done + i] = probe(places[i], hashes[i], product, names[done + i]);
  }
}

const Device* DeviceTable::at(std::uint32_t index) const {
  if (index >= limit_) return nullptr;
  const Device& device = place(index);
  return device.name_size_ == 0 ? nullptr : &device;
}

std::vector<std::uint32_t> DeviceTable::free_indexes(std::size_t count) const {
  std::vector<std::uint32_t> indexes;
  indexes.reserve(count);
  for (auto at = free_.begin(); at != free_.end() && indexes.size() < count; ++at) indexes.push_back(*at);
  for (std::uint32_t next = limit_; indexes.size() < count; ++next) indexes.push_back(next);
  return indexes;
}

void DeviceTable::put(const DeviceRow& row) {
  const std::size_t text_size = row.iot_id.size() + row.secret.size() + row.nickname.size();
  FLEET_CHECK(!row.name.empty() && row.name.size() <= Device::kNameBytesMax);
  FLEET_CHECK(row.iot_id.size() == Device::kIotIdBytes);
  FLEET_CHECK(row.secret.size() <= Device::kSecretBytesMax && row.nickname.size() <= Device::kNicknameBytesMax);
  for (; limit_ <= row.index; ++limit_) {
    if (limit_ / kChunk == chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
    if (limit_ != row.index) free_.insert(free_.end(), limit_);
  }
  Device& device = place(row.index);
  const bool is_new = device.name_size_ == 0;
  char* const text = texts_.take(text_size);
  append(append(append(text, row.iot_id), row.secret), row.nickname);
  if (!is_new) {
    FLEET_CHECK(device.product_ == row.product && device.name() == row.name);
    texts_.give_back(device.text_, Device::kIotIdBytes + device.secret_size_ + device.nickname_size_);
  }
  device.text_ = text;
  device.created_s_ = row.created_s;
  device.index_ = row.index;
  device.product_ = row.product;
  device.gateway_ = row.gateway;
  device.secret_size_ = static_cast<std::uint8_t>(row.secret.size());
  device.nickname_size_ = static_cast<std::uint8_t>(row.nickname.size());
  device.activated_ = row.activated;
  device.disabled_ = row.disabled;
  if (!is_new) return;
  append(device.name_, row.name);
  device.name_size_ = static_cast<std::uint8_t>(row.name.size());
  free_.erase(row.index);
  ++size_;
  if (size_ * 8 > slots_.size() * 5) grow();
  insert_slot({hash_of(row.product, row.name), row.index});
}

void DeviceTable::remove(std::uint32_t index) {
  Device& device = place(index);
  FLEET_CHECK(device.name_size_ != 0);
  remove_slot(hash_of(device.product_, device.name()), index);
  texts_.give_back(device.text_, Device::kIotIdBytes + device.secret_size_ + device.nickname_size_);
  device.name_size_ = 0;
  free_.insert(index);
  --size_;
}

void DeviceTable::insert_slot(Slot slot) {
  std::size_t at = slot.hash & mask_;
  while (slots_[at].index != kNoDevice) at = (at + 1) & mask_;
  slots_[at] = slot;
}

// Closes the gap: every slot behind it that may stand nearer to its place moves up, so that no marks of the dead
// remain.
void DeviceTable::remove_slot(std::uint32_t hash, std::uint32_t index) {
  std::size_t gap = hash & mask_;
  while (slots_[gap].index != index) gap = (gap + 1) & mask_;
  for (std::size_t at = (gap + 1) & mask_; slots_[at].index != kNoDevice; at = (at + 1) & mask_) {
    const std::size_t wanted = slots_[at].hash & mask_;
    if (((at - wanted) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
}

void DeviceTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.index != kNoDevice) insert_slot(slot);
  }
}

}  // namespace fleet::bridge
