// Whose a client id is, and by which connection: equal ids take each other's connection and session over at the broker.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/broker_auth/topology.h"

namespace fleet::bridge {

// Owned by the guard. Identities are named by their user names; a connection is told by its address in the broker, for
// comparing only, and is never null. A device has the client id that it logged in with last, connected or not, since
// its session may wait under it: about 300 bytes for each device that has logged in since the broker started.
class ClientIds {
 public:
  // Of each application: client ids of consumers that are away; who left first is forgotten first. Those of connected
  // consumers come on top.
  static constexpr std::size_t kAwayMax = 1'000;

  // The user name of the identity that has the client id, valid until the next change; empty: it is free.
  [[nodiscard]] std::string_view owner(std::string_view client_id) const;

  // A device has logged in, with a client id of its own or a free one; that which it had before becomes free. Returns
  // that one where it is connected: it has one connection (documentation of limits), and the first is to be thrown out.
  [[nodiscard]] std::optional<std::string> begin_device(std::string_view username, std::string_view client_id,
                                                        const void* connection);
  // Likewise a consumer; its application keeps the client ids of its others.
  void begin_consumer(std::string_view username, std::string_view client_id, const void* connection);
  // A connection has ended, whether it was let in or not; one that began later is left alone.
  void end(std::string_view client_id, const void* connection);
  // The device is no longer registered.
  void forget_device(std::string_view username);

  // Client ids that are somebody's.
  [[nodiscard]] std::size_t size() const { return held_.size(); }

 private:
  struct Held {
    std::string_view username{};  // the key in devices_ or away_
    const void* connection = nullptr;
  };
  TextMap<Held> held_;                          // by client id
  TextMap<std::string_view> devices_;           // by user name: the key in held_; empty: none
  TextMap<std::deque<std::string_view>> away_;  // by user name of consumers: keys in held_, who left first in front
};

}  // namespace fleet::bridge
