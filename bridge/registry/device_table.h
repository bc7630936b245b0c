// The index of all devices by (product, name): records of one cache line in chunks, their texts in an arena, an
// open-addressing table of 8 bytes a slot in front. About 150 bytes a device.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "bridge/registry/device.h"

namespace fleet::bridge {

// A device as it is written: views into somebody else's memory.
struct DeviceRow {
  std::uint32_t index = 0;
  std::uint32_t product = 0;
  std::uint32_t gateway = kNoDevice;
  std::int64_t created_s = 0;  // since 1970, UTC
  std::string_view name{};     // 1 to Device::kNameBytesMax bytes
  std::string_view iot_id{};   // Device::kIotIdBytes
  std::string_view secret{};
  std::string_view nickname{};
  bool activated = false;
  bool disabled = false;
};

// Texts that differ little in size: pieces of large blocks; what is given back is used again for the same size. Blocks
// are never returned to the system.
class TextArena {
 public:
  static constexpr std::size_t kTextBytesMax = 1'024;

  [[nodiscard]] char* take(std::size_t size);
  void give_back(char* text, std::size_t size);

 private:
  static constexpr std::size_t kStep = 8;  // sizes are rounded up to it
  static constexpr std::size_t kBlockBytes = 256u << 10;

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = kBlockBytes;  // of the last block
  std::array<std::vector<char*>, kTextBytesMax / kStep + 1> free_;
};

// Owned by the registry.
class DeviceTable {
 public:
  DeviceTable();

  // Null where there is none. No allocation.
  [[nodiscard]] const Device* find(std::uint32_t product, std::string_view name) const;
  // out[i] = find(product, names[i]). Fetches the memory of up to 32 at a time: with a million devices each look-up
  // alone waits for main memory twice.
  void find_all(std::uint32_t product, std::span<const std::string_view> names, std::vector<const Device*>& out) const;
  // Null where no device has that index.
  [[nodiscard]] const Device* at(std::uint32_t index) const;

  [[nodiscard]] std::size_t size() const { return size_; }
  // Above every index ever used.
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  // Indexes for the next `count` devices, ascending: free ones first.
  [[nodiscard]] std::vector<std::uint32_t> free_indexes(std::size_t count) const;

  // Adds a device at row.index, or gives the one that is there the row's texts, time and gateway. Product and name of a
  // device do not change, and no other device has them.
  void put(const DeviceRow& row);
  void remove(std::uint32_t index);
  void set_gateway(std::uint32_t index, std::uint32_t gateway) { place(index).gateway_ = gateway; }
  void set_flags(std::uint32_t index, bool activated, bool disabled) {
    place(index).activated_ = activated;
    place(index).disabled_ = disabled;
  }

 private:
  // `hash` is kept so that the table grows without reading the records.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t index = kNoDevice;  // kNoDevice: empty
  };
  struct Chunk {
    std::array<Device, 4'096> devices;
  };

  [[nodiscard]] Device& place(std::uint32_t index) const { return chunks_[index / kChunk]->devices[index % kChunk]; }
  [[nodiscard]] std::uint32_t hash_of(std::uint32_t product, std::string_view name) const;
  // The device of that hash, product and name from slot `from` on.
  [[nodiscard]] const Device* probe(std::size_t from, std::uint32_t hash, std::uint32_t product,
                                    std::string_view name) const;
  void insert_slot(Slot slot);
  void remove_slot(std::uint32_t hash, std::uint32_t index);
  void grow();

  static constexpr std::uint32_t kChunk = 4'096;

  std::uint64_t seed_;       // random: the places of names are not for callers to choose
  std::vector<Slot> slots_;  // a power of two, at most 5/8 full
  std::size_t mask_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::set<std::uint32_t> free_;  // below limit_
  std::uint32_t limit_ = 0;
  std::size_t size_ = 0;
  TextArena texts_;
};

}  // namespace fleet::bridge
