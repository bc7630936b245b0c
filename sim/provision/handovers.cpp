#include "sim/provision/handovers.h"

#include <system_error>
#include <vector>

#include "sim/ledger/handover_plan.h"
#include "sim/provision/api_caller.h"
#include "sim/provision/topology.h"

namespace fleet::sim {

wire::Result<void> Handovers::begin(std::size_t fault) {
  if (thread_.joinable()) thread_.join();
  problem_.clear();
  done_.store(false, std::memory_order_release);
  try {
    thread_ = std::thread([this, fault] {
      if (auto played = play(fault); !played) problem_ = played.error().text();
      done_.store(true, std::memory_order_release);
    });
  } catch (const std::system_error& error) {
    done_.store(true, std::memory_order_release);
    return wire::environment_error(std::string("cannot start a thread for a hand-over: ") + error.what());
  }
  return {};
}

wire::Result<void> Handovers::play(std::size_t fault) {
  const HandoverPlan plan(scenario_, fault);
  std::vector<std::vector<std::uint32_t>> by_gateway(plan.spread().gateways);
  for (std::uint32_t i = 0; i < plan.spread().sub_devices; ++i) {
    if (plan.moves(i)) by_gateway[plan.gateway(i)].push_back(i);
  }
  ApiCaller api(scenario_.target, bridge_, *this);
  for (std::uint32_t gateway = 0; gateway < by_gateway.size(); ++gateway) {
    if (auto put = put_under(api, scenario_, plan.fleet_group(), identities_, gateway, by_gateway[gateway]); !put) {
      return put;
    }
  }
  return {};
}

wire::Result<void> Handovers::wait(wire::TimePoint until) {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, until, [this] { return stopping_; });
  if (stopping_) return wire::environment_error("the run was cut short");
  return {};
}

void Handovers::cut_short() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace fleet::sim
