// When which device publishes what by itself: due times from the plan, payloads from templates. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/scenario/payload_template.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"

namespace fleet::sim {

// What fills a template's fields.
struct PayloadFacts {
  std::uint64_t seed = 0;  // of the row; decides {random} and {choice} together with index and sequence
  std::uint32_t index = 0;
  std::uint32_t sequence = 0;
  std::string_view name{};
  std::int64_t wall_ms = 0;  // Unix time
};

// Overwrites `out`, which keeps its capacity; allocates only where it has to grow.
void write_payload(const PayloadTemplate& payload, const PayloadFacts& facts, std::vector<std::byte>& out);

// UTC in ms, read now: what devices write into messages and signatures.
[[nodiscard]] std::int64_t read_unix_ms();

// One `publish` row of a fleet group.
struct TelemetryRow {
  std::size_t fleet_group = 0;
  const Telemetry* telemetry = nullptr;
  std::uint32_t devices = 1;  // of the fleet group, over all workers
  std::uint64_t seed = 0;

  // Behind the start of the warm-up, where it may be negative by the jitter. The devices' turns are spread evenly over
  // the period, and a burst is one turn. A function of its arguments: shards agree.
  [[nodiscard]] wire::Nanos due(std::uint32_t index, std::uint32_t sequence) const;
};

// All rows of a scenario. Const; the workers refer to it.
[[nodiscard]] std::vector<TelemetryRow> telemetry_rows(const Scenario& scenario);

// The messages of one worker's devices in the order in which they are due. Owned by the worker; 24 bytes for each
// device and row, and no allocation after add(). The rows outlive it.
class TelemetrySchedule {
 public:
  struct Turn {
    wire::Nanos due{};  // behind the start of the warm-up
    std::uint32_t index = 0;
    std::uint32_t sequence = 0;
    std::uint32_t row = 0;
  };

  explicit TelemetrySchedule(const std::vector<TelemetryRow>& rows) : rows_(rows) {}

  void reserve(std::size_t turns) { turns_.reserve(turns); }
  // Device `index` of the row's fleet group, once for each row.
  void add(std::uint32_t row, std::uint32_t index);
  // The earliest message, null where there are no devices. Stays until pop().
  [[nodiscard]] const Turn* front() const { return turns_.empty() ? nullptr : &turns_.front(); }
  // The device's next message takes its place in the order.
  void pop();

 private:
  const std::vector<TelemetryRow>& rows_;
  std::vector<Turn> turns_;  // a heap, the earliest in front
};

}  // namespace fleet::sim
