// Sub-devices that have left a gateway, and that have come to it, since the scenario's plan. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/fleet/gateway_group.h"

namespace fleet::sim {

// Owned by a gateway's session; lives on its worker's thread. A sub-device is at home at the gateway that the plan
// gives it; a guest anywhere else. Looking up allocates nothing.
class GatewayMoves {
 public:
  struct Newcomer {
    enum class State : std::uint8_t {
      waiting,      // to be logged in
      asked,        // its login is under way
      logged_in,    // to be subscribed for
      subscribing,  // up to the last SUBACK
      ready,
    };
    SubDevice who;
    std::uint32_t row = 0;  // of the ledger
    State state = State::waiting;
    std::uint32_t granted = 0;
    bool logs_in = true;
    bool was_ready = false;  // at any time before
    bool leaving = false;    // until the last UNSUBACK
  };

  // Nothing has moved: everything is as planned.
  [[nodiscard]] bool empty() const { return gone_.empty() && newcomers_.empty(); }

  // One that is at home here leaves; until has_left() what still comes for it is its own.
  void leave(const SubDevice& who) { gone_.emplace(key(who), false); }
  // Its subscriptions have ended.
  void note_left(const SubDevice& who);
  // It is at home here, and is not logged in here any more.
  [[nodiscard]] bool is_gone(const SubDevice& who) const { return gone_.contains(key(who)); }
  [[nodiscard]] bool has_left(const SubDevice& who) const;
  [[nodiscard]] std::size_t gone() const { return gone_.size(); }
  // Whose a delivery is that reaches this gateway on a topic of the sub-device; `at_home`: it is at home here. One that
  // leaves is still here until the broker has confirmed the end of its subscriptions.
  enum class Place : std::uint8_t { home, newcomer, elsewhere };
  [[nodiscard]] Place place_of(const SubDevice& who, bool at_home);

  // One comes that is not logged in here: a guest, or one at home that was gone. `row`: of the ledger.
  void arrive(const SubDevice& who, std::uint32_t row, bool logs_in);
  // Null: no newcomer.
  [[nodiscard]] Newcomer* find(const SubDevice& who);
  // A newcomer that left again, or that the platform refused.
  void forget(const SubDevice& who) { newcomers_.erase(key(who)); }
  // The connection was lost: all have to be logged in anew.
  void begin();
  // Newcomers in that state, `most` at most.
  [[nodiscard]] std::vector<Newcomer*> in_state(Newcomer::State state, std::size_t most);
  [[nodiscard]] std::size_t ready() const;

 private:
  static std::uint64_t key(const SubDevice& who) { return (std::uint64_t{who.group} << 32) | who.index; }

  std::unordered_map<std::uint64_t, bool> gone_;  // whether the subscriptions have ended
  std::unordered_map<std::uint64_t, Newcomer> newcomers_;
};

// What a gateway is told of its sub-devices: thing/topo/change.
struct TopologyChange {
  enum class Kind : std::uint8_t { came, left, other };
  Kind kind = Kind::other;
  std::vector<std::string> paths;  // "{product key}/{device name}"
};

// None where the payload is no such message (documentation of topological relationships: status 0 created, 1 deleted).
[[nodiscard]] std::optional<TopologyChange> read_topology_change(std::string_view payload);

}  // namespace fleet::sim
