#include "sim/fleet/gateway_group.h"

#include <utility>

#include "wire/error.h"

namespace fleet::sim {

namespace {

// "/{product key}/{device name}/user/{topic}"
std::string user_topic(const std::string& path, const std::string& topic) { return "/" + path + "/user/" + topic; }

std::uint32_t topics_of(const SubDeviceGroup& group) {
  return static_cast<std::uint32_t>(group.fleet->subscribe.size());
}

}  // namespace

GatewayGroup::GatewayGroup(const Scenario& scenario, std::size_t fleet_group)
    : gateways_(scenario.fleet.at(fleet_group)), product_key_(scenario.products.at(gateways_.product).key) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    const FleetGroup& group = scenario.fleet[i];
    if (!group.gateway || group.gateway->group != fleet_group) continue;
    groups_.push_back({static_cast<std::uint16_t>(i), &group, scenario.products.at(group.product).key,
                       NameTemplate(group.name_template), SubDeviceSpread{group.count, gateways_.count}});
    asks_for_topology_ |= group.gateway->topology == Topology::mqtt;
    logs_in_ |= group.gateway->login;
  }
}

std::uint32_t GatewayGroup::sub_devices(std::uint32_t gateway) const {
  std::uint32_t count = 0;
  for (const SubDeviceGroup& group : groups_) count += group.spread.count(gateway);
  return count;
}

std::optional<SubDevice> GatewayGroup::find(std::string_view topic, std::uint32_t gateway) const {
  const std::optional<SubDevice> found = find(topic);
  return found && is_home(*found, gateway) ? found : std::nullopt;
}

std::optional<SubDevice> GatewayGroup::find(std::string_view topic) const {
  if (!topic.starts_with('/')) return std::nullopt;
  topic.remove_prefix(1);
  const std::size_t slash = topic.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view key = topic.substr(0, slash);
  topic.remove_prefix(slash + 1);
  const std::string_view device = topic.substr(0, topic.find('/'));
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const SubDeviceGroup& group = groups_[g];
    if (key != group.product_key) continue;
    const std::optional<std::uint32_t> index = group.names.index_of(device);
    if (!index || *index >= group.spread.sub_devices) continue;
    return SubDevice{g, *index, group.spread.rank_of(*index)};
  }
  return std::nullopt;
}

std::uint32_t GatewayGroup::own_filters() const {
  return static_cast<std::uint32_t>(gateways_.subscribe.size()) + (asks_for_topology_ ? 1 : 0) + (logs_in_ ? 3 : 0);
}

std::uint32_t GatewayGroup::filters(std::uint32_t gateway) const { return first_filter(gateway, groups_.size(), 0); }

std::uint32_t GatewayGroup::first_filter(std::uint32_t gateway, std::size_t group, std::uint32_t rank) const {
  std::uint32_t number = own_filters();
  for (std::size_t g = 0; g < group; ++g) number += groups_[g].spread.count(gateway) * topics_of(groups_[g]);
  return group < groups_.size() ? number + rank * topics_of(groups_[group]) : number;
}

GatewayGroup::FilterOwner GatewayGroup::owner(std::uint32_t gateway, std::uint32_t number) const {
  FilterOwner owner;
  if (number < gateways_.subscribe.size()) {
    owner.subscription = number;
    return owner;
  }
  if (number < own_filters()) {
    owner.kind = FilterOwner::Kind::platform;
    return owner;
  }
  number -= own_filters();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::uint32_t topics = topics_of(groups_[g]);
    const std::uint32_t here = groups_[g].spread.count(gateway) * topics;
    if (number >= here) {
      number -= here;
      continue;
    }
    const std::uint32_t rank = number / topics;
    owner.kind = FilterOwner::Kind::sub_device;
    owner.sub_device = {g, groups_[g].spread.sub_device(gateway, rank), rank};
    owner.subscription = number % topics;
    return owner;
  }
  FLEET_CHECK(false);
  return owner;
}

wire::mqtt::Subscription GatewayGroup::filter(std::uint32_t gateway, std::uint32_t number) const {
  const FilterOwner who = owner(gateway, number);
  switch (who.kind) {
    case FilterOwner::Kind::gateway: {
      const TopicSubscription& row = gateways_.subscribe[who.subscription];
      return {user_topic(path(gateway), row.topic), row.qos};
    }
    case FilterOwner::Kind::platform:
      return {platform_topics(gateway).at(number - gateways_.subscribe.size()), wire::mqtt::Qos::at_least_once};
    case FilterOwner::Kind::sub_device:
      break;
  }
  return filter_of(who.sub_device, who.subscription);
}

wire::mqtt::Subscription GatewayGroup::filter_of(const SubDevice& who, std::size_t subscription) const {
  const SubDeviceGroup& group = groups_[who.group];
  const TopicSubscription& row = group.fleet->subscribe[subscription];
  std::string device = group.product_key + "/";
  group.names.append(who.index, device);
  return {user_topic(device, row.topic), row.qos};
}

std::vector<wire::mqtt::Subscription> GatewayGroup::filters_of(const SubDevice& who) const {
  std::vector<wire::mqtt::Subscription> filters;
  for (std::uint32_t i = 0; i < topics_of(groups_[who.group]); ++i) filters.push_back(filter_of(who, i));
  return filters;
}

std::vector<std::string> GatewayGroup::platform_topics(std::uint32_t gateway) const {
  std::vector<std::string> topics;
  if (asks_for_topology_) topics.push_back(topology_topic(gateway) + "_reply");
  if (logs_in_) {
    topics.push_back(login_topic(gateway) + "_reply");
    topics.push_back(change_topic(gateway));
    topics.push_back(error_topic(gateway));
  }
  return topics;
}

std::string GatewayGroup::topology_topic(std::uint32_t gateway) const {
  return "/sys/" + path(gateway) + "/thing/topo/add";
}

std::string GatewayGroup::login_topic(std::uint32_t gateway) const {
  return "/ext/session/" + path(gateway) + "/combine/batch_login";
}

std::string GatewayGroup::change_topic(std::uint32_t gateway) const {
  return "/sys/" + path(gateway) + "/thing/topo/change";
}

std::string GatewayGroup::error_topic(std::uint32_t gateway) const { return "/ext/error/" + path(gateway); }

std::string GatewayGroup::name(std::uint32_t gateway) const { return device_name(gateways_.name_template, gateway); }

std::string GatewayGroup::path(std::uint32_t gateway) const { return product_key_ + "/" + name(gateway); }

}  // namespace fleet::sim
