#include "sim/provision/provision.h"

#include "sim/provision/api_caller.h"
#include "sim/provision/registration.h"
#include "sim/provision/topology.h"
#include "sim/scenario/identity_file.h"

namespace fleet::sim {

wire::Result<void> provision(const Scenario& scenario, const FoundBridge& bridge, Identities& identities,
                             ProvisionWatch& watch) {
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    if (scenario.fleet[i].provision != Provision::file) continue;
    const auto keep = [&](std::uint32_t index, std::string_view secret) { identities.keep(i, index, secret); };
    if (auto read = read_identity_file(scenario, i, keep); !read) return read;
  }
  ApiCaller api(scenario.target, bridge, watch);
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    if (scenario.fleet[i].provision != Provision::api) continue;
    if (auto done = register_group(api, scenario, i, identities, watch); !done) return done;
  }
  for (std::size_t i = 0; i < scenario.fleet.size(); ++i) {
    const auto& gateway = scenario.fleet[i].gateway;
    if (!gateway || gateway->topology != Topology::api) continue;
    if (auto done = add_topology(api, scenario, i, identities, watch); !done) return done;
  }
  return {};
}

}  // namespace fleet::sim
