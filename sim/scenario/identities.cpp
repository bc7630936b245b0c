#include "sim/scenario/identities.h"

#include "sim/scenario/naming.h"
#include "wire/error.h"

namespace fleet::sim {

static_assert(Identities::kSecretBytesMax <= 0xFF);

Identities::Identities(const Scenario& scenario) : scenario_(scenario), groups_(scenario.fleet.size()) {}

std::string Identities::secret(std::size_t fleet_group, std::uint32_t index) const {
  const FleetGroup& fleet = scenario_.fleet[fleet_group];
  const Group& group = groups_[fleet_group];
  if (group.places.empty()) {
    return device_secret(scenario_.products[fleet.product].key, device_name(fleet.name_template, index),
                         scenario_.seed);
  }
  const Place& place = group.places.at(index);
  return group.text.substr(place.begin, place.bytes);
}

void Identities::keep(std::size_t fleet_group, std::uint32_t index, std::string_view secret) {
  FLEET_CHECK(!secret.empty() && secret.size() <= kSecretBytesMax);
  Group& group = groups_.at(fleet_group);
  if (group.places.empty()) group.places.resize(scenario_.fleet[fleet_group].count);
  Place& place = group.places.at(index);
  if (place.bytes == 0) ++group.kept;
  if (place.bytes < secret.size()) {
    place.begin = static_cast<std::uint32_t>(group.text.size());
    group.text += secret;
  } else {
    group.text.replace(place.begin, secret.size(), secret);
  }
  place.bytes = static_cast<std::uint8_t>(secret.size());
}

}  // namespace fleet::sim
