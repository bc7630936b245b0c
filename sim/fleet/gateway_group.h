// What the gateways of one fleet group have in common: the sub-devices behind them, and what is subscribed to on their
// behalf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/naming.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/sub_devices.h"
#include "wire/mqtt/types.h"

namespace fleet::sim {

// Sub-devices of one fleet group behind these gateways.
struct SubDeviceGroup {
  std::uint16_t fleet_group = 0;
  const FleetGroup* fleet = nullptr;
  std::string product_key;
  NameTemplate names;
  SubDeviceSpread spread;
};

// A sub-device as its gateway knows it.
struct SubDevice {
  std::size_t group = 0;    // place in GatewayGroup::groups()
  std::uint32_t index = 0;  // in its fleet group
  std::uint32_t rank = 0;   // among those of its gateway
};

// Const after construction; shared by the workers. The filters of a gateway are numbered: its own topics, the answers
// that it waits for and what the platform tells it, then for each sub-device in order the topics of its group.
class GatewayGroup {
 public:
  // `scenario` outlives it. `fleet_group`: of the gateways.
  GatewayGroup(const Scenario& scenario, std::size_t fleet_group);

  [[nodiscard]] const std::vector<SubDeviceGroup>& groups() const { return groups_; }
  [[nodiscard]] std::uint32_t sub_devices(std::uint32_t gateway) const;

  // The sub-device of this gateway that a topic /{product key}/{device name}/... belongs to, as the scenario has it;
  // O(1), allocates nothing.
  [[nodiscard]] std::optional<SubDevice> find(std::string_view topic, std::uint32_t gateway) const;
  // The same of any of these gateways; its rank is that at its own.
  [[nodiscard]] std::optional<SubDevice> find(std::string_view topic) const;
  [[nodiscard]] bool is_home(const SubDevice& who, std::uint32_t gateway) const {
    return groups_[who.group].spread.gateway_of(who.index) == gateway;
  }
  // What is subscribed to on behalf of one sub-device, wherever it is.
  [[nodiscard]] std::vector<wire::mqtt::Subscription> filters_of(const SubDevice& who) const;

  // Filters before those of sub-devices: granted before anything is asked for.
  [[nodiscard]] std::uint32_t own_filters() const;
  [[nodiscard]] std::uint32_t filters(std::uint32_t gateway) const;
  // Number of the first filter of the sub-device of that rank.
  [[nodiscard]] std::uint32_t first_filter(std::uint32_t gateway, std::size_t group, std::uint32_t rank) const;
  [[nodiscard]] wire::mqtt::Subscription filter(std::uint32_t gateway, std::uint32_t number) const;

  // Whom a filter is for, and which of the fleet group's subscriptions it is.
  struct FilterOwner {
    enum class Kind : std::uint8_t { gateway, platform, sub_device };
    Kind kind = Kind::gateway;
    SubDevice sub_device;
    std::size_t subscription = 0;
  };
  [[nodiscard]] FilterOwner owner(std::uint32_t gateway, std::uint32_t number) const;

  // "/sys/{product key}/{device name}/thing/topo/add" and "/ext/session/{...}/{...}/combine/batch_login".
  [[nodiscard]] std::string topology_topic(std::uint32_t gateway) const;
  [[nodiscard]] std::string login_topic(std::uint32_t gateway) const;
  // "/sys/{product key}/{device name}/thing/topo/change" and "/ext/error/{product key}/{device name}".
  [[nodiscard]] std::string change_topic(std::uint32_t gateway) const;
  [[nodiscard]] std::string error_topic(std::uint32_t gateway) const;
  [[nodiscard]] std::string name(std::uint32_t gateway) const;

 private:
  [[nodiscard]] wire::mqtt::Subscription filter_of(const SubDevice& who, std::size_t subscription) const;
  [[nodiscard]] std::string path(std::uint32_t gateway) const;  // "{product key}/{device name}"
  [[nodiscard]] std::vector<std::string> platform_topics(std::uint32_t gateway) const;

  const FleetGroup& gateways_;
  const std::string product_key_;
  std::vector<SubDeviceGroup> groups_;
  bool asks_for_topology_ = false;
  bool logs_in_ = false;
};

}  // namespace fleet::sim
