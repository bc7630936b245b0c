// Which device is connected by which session: one connection for each device (documentation of limits).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bridge/broker_auth/topology.h"

namespace fleet::bridge {

// Owned by the plugin. A connection is told by its address in the broker, for comparing only.
class Connections {
 public:
  // A device has logged in. Returns the client identifier of its other session, which is to be thrown out; none where
  // there is no other, or it has the same identifier: then the broker takes the session over by itself.
  [[nodiscard]] std::optional<std::string> begin(std::string_view username, std::string_view client_id,
                                                 const void* connection);
  // A connection has ended; one that began later is left alone.
  void end(std::string_view username, const void* connection);
  [[nodiscard]] std::size_t size() const { return current_.size(); }

 private:
  struct Current {
    std::string client_id;
    const void* connection = nullptr;
  };
  TextMap<Current> current_;  // by user name
};

}  // namespace fleet::bridge
