// Who looks on while the fleet gets its identities: shows how far it is, and may end it.
#pragma once

#include <cstdint>
#include <string>

#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::sim {

// Implemented by the run and by tests; called on the thread that provisions.
class ProvisionWatch {
 public:
  // Waits until then, or not at all where that has passed. An error ends provisioning: Ctrl-C, a bridge that ended.
  [[nodiscard]] virtual wire::Result<void> wait(wire::TimePoint until) = 0;
  // "registering sensors": `done` of `all`.
  virtual void progress(const std::string& what, std::uint64_t done, std::uint64_t all) = 0;

 protected:
  ~ProvisionWatch() = default;
};

}  // namespace fleet::sim
