#include "sim/fleet/gateway_moves.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fleet::sim {

using Newcomer = GatewayMoves::Newcomer;

void GatewayMoves::note_left(const SubDevice& who) {
  const auto found = gone_.find(key(who));
  if (found != gone_.end()) found->second = true;
}

bool GatewayMoves::has_left(const SubDevice& who) const {
  const auto found = gone_.find(key(who));
  return found != gone_.end() && found->second;
}

GatewayMoves::Place GatewayMoves::place_of(const SubDevice& who, bool at_home) {
  const Newcomer* newcomer = find(who);
  if (newcomer != nullptr && newcomer->state >= Newcomer::State::subscribing) return Place::newcomer;
  return at_home && !has_left(who) ? Place::home : Place::elsewhere;
}

void GatewayMoves::arrive(const SubDevice& who, std::uint32_t row, bool logs_in) {
  Newcomer newcomer;
  newcomer.who = who;
  newcomer.row = row;
  newcomer.logs_in = logs_in;
  newcomer.state = logs_in ? Newcomer::State::waiting : Newcomer::State::logged_in;
  newcomers_.insert_or_assign(key(who), newcomer);
}

Newcomer* GatewayMoves::find(const SubDevice& who) {
  const auto found = newcomers_.find(key(who));
  return found == newcomers_.end() ? nullptr : &found->second;
}

void GatewayMoves::begin() {
  std::erase_if(newcomers_, [](const auto& entry) { return entry.second.leaving; });
  for (auto& [ignored, left] : gone_) left = true;  // with the connection
  for (auto& [ignored, newcomer] : newcomers_) {
    newcomer.state = newcomer.logs_in ? Newcomer::State::waiting : Newcomer::State::logged_in;
    newcomer.granted = 0;
  }
}

// In order of their indexes, so that requests do not depend on a hash.
std::vector<Newcomer*> GatewayMoves::in_state(Newcomer::State state, std::size_t most) {
  std::vector<Newcomer*> found;
  for (auto& [ignored, newcomer] : newcomers_) {
    if (newcomer.state == state && !newcomer.leaving) found.push_back(&newcomer);
  }
  std::sort(found.begin(), found.end(), [](const Newcomer* a, const Newcomer* b) { return key(a->who) < key(b->who); });
  if (found.size() > most) found.resize(most);
  return found;
}

std::size_t GatewayMoves::ready() const {
  return static_cast<std::size_t>(std::count_if(newcomers_.begin(), newcomers_.end(), [](const auto& entry) {
    return entry.second.state == Newcomer::State::ready && !entry.second.leaving;
  }));
}

std::optional<TopologyChange> read_topology_change(std::string_view payload) {
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto params = json.find("params");
  if (params == json.end() || !params->is_object()) return std::nullopt;
  const auto status = params->find("status");
  const auto list = params->find("subList");
  if (status == params->end() || !status->is_number_integer() || list == params->end() || !list->is_array()) {
    return std::nullopt;
  }
  TopologyChange change;
  const auto number = status->get<std::int64_t>();
  if (number == 0) change.kind = TopologyChange::Kind::came;
  if (number == 1) change.kind = TopologyChange::Kind::left;
  for (const auto& row : *list) {
    if (!row.is_object()) return std::nullopt;
    const auto product = row.find("productKey");
    const auto device = row.find("deviceName");
    if (product == row.end() || device == row.end() || !product->is_string() || !device->is_string()) {
      return std::nullopt;
    }
    change.paths.push_back(product->get<std::string>() + "/" + device->get<std::string>());
  }
  return change;
}

}  // namespace fleet::sim
