// The books of one call group: what every call owes, and what has arrived of it. Shared by the callers and all workers
// without a lock: a place in a call belongs to one device and so to one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "sim/ledger/tally.h"
#include "wire/clock.h"

namespace fleet::sim {

// The bridge's own clock readings for a call, from its Server-Timing header; only where the boot is ours.
struct BridgeClock {
  wire::TimePoint received{};   // the whole request was there
  wire::TimePoint published{};  // the last publish was handed to the broker connection
};

enum class CallResult : std::uint8_t { accepted, rejected, failed };

enum class Receipt : std::uint8_t {
  received,   // first copy
  duplicate,  // a further copy
  late,       // the call's books are closed (the window has moved on) or it was never opened
};

// Memory is bounded by the window: when a call is opened, the one `window` calls before it is closed, complete or not.
class Books {
 public:
  // batch: recipients a call. window: calls kept at once, at least 1; memory is window × (batch × 8 + 64) bytes.
  Books(std::uint32_t batch, std::uint64_t window);
  ~Books();

  // Callers' thread, calls in ascending order, each before its request is written. Closes the call that falls out of
  // the window into `tally`. `measured`: due in the hold; other calls are played and not counted.
  void open(std::uint64_t call, wire::TimePoint due, bool measured, Tally& tally);
  // Callers' thread, right before the first byte is handed to the socket.
  void written(std::uint64_t call, wire::TimePoint when);
  // Callers' thread, once a call. Closes it where everything has arrived, or where it was not accepted. Counts
  // accepted / rejected / failed of measured calls; error codes are the caller's to count.
  void answered(std::uint64_t call, CallResult result, wire::TimePoint when, std::optional<BridgeClock> clock,
                Tally& tally);
  // Any worker; `position` is the recipient's place in the call. Closes the call into `tally` when it was the last
  // that was owed. Allocates nothing, takes no lock. Counts duplicate, late and unaccepted of measured calls.
  Receipt receive(std::uint64_t call, std::uint32_t position, wire::TimePoint when, Tally& tally);
  // Any thread: calls opened, answered or not, that still wait for an answer or a delivery.
  [[nodiscard]] std::uint64_t open_calls() const;
  // After the join: closes everything; what has not arrived of accepted calls is missing, unanswered calls failed.
  void close_all(Tally& tally);

 private:
  struct Slot;
  std::unique_ptr<Slot[]> slots_;
  std::uint32_t batch_;
  std::uint64_t window_;
  std::atomic<std::uint64_t> open_calls_{0};
};

// Calls that fit into `budget_bytes` for this batch, at most `calls_planned`, at least 64.
[[nodiscard]] std::uint64_t books_window(std::uint32_t batch, std::uint64_t calls_planned, std::uint64_t budget_bytes);

}  // namespace fleet::sim
