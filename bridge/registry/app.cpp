#include "bridge/registry/app.h"

#include <algorithm>
#include <functional>

namespace fleet::bridge {
namespace {

std::vector<std::string> each_once(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::vector<AppFacts> facts_of(const std::vector<AppConfig>& apps) {
  std::vector<AppFacts> facts;
  facts.reserve(apps.size());
  for (const AppConfig& app : apps) {
    facts.push_back({.key = app.app_key,
                     .secret = app.app_secret,
                     .topics = each_once(app.topics),
                     .groups = each_once(app.groups)});
  }
  std::sort(facts.begin(), facts.end(), [](const AppFacts& a, const AppFacts& b) { return a.key < b.key; });
  return facts;
}

}  // namespace fleet::bridge
