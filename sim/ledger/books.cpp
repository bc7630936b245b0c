// How the threads meet.
//
// Every slot has a state word and one word for each place.
//   state  lap + 1 (32 bits; 0: vacant) | unaccepted (1) | closed (1) | remaining (30)
//          lap = call / window names the call that lives in the slot. remaining counts the deliveries still owed, and
//          one more for the answer: who brings it to 0 has everything, and closes the call.
//   place  low bits of the lap, never 0 (12) | arrival in ns, modulo 2^52 (52), with five values set aside:
//          not here yet; refused and not here; refused and here all the same; excused, for one of two reasons
//
// receive() turns its place from "not here yet" to the arrival with one compare-exchange, then takes one off
// `remaining` with another that succeeds only while the state still names its lap. Every step of a call is decided by
// the order of modification of single words:
//   - a further copy finds its place taken, on whichever thread it comes: duplicate;
//   - an answer that is not `accepted` sets the unaccepted bit, and nobody closes the call but vacate(), which finds in
//     the places what came nevertheless;
//   - an answer that refuses some of the messages turns their places from "not here yet" to "refused" and takes them
//     off together with its own one; what was there already has taken or will take itself off, and its place says that
//     it is not owed. What comes later finds its place refused, and changes no state;
//   - excuse() goes the way of receive() with a reason in place of an arrival; what comes later finds the reason in its
//     place, is late, and changes nothing;
//   - vacate() (the window moves on) first replaces the state by "vacant", and from then on nobody closes the call or
//     takes off from it; then it exchanges the places one by one. A delivery that marked its place before that is
//     counted by vacate(), and finds, if it has not taken itself off yet, that the lap is gone; one that comes after it
//     finds another word in its place, and is late. So each is counted once.
//   - when `remaining` is 0 already, somebody is closing the call at this moment, and vacate() waits for the closed
//   bit.
//     That is the only wait; it can only happen when the window is as short as the way of one delivery.
//
// Memory order: the plain members of a slot are written by the callers' thread between vacate() and the release store
// of the new state, and then before the answer's release on `remaining`; they are read by who brings it to 0 (acquire),
// or by the callers' thread. Arrivals are stored before their worker's release on `remaining`, and read after the
// acquire of the same word. The chain of read-modify-writes on `state` carries all of them to the closer.
#include "sim/ledger/books.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <vector>

#include "wire/error.h"

