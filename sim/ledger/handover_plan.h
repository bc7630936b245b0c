// Which sub-devices a hand-over of the timetable moves, and where to: a function of their indexes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/ledger/pick.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/sub_devices.h"

namespace fleet::sim {

// Const after construction; any thread. Each hand-over moves its sub-devices one gateway on, counted around.
class HandoverPlan {
 public:
  // `fault`: of the scenario, a hand-over.
  HandoverPlan(const Scenario& scenario, std::size_t fault);

  [[nodiscard]] std::size_t fleet_group() const { return fleet_group_; }
  // How many it moves.
  [[nodiscard]] std::uint32_t moved() const { return picks_.back().batch(); }
  [[nodiscard]] bool moves(std::uint32_t sub_device) const { return picks_.back().position(0, sub_device).has_value(); }
  // The sub-device's gateway once this hand-over and all in front of it are through.
  [[nodiscard]] std::uint32_t gateway(std::uint32_t sub_device) const;
  [[nodiscard]] const SubDeviceSpread& spread() const { return spread_; }

 private:
  std::size_t fleet_group_;
  SubDeviceSpread spread_;
  std::vector<PickPlan> picks_;  // of the hand-overs of this group up to this one, which is the last
};

}  // namespace fleet::sim
