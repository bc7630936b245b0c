// What a session remembers about packet identifiers: its own requests without their final acknowledgement, and the
// broker's QoS 2 publishes that were received and not yet released.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fleet::wire::mqtt {

// One of our packets that is owed an answer.
struct InFlight {
  enum class State : std::uint8_t {
    free,
    awaits_puback,
    awaits_pubrec,
    awaits_pubcomp,
    awaits_suback,
    awaits_unsuback,
  };
  std::uint64_t cookie = 0;
  std::uint64_t order = 0;    // rises with every publish begun and every PUBREC received
  std::uint32_t filters = 0;  // of a SUBSCRIBE or UNSUBSCRIBE
  std::uint16_t packet_id = 0;
  State state = State::free;
  bool in_window = false;  // a publish that went out on this connection: it holds a place of the receive maximum

  [[nodiscard]] bool is_publish() const {
    return state == State::awaits_puback || state == State::awaits_pubrec || state == State::awaits_pubcomp;
  }
};

// Our packets in flight, found by identifier in constant time. Empty: no memory beyond itself. Grows by doubling, to
// 65,536 entries of 24 bytes at most, and keeps what it has; identifiers are given out in rising order.
class InFlightTable {
 public:
  // An entry with a fresh identifier (1 to 65,535), or nullptr when all are taken. Pointers to entries are valid until
  // the next take(). Amortised constant time while answers come roughly in order.
  [[nodiscard]] InFlight* take(InFlight::State state, std::uint64_t cookie);
  // The entry of this identifier, or nullptr.
  [[nodiscard]] InFlight* find(std::uint16_t packet_id);
  void release(InFlight& entry);
  // The next value of InFlight::order.
  [[nodiscard]] std::uint64_t next_order() { return ++order_; }

  [[nodiscard]] std::size_t size() const { return size_; }
  // All slots, free ones included, in no particular order.
  [[nodiscard]] std::vector<InFlight>& slots() { return slots_; }

 private:
  void grow();

  std::vector<InFlight> slots_;  // identifier n is in slot n modulo the size, a power of two
  std::uint64_t order_ = 0;
  std::uint32_t size_ = 0;
  std::uint16_t last_id_ = 0;
};

// A set of packet identifiers. Empty: no memory beyond itself; then a power of two of two-byte cells, at most three
// quarters full.
class PacketIdSet {
 public:
  // False when it was there already. `packet_id` is not 0.
  bool insert(std::uint16_t packet_id);
  // False when it was not there.
  bool erase(std::uint16_t packet_id);
  [[nodiscard]] bool contains(std::uint16_t packet_id) const;
  void clear();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // Where the search for an identifier begins.
  [[nodiscard]] std::size_t home_of(std::uint16_t packet_id) const;
  // The cell that holds the identifier, or the free cell where it belongs.
  [[nodiscard]] std::size_t cell_of(std::uint16_t packet_id) const;

  std::vector<std::uint16_t> cells_;  // 0: free, which no packet identifier is
  std::uint32_t size_ = 0;
};

}  // namespace fleet::wire::mqtt
