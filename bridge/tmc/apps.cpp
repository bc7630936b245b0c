#include "bridge/tmc/apps.h"

#include <algorithm>
#include <utility>

namespace fleet::bridge {

TmcApp::TmcApp(const AppConfig& config, std::size_t index, const TmcQueueOptions& queues)
    : key_(config.app_key),
      secret_(config.app_secret),
      index_(index),
      topics_(config.topics.begin(), config.topics.end()),
      sessions_(config.sessions.begin(), config.sessions.end()) {
  const auto add = [&](std::string_view name) {
    if (groups_.contains(name)) return;
    auto made = std::make_unique<TmcGroup>(name, queues);
    const std::string_view key = made->name;
    groups_.emplace(key, std::move(made));
  };
  add(kDefaultGroup);
  for (const std::string& name : config.groups) add(name);
}

const std::string* TmcApp::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &*found;
}

TmcGroup* TmcApp::group(std::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second.get();
}

void TmcApp::add_to(TmcQueueTotals& totals) const {
  for (const auto& [name, group] : groups_) {
    totals.queued += group->queue.size();
    totals.dropped += group->queue.dropped();
    totals.expired += group->queue.expired();
  }
}

TmcApps::TmcApps(const std::vector<AppConfig>& apps, const TmcQueueOptions& queues) {
  for (std::size_t i = 0; i < apps.size(); ++i) {
    auto app = std::make_unique<TmcApp>(apps[i], i, queues);
    const std::string_view key = app->key();
    by_key_.emplace(key, std::move(app));
  }
}

TmcApp* TmcApps::find(std::string_view app_key) const {
  const auto found = by_key_.find(app_key);
  return found == by_key_.end() ? nullptr : found->second.get();
}

TmcQueueTotals TmcApps::totals() const {
  TmcQueueTotals totals;
  for (const auto& [key, app] : by_key_) app->add_to(totals);
  return totals;
}

std::uint64_t TmcApps::next_id(wire::WallTime now) {
  // A million a second, for as long as the bridge runs; the year 2255 reaches 2^53.
  constexpr std::uint64_t kIdsPerSecond = 1'000'000;
  if (last_id_ == 0)
    last_id_ = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.time_since_epoch().count())) * kIdsPerSecond;
  return ++last_id_;
}

}  // namespace fleet::bridge
