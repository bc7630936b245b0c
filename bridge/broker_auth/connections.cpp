#include "bridge/broker_auth/connections.h"

#include <utility>

namespace fleet::bridge {

std::optional<std::string> Connections::begin(std::string_view username, std::string_view client_id,
                                              const void* connection) {
  const auto found = current_.find(username);
  if (found == current_.end()) {
    current_.emplace(username, Current{std::string(client_id), connection});
    return {};
  }
  Current old = std::exchange(found->second, Current{std::string(client_id), connection});
  if (old.client_id == client_id) return {};
  return std::move(old.client_id);
}

void Connections::end(std::string_view username, const void* connection) {
  const auto found = current_.find(username);
  if (found != current_.end() && found->second.connection == connection) current_.erase(found);
}

}  // namespace fleet::bridge
