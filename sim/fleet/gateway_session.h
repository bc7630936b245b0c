// What a gateway does for its sub-devices on one connection: asks for the topology, logs them in, tells what to
// subscribe to. No I/O: steps out, messages in, time handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/fleet/gateway_group.h"
#include "sim/fleet/gateway_moves.h"
#include "sim/scenario/identities.h"
#include "wire/clock.h"

namespace fleet::sim {

// Owned by a gateway's Device; lives on its worker's thread. One request is on its way at a time.
class GatewaySession {
 public:
  // Documentation of topological relationships; newer documentation of sub-devices coming online.
  static constexpr std::uint32_t kTopologyItems = 30;
  static constexpr std::uint32_t kLoginItems = 50;

  // `group` and `identities` outlive the session. `patience`: how long an answer may take.
  GatewaySession(const GatewayGroup& group, const Identities& identities, std::uint32_t gateway, wire::Nanos patience);

  // A connection begins: sub-devices have to be logged in anew. A topology that was asked for stays.
  void begin();

  struct Step {
    enum class Kind : std::uint8_t {
      none,       // an answer is awaited, or all is done
      request,    // publish `payload` to `topic` at QoS 0 (documentation of sub-devices coming online)
      subscribe,  // filters first .. end - 1
      welcome,    // subscribe on behalf of `newcomer`
    };
    Kind kind = Kind::none;
    std::string topic, payload;
    std::uint32_t first = 0, end = 0;
    SubDevice newcomer;
  };
  // What is to be done now; ask until it is none. `wall_ms`: Unix time, which is signed.
  [[nodiscard]] Step next(wire::TimePoint now, std::int64_t wall_ms);

  enum class Answer : std::uint8_t {
    not_mine,   // no answer to a request of this session
    accepted,   // ask next()
    try_again,  // the platform has no room now; failure() tells
    refused,    // failure() tells
  };
  // Any message that reached the gateway on a topic of no sub-device.
  [[nodiscard]] Answer receive(std::string_view topic, std::string_view payload);
  // An answer has not come in time; failure() tells.
  [[nodiscard]] bool overdue(wire::TimePoint now);

  // Nothing is left to be asked for of what the scenario gives this gateway.
  [[nodiscard]] bool done() const;
  // Filters of its own and of those who are at home here and have not moved: what a connection that is ready has.
  [[nodiscard]] std::uint32_t filters() const;
  [[nodiscard]] GatewayMoves& moves() { return moves_; }
  // Newcomers that the platform has refused since the last time this was asked: why, and how many.
  struct Refusal {
    std::string why;
    std::uint64_t sub_devices = 0;
  };
  [[nodiscard]] Refusal take_refusal() { return std::exchange(refusal_, {}); }
  // A sentence; empty: nothing failed on this connection.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  // How far the sub-devices have been gone through.
  struct Cursor {
    std::size_t group = 0;
    std::uint32_t rank = 0;
  };
  enum class Waiting : std::uint8_t { no, topology, login, newcomers };

  // The next sub-devices of one group, at most `items`; false when all have been gone through.
  [[nodiscard]] bool take(Cursor& cursor, std::uint32_t items, std::uint32_t& end) const;
  [[nodiscard]] bool is_gone(const Cursor& at) const;
  // Of the sub-devices from the cursor to rank `end`.
  [[nodiscard]] Step request(Waiting kind, const Cursor& from, std::uint32_t end, wire::TimePoint now,
                             std::int64_t wall_ms);
  [[nodiscard]] Step request(Waiting kind, const std::vector<SubDevice>& whom, wire::TimePoint now,
                             std::int64_t wall_ms);
  [[nodiscard]] Step next_newcomers(wire::TimePoint now, std::int64_t wall_ms);
  void newcomers_answered(std::int64_t code, const std::string& sentence);
  void append_item(const SubDeviceGroup& group, std::uint32_t index, bool login, const std::string& timestamp,
                   std::string& out) const;

  const GatewayGroup& group_;
  const Identities& identities_;
  const std::uint32_t gateway_;
  const wire::Nanos patience_;
  Cursor topology_, login_;
  Waiting waiting_ = Waiting::no;
  std::uint32_t waiting_end_ = 0;  // rank behind the last that was asked for
  std::uint32_t id_ = 0;           // of the newest request
  wire::TimePoint deadline_{};
  std::optional<Step> subscribe_;  // of those that were just logged in
  std::string failure_;
  GatewayMoves moves_;
  bool hold_off_ = false;       // the platform has no room for newcomers now
  wire::TimePoint again_at_{};  // not before
  Refusal refusal_;
};

}  // namespace fleet::sim
