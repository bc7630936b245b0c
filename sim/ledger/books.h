// The books of one call group: what every call owes, and what has arrived of it. Shared by the callers and all workers
// without a lock, also where several workers bring copies of the same delivery at once: the first to mark its place has
// it, and every other one finds a duplicate.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sim/ledger/message_deal.h"
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
  late,       // the call's books are closed (the window has moved on), it was never opened, or this is written off
};

// Why a delivery that has not come is not owed after all.
enum class Excuse : std::uint8_t {
  absent,        // its device was away on purpose, and the broker had no session to keep the message in
  unsubscribed,  // its device had unsubscribed on purpose
};

// Memory is bounded by the window: when a call is opened, the one `window` calls before it is closed, complete or not.
// What the books count, each only of measured calls: calls.accepted, rejected and failed; deliveries.expected,
// received, missing, absent, unsubscribed, duplicate, unaccepted and late; times.service, response, first, half,
// completion and the hops. All else of a tally (calls.scheduled and sent, error codes, send lag, http, order, QoS, …)
// is its owner's to count. A delivery may come before its call is answered; it counts once the call has been accepted
// and is complete or closed, or as unaccepted once the window has moved over a call that was not. Where the messages of
// a call go to several targets, deliveries and times (without the hops) are counted a second time for each message's
// own target.
class Books {
 public:
  // batch: recipients a call, 1 .. 2^30 - 2. window: calls kept at once, at least 1; memory is window × (batch × 8 +
  // 64) bytes.
  Books(std::uint32_t batch, std::uint64_t window);
  // The same for calls that carry a message for each delivery.
  Books(std::uint32_t batch, std::uint64_t window, const MessageDeal& deal);
  ~Books();

  // Callers' thread, calls in ascending order, each before its request is written. Closes the call that falls out of
  // the window into `tally`: as failed where it was written and never answered. `measured`: due in the hold; other
  // calls are played and not counted. Measured calls follow each other; none is measured after one behind the hold.
  void open(std::uint64_t call, wire::TimePoint due, bool measured, Tally& tally);
  // Callers' thread, right before the first byte is handed to the socket.
  void written(std::uint64_t call, wire::TimePoint when);
  // Callers' thread, once a call; an accepted call must have been written. Closes it where everything has arrived, or
  // where it was not accepted. `refused`: positions of an accepted call that are not owed after all, each once, not all
  // of them. Returns false, and counts nothing, where the window has already moved over the call.
  bool answered(std::uint64_t call, CallResult result, std::optional<BridgeClock> clock, Tally& tally,
                std::span<const std::uint32_t> refused = {});
  // Any worker; `position` is the recipient's (or the message's) place in the call. Closes the call into `tally` when
  // it was the last that was owed. Allocates nothing, takes no lock. Counts duplicate and late of measured calls, and
  // unaccepted where this message of an accepted call was refused. `when` may be up to 26 days from the call's due
  // time.
  Receipt receive(std::uint64_t call, std::uint32_t position, wire::TimePoint when, Tally& tally);
  // Any worker: what has not come at `position` is not owed any more; of calls that name their devices. Closes the call
  // into `tally` when nothing else was owed; it is then counted in `absent` or `unsubscribed` in place of `expected`.
  // False, and nothing is done, where it has come, or the call is not in the books. Allocates nothing, takes no lock.
  bool excuse(std::uint64_t call, std::uint32_t position, Excuse why, Tally& tally);
  // Any thread: number of the newest call that was opened + 1; 0: none was.
  [[nodiscard]] std::uint64_t calls_opened() const { return calls_opened_.load(std::memory_order_acquire); }
  // Any thread: calls opened, answered or not, that still wait for an answer or a delivery.
  [[nodiscard]] std::uint64_t open_calls() const { return open_calls_.load(std::memory_order_acquire); }
  // Any thread: adds one to a count of `tally`, and to that of the message's target where there are several.
  void count(std::uint64_t Deliveries::*what, std::uint64_t call, std::uint32_t position, Tally& tally) const;
  // After the join: closes everything; what has not arrived of accepted calls is missing, unanswered calls failed.
  void close_all(Tally& tally);

 private:
  struct Slot;
  [[nodiscard]] bool is_measured(std::uint64_t call) const;
  [[nodiscard]] std::atomic<std::uint64_t>* places_of(const Slot& slot) const;
  std::uint32_t refuse(const Slot& slot, std::span<const std::uint32_t> refused, Tally& tally);
  void vacate(Slot& slot, std::uint64_t place_word, Tally& tally);
  void take_off(Slot& slot, std::uint64_t lap, std::uint64_t state, Tally& tally);
  void close_complete(Slot& slot, Tally& tally);
  void settle(const Slot& slot, Tally& tally) const;

  std::uint32_t batch_;
  MessageDeal deal_;
  std::uint64_t window_;
  std::unique_ptr<Slot[]> slots_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> places_;  // batch_ for each slot
  // Measured calls are those in [first, end); written by the callers' thread only.
  std::atomic<std::uint64_t> measured_first_{0}, measured_end_{0};
  std::atomic<std::uint64_t> calls_opened_{0};            // likewise
  alignas(64) std::atomic<std::uint64_t> open_calls_{0};  // written by all threads: a cache line of its own
};

// Calls that fit into `budget_bytes` for this batch, at most `calls_planned`, at least 64.
[[nodiscard]] std::uint64_t books_window(std::uint32_t batch, std::uint64_t calls_planned, std::uint64_t budget_bytes);

}  // namespace fleet::sim
