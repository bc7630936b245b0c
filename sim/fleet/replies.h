// Which reply a device owes to what has reached it, and when. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// One `reply` row of a fleet group.
struct ReplyRow {
  std::size_t fleet_group = 0;
  const Reply* reply = nullptr;
  std::uint64_t seed = 0;
  std::string suffix;  // how the topics end that it answers

  // Of reply `sequence` of a device. A function of its arguments: shards agree.
  [[nodiscard]] wire::Nanos delay(std::uint32_t index, std::uint32_t sequence) const;
};

// All rows of a scenario, those of a group beside each other. Const; the workers refer to it.
[[nodiscard]] std::vector<ReplyRow> reply_rows(const Scenario& scenario);

// The replies of one worker's devices that are not due yet. Owned by the worker; allocates nothing after make_room().
class ReplySchedule {
 public:
  struct Due {
    wire::TimePoint when{};
    std::uint32_t row = 0;
    std::uint32_t slot = 0;  // of the device
    std::uint32_t sequence = 0;
    bool measured = false;
  };
  static constexpr std::size_t kRepliesMax = 65'536;  // 1.5 MB

  explicit ReplySchedule(const std::vector<ReplyRow>& rows) : rows_(rows) {}

  // Once: `devices` of each row's fleet group are here; nothing where there are no rows.
  void make_room(const std::vector<std::uint32_t>& devices);
  // The rows of a fleet group are first .. end - 1.
  struct Range {
    std::uint32_t first = 0, end = 0;
  };
  [[nodiscard]] Range rows_of(std::size_t fleet_group) const;
  // The number of the next reply of a device, by its place in its fleet group among those of this worker.
  [[nodiscard]] std::uint32_t next_sequence(std::uint32_t row, std::uint32_t place) { return sequences_[row][place]++; }
  // False: kRepliesMax wait already, and it is dropped.
  [[nodiscard]] bool add(const Due& reply);
  // The earliest, null when there is none. Stays until pop().
  [[nodiscard]] const Due* front() const { return waiting_.empty() ? nullptr : &waiting_.front(); }
  void pop();
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  const std::vector<ReplyRow>& rows_;
  std::vector<std::vector<std::uint32_t>> sequences_;  // by row and place
  std::vector<Due> waiting_;                           // a heap, the earliest in front
};

}  // namespace fleet::sim
