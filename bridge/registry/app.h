// An app of the Taobao Open Platform as the registry keeps it.
#pragma once

#include <string>
#include <vector>

#include "bridge/config/config.h"

namespace fleet::bridge {

// Only the configuration makes apps: the store has those of the last start, for readers beside the bridge.
struct AppFacts {
  std::string key{};
  std::string secret{};
  std::vector<std::string> topics{};  // ascending, each once
  std::vector<std::string> groups{};  // the same

  friend bool operator==(const AppFacts&, const AppFacts&) = default;
};

// By key, ascending. Keys differ: the configuration has checked it.
[[nodiscard]] std::vector<AppFacts> facts_of(const std::vector<AppConfig>& apps);

}  // namespace fleet::bridge