namespace fleet::sim {
namespace {

constexpr std::uint64_t kRemainingMask = (std::uint64_t{1} << 30) - 1;
constexpr std::uint64_t kClosed = std::uint64_t{1} << 30;
constexpr std::uint64_t kUnaccepted = std::uint64_t{1} << 31;
constexpr std::uint64_t kVacant = 0;

constexpr unsigned kTimeBits = 52;  // 52 days of nanoseconds; 12 bits of the lap are enough beside the state's 32
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;

constexpr std::uint64_t kNotHere = 0;
constexpr std::uint64_t kRefused = kTimeMask;
constexpr std::uint64_t kRefusedHere = kTimeMask - 1;
constexpr std::uint64_t kAbsent = kTimeMask - 2;
constexpr std::uint64_t kUnsubscribed = kTimeMask - 3;

std::uint64_t state_lap(std::uint64_t state) { return state >> 32; }
std::uint64_t lap_tag(std::uint64_t lap) { return (lap & 0xFFFF'FFFF) + 1; }
std::uint64_t empty_place(std::uint64_t lap) { return ((lap & 0x7FF) | 0x800) << kTimeBits; }

std::uint64_t time_bits(wire::TimePoint when) {
  return static_cast<std::uint64_t>(when.time_since_epoch().count()) & kTimeMask;
}

// The same beside the values that mean something else.
std::uint64_t arrival_bits(wire::TimePoint when) {
  return std::clamp<std::uint64_t>(time_bits(when), kNotHere + 1, kUnsubscribed - 1);
}

// Arrival minus due in ns, at least 0.
std::int64_t offset_ns(std::uint64_t place, wire::TimePoint due) {
  const std::uint64_t difference = (place - time_bits(due)) & kTimeMask;
  return difference >> (kTimeBits - 1) != 0 ? 0 : static_cast<std::int64_t>(difference);
}

// In place of an offset.
constexpr std::int64_t kGap = -1;
constexpr std::int64_t kNotOwed = -2;
constexpr std::int64_t kExcusedAbsent = -3;
constexpr std::int64_t kExcusedUnsubscribed = -4;

// What was found in a place when its call is closed: arrival minus due in ns, or one of the above.
std::int64_t found_in(std::uint64_t place, wire::TimePoint due) {
  const std::uint64_t time = place & kTimeMask;
  if (time == kNotHere) return kGap;
  if (time == kAbsent) return kExcusedAbsent;
  if (time == kUnsubscribed) return kExcusedUnsubscribed;
  return time == kRefused || time == kRefusedHere ? kNotOwed : offset_ns(place, due);
}

// Of the call that is being closed. One a thread: closing allocates only the first time.
struct Scratch {
  std::vector<std::int64_t> found;     // by place
  std::vector<std::int64_t> arrivals;  // of one target, or of all
};
Scratch& scratch() {
  thread_local Scratch scratch;
  return scratch;
}

// What a call, or its part for one target, has become.
struct Settled {
  std::uint32_t gaps = 0;
  std::int64_t last = 0;  // arrival, ns behind due
};

// Books the arrivals (which are left in another order) and gaps of an accepted call; `lag` is written − due in ns.
Settled book(std::vector<std::int64_t>& arrivals, std::uint32_t gaps, std::int64_t lag, Tally& tally) {
  const std::size_t owed = arrivals.size() + gaps;
  tally.deliveries.expected += owed;
  tally.deliveries.received += arrivals.size();
  tally.deliveries.missing += gaps;
  FLEET_CHECK(tally.deliveries.expected == tally.deliveries.received + tally.deliveries.missing);
  Settled settled{.gaps = gaps};
  if (arrivals.empty()) return settled;

  PathTimes& times = tally.times;
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t offset : arrivals) {
    times.response.record(wire::Nanos(offset));
    times.service.record(wire::Nanos(offset - lag));
    first = std::min(first, offset);
    settled.last = std::max(settled.last, offset);
  }
  times.first.record(wire::Nanos(first));
  const std::size_t half = (owed + 1) / 2;  // deliveries
  if (arrivals.size() >= half) {
    const auto middle = arrivals.begin() + static_cast<std::ptrdiff_t>(half - 1);
    std::nth_element(arrivals.begin(), middle, arrivals.end());
    times.half.record(wire::Nanos(*middle));
  }
  if (gaps == 0) times.completion.record(wire::Nanos(settled.last));
  return settled;
}

}  // namespace

struct alignas(64) Books::Slot {
  std::atomic<std::uint64_t> state{kVacant};
  std::uint64_t call = 0;
  wire::TimePoint due{};
  wire::TimePoint written{};  // epoch: not written
  BridgeClock clock{};
  bool measured = false;
  bool accepted = false;  // answered and accepted
  bool has_clock = false;
};

Books::Books(std::uint32_t batch, std::uint64_t window) : Books(batch, window, MessageDeal(batch, 1, 1)) {}

Books::Books(std::uint32_t batch, std::uint64_t window, const MessageDeal& deal)
    : batch_(batch), deal_(deal), window_(window) {
  FLEET_CHECK(batch >= 1 && batch <= kRemainingMask - 1);
  FLEET_CHECK(window >= 1);
  slots_ = std::make_unique<Slot[]>(window);
  places_ = std::make_unique<std::atomic<std::uint64_t>[]>(window * batch);
}

Books::~Books() = default;

bool Books::is_measured(std::uint64_t call) const {
  return call >= measured_first_.load(std::memory_order_relaxed) &&
         call < measured_end_.load(std::memory_order_relaxed);
}

std::atomic<std::uint64_t>* Books::places_of(const Slot& slot) const {
  return &places_[static_cast<std::uint64_t>(&slot - slots_.get()) * batch_];
}

void Books::count(std::uint64_t Deliveries::*what, std::uint64_t call, std::uint32_t position, Tally& tally) const {
  ++(tally.deliveries.*what);
  if (deal_.targets() > 1) ++(tally.target(deal_.target(call, position)).deliveries.*what);
}

void Books::open(std::uint64_t call, wire::TimePoint due, bool measured, Tally& tally) {
  const std::uint64_t lap = call / window_;
  Slot& slot = slots_[call % window_];
  vacate(slot, empty_place(lap), tally);
  slot.call = call;
  slot.due = due;
  slot.written = {};
  slot.measured = measured;
  slot.accepted = false;
  slot.has_clock = false;
  if (measured) {
    if (measured_end_.load(std::memory_order_relaxed) == 0) measured_first_.store(call, std::memory_order_relaxed);
    measured_end_.store(call + 1, std::memory_order_relaxed);
  }
  open_calls_.fetch_add(1, std::memory_order_relaxed);
  calls_opened_.store(call + 1, std::memory_order_release);
  slot.state.store(lap_tag(lap) << 32 | (std::uint64_t{batch_} + 1), std::memory_order_release);
}

void Books::written(std::uint64_t call, wire::TimePoint when) {
  Slot& slot = slots_[call % window_];
  // Only this thread changes laps, so relaxed is enough to see its own.
  if (state_lap(slot.state.load(std::memory_order_relaxed)) == lap_tag(call / window_)) slot.written = when;
}

// Takes messages out of what the call owes; returns how many of them had not come.
std::uint32_t Books::refuse(const Slot& slot, std::span<const std::uint32_t> refused, Tally& tally) {
  FLEET_CHECK(refused.size() < batch_);
  const std::uint64_t lap_bits = empty_place(slot.call / window_);
  std::uint32_t not_here = 0;
  for (const std::uint32_t position : refused) {
    std::atomic<std::uint64_t>& place = places_of(slot)[position];
    std::uint64_t found = lap_bits | kNotHere;
    if (place.compare_exchange_strong(found, lap_bits | kRefused, std::memory_order_relaxed)) {
      ++not_here;
    } else {
      place.store(lap_bits | kRefusedHere, std::memory_order_relaxed);
      if (slot.measured) count(&Deliveries::unaccepted, slot.call, position, tally);
    }
  }
  return not_here;
}

bool Books::answered(std::uint64_t call, CallResult result, std::optional<BridgeClock> clock, Tally& tally,
                     std::span<const std::uint32_t> refused) {
  Slot& slot = slots_[call % window_];
  if (state_lap(slot.state.load(std::memory_order_relaxed)) != lap_tag(call / window_)) return false;
  FLEET_CHECK(slot.call == call && !slot.accepted);
  if (result == CallResult::accepted) {
    FLEET_CHECK(slot.written != wire::TimePoint{});
    if (slot.measured) ++tally.calls.accepted;
    slot.accepted = true;
    slot.has_clock = clock.has_value();
    if (clock) slot.clock = *clock;
    const std::uint32_t off = 1 + refuse(slot, refused, tally);
    const std::uint64_t before = slot.state.fetch_sub(off, std::memory_order_acq_rel);
    if ((before & kRemainingMask) == off) close_complete(slot, tally);
    return true;
  }
  const std::uint64_t before = slot.state.fetch_add(kUnaccepted - 1, std::memory_order_acq_rel);
  FLEET_CHECK((before & kUnaccepted) == 0);
  if (slot.measured) {
    const bool rejected = result == CallResult::rejected;
    ++(rejected ? tally.calls.rejected : tally.calls.failed);
    tally.losses.add(slot.due, {.rejected = rejected ? 1u : 0u, .failed = rejected ? 0u : 1u});
  }
  open_calls_.fetch_sub(1, std::memory_order_release);
  return true;
}

Receipt Books::receive(std::uint64_t call, std::uint32_t position, wire::TimePoint when, Tally& tally) {
  FLEET_CHECK(position < batch_);
  const std::uint64_t lap = call / window_;
  const std::uint64_t index = call % window_;
  Slot& slot = slots_[index];
  std::uint64_t state = slot.state.load(std::memory_order_acquire);
  const std::uint64_t lap_bits = empty_place(lap);
  if (state_lap(state) == lap_tag(lap)) {
    std::atomic<std::uint64_t>& place = places_[index * batch_ + position];
    std::uint64_t found = lap_bits | kNotHere;
    if (place.compare_exchange_strong(found, lap_bits | arrival_bits(when), std::memory_order_relaxed)) {
      take_off(slot, lap, state, tally);
      return Receipt::received;
    }
    if (found == (lap_bits | kRefused) &&
        place.compare_exchange_strong(found, lap_bits | kRefusedHere, std::memory_order_relaxed)) {
      if (is_measured(call)) count(&Deliveries::unaccepted, call, position, tally);
      return Receipt::received;
    }
    const bool excused = found == (lap_bits | kAbsent) || found == (lap_bits | kUnsubscribed);
    if ((found & ~kTimeMask) == lap_bits && !excused) {
      if (is_measured(call)) count(&Deliveries::duplicate, call, position, tally);
      return Receipt::duplicate;
    }
  }
  if (is_measured(call)) count(&Deliveries::late, call, position, tally);
  return Receipt::late;
}

// A place was marked: one less is owed while the state names this lap; afterwards vacate() has counted it. `state`: as
// it was read before.
void Books::take_off(Slot& slot, std::uint64_t lap, std::uint64_t state, Tally& tally) {
  do {
    if (state_lap(state) != lap_tag(lap)) return;
  } while (!slot.state.compare_exchange_weak(state, state - 1, std::memory_order_acq_rel, std::memory_order_acquire));
  if ((state & kUnaccepted) == 0 && (state & kRemainingMask) == 1) close_complete(slot, tally);
}

bool Books::excuse(std::uint64_t call, std::uint32_t position, Excuse why, Tally& tally) {
  FLEET_CHECK(position < batch_);
  const std::uint64_t lap = call / window_;
  Slot& slot = slots_[call % window_];
  const std::uint64_t state = slot.state.load(std::memory_order_acquire);
  if (state_lap(state) != lap_tag(lap)) return false;
  const std::uint64_t reason = why == Excuse::absent ? kAbsent : kUnsubscribed;
  std::uint64_t found = empty_place(lap) | kNotHere;
  auto& place = places_[call % window_ * batch_ + position];
  if (!place.compare_exchange_strong(found, empty_place(lap) | reason, std::memory_order_relaxed)) return false;
  take_off(slot, lap, state, tally);
  return true;
}

// Everything has arrived and the answer is there: this thread alone has the slot until it sets the closed bit.
void Books::close_complete(Slot& slot, Tally& tally) {
  if (slot.measured) {
    std::vector<std::int64_t>& found = scratch().found;
    found.clear();
    const auto* places = places_of(slot);
    for (std::uint32_t i = 0; i < batch_; ++i) {
      found.push_back(found_in(places[i].load(std::memory_order_relaxed), slot.due));
    }
    settle(slot, tally);
  }
  slot.state.fetch_or(kClosed, std::memory_order_release);
  open_calls_.fetch_sub(1, std::memory_order_release);
}

// Books the accepted call of which scratch() says what was found in each place.
void Books::settle(const Slot& slot, Tally& tally) const {
  const std::vector<std::int64_t>& found = scratch().found;
  FLEET_CHECK(found.size() == batch_);
  std::vector<std::int64_t>& arrivals = scratch().arrivals;
  arrivals.reserve(batch_);
  const std::int64_t lag = (slot.written - slot.due).count();
  // Of all targets, or of one.
  const auto book_part = [&](std::optional<std::uint32_t> target, Tally& part) {
    arrivals.clear();
    std::uint32_t gaps = 0;
    for (std::uint32_t i = 0; i < batch_; ++i) {
      if (target && deal_.target(slot.call, i) != *target) continue;
      if (found[i] == kGap) ++gaps;
      if (found[i] >= 0) arrivals.push_back(found[i]);
    }
    return book(arrivals, gaps, lag, part);
  };
  for (std::uint32_t i = 0; i < batch_; ++i) {
    if (found[i] == kExcusedAbsent) count(&Deliveries::absent, slot.call, i, tally);
    if (found[i] == kExcusedUnsubscribed) count(&Deliveries::unsubscribed, slot.call, i, tally);
  }
  const Settled whole = book_part(std::nullopt, tally);
  if (whole.gaps > 0) tally.losses.add(slot.due, {.missing = whole.gaps});
  if (slot.has_clock && whole.gaps == 0 && !arrivals.empty()) {
    tally.times.hop_http.record(slot.clock.received - slot.written);
    tally.times.hop_bridge.record(slot.clock.published - slot.clock.received);
    tally.times.hop_broker.record(slot.due + wire::Nanos(whole.last) - slot.clock.published);
  }
  for (std::uint32_t t = 0; t < deal_.targets() && deal_.targets() > 1; ++t) book_part(t, tally.target(t));
}

// Closes the call that lives in the slot, if any, and leaves the slot vacant with every place set to `place_word`.
void Books::vacate(Slot& slot, std::uint64_t place_word, Tally& tally) {
  std::atomic<std::uint64_t>* places = places_of(slot);
  std::uint64_t state = slot.state.load(std::memory_order_acquire);
  for (;;) {
    const bool closing = state != kVacant && (state & (kUnaccepted | kClosed | kRemainingMask)) == 0;
    if (closing) {
      std::this_thread::yield();
      state = slot.state.load(std::memory_order_acquire);
    } else if (slot.state.compare_exchange_weak(state, kVacant, std::memory_order_acq_rel, std::memory_order_acquire)) {
      break;
    }
  }
  if (state == kVacant || (state & kClosed) != 0) {
    // Nobody can mark a place but as refused: there is none that is empty and of a lap that the state names.
    for (std::uint32_t i = 0; i < batch_; ++i) places[i].store(place_word, std::memory_order_relaxed);
    return;
  }

  std::vector<std::int64_t>& found = scratch().found;
  found.clear();
  for (std::uint32_t i = 0; i < batch_; ++i) {
    found.push_back(found_in(places[i].exchange(place_word, std::memory_order_relaxed), slot.due));
  }
  if (slot.measured && slot.accepted) settle(slot, tally);
  if (slot.measured && !slot.accepted) {
    const bool answered = (state & kUnaccepted) != 0;
    if (!answered && slot.written != wire::TimePoint{}) {
      ++tally.calls.failed;
      tally.losses.add(slot.due, {.failed = 1});
    }
    for (std::uint32_t i = 0; i < batch_; ++i) {
      if (found[i] >= 0) count(&Deliveries::unaccepted, slot.call, i, tally);
    }
  }
  if ((state & kUnaccepted) == 0) open_calls_.fetch_sub(1, std::memory_order_release);
}

void Books::close_all(Tally& tally) {
  for (std::uint64_t i = 0; i < window_; ++i) vacate(slots_[i], 0, tally);
}

std::uint64_t books_window(std::uint32_t batch, std::uint64_t calls_planned, std::uint64_t budget_bytes) {
  constexpr std::uint64_t kSlotBytes = 64;
  constexpr std::uint64_t kWindowMin = 64;
  const std::uint64_t fitting = budget_bytes / (std::uint64_t{batch} * 8 + kSlotBytes);
  return std::max(std::min(fitting, calls_planned), kWindowMin);
}

}  // namespace fleet::sim
