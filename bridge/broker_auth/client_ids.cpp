#include "bridge/broker_auth/client_ids.h"

#include <utility>

namespace fleet::bridge {

std::string_view ClientIds::owner(std::string_view client_id) const {
  const auto held = held_.find(client_id);
  return held == held_.end() ? std::string_view() : held->second.username;
}

std::optional<std::string> ClientIds::begin_device(std::string_view username, std::string_view client_id,
                                                   const void* connection) {
  const auto device = devices_.try_emplace(std::string(username)).first;
  const auto [held, fresh] = held_.try_emplace(std::string(client_id));
  held->second = {.username = device->first, .connection = connection};
  const std::string_view before = std::exchange(device->second, held->first);
  if (!fresh || before.empty()) return {};
  auto old = held_.extract(held_.find(before));
  if (old.mapped().connection == nullptr) return {};
  return std::move(old.key());
}

void ClientIds::begin_consumer(std::string_view username, std::string_view client_id, const void* connection) {
  const auto app = away_.try_emplace(std::string(username)).first;
  const auto held = held_.try_emplace(std::string(client_id)).first;
  held->second = {.username = app->first, .connection = connection};
  std::erase(app->second, client_id);
}

void ClientIds::end(std::string_view client_id, const void* connection) {
  const auto held = held_.find(client_id);
  if (held == held_.end() || held->second.connection != connection) return;
  const auto app = away_.find(held->second.username);
  if (app != away_.end()) app->second.push_back(held->first);
  held->second.connection = nullptr;
  if (app == away_.end() || app->second.size() <= kAwayMax) return;
  held_.erase(held_.find(app->second.front()));
  app->second.pop_front();
}

void ClientIds::forget_device(std::string_view username) {
  const auto device = devices_.find(username);
  if (device == devices_.end()) return;
  if (const auto held = held_.find(device->second); held != held_.end()) held_.erase(held);
  devices_.erase(device);
}

}  // namespace fleet::bridge
