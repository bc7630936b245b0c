// The apps of the Taobao Open Platform that the bridge knows: their topics, groups and sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/tmc/queue.h"

namespace fleet::bridge {

// The group of messages that name none, and of apps that have none.
inline constexpr std::string_view kDefaultGroup = "default";

struct TmcGroup {
  TmcGroup(std::string_view of, const TmcQueueOptions& options) : name(of), queue(options) {}
  std::string name;
  TmcQueue queue;
};

// What TmcQueue counts, over several queues.
struct TmcQueueTotals {
  std::uint64_t queued = 0;  // those that were taken and not confirmed among them
  std::uint64_t dropped = 0;
  std::uint64_t expired = 0;
};

// Owned by TmcApps; does not move.
class TmcApp {
 public:
  TmcApp(const AppConfig& config, std::size_t index, const TmcQueueOptions& queues);

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& secret() const { return secret_; }
  [[nodiscard]] std::size_t index() const { return index_; }  // among the apps of the configuration
  // The topic as the configuration has it; null where it is not registered for the app.
  [[nodiscard]] const std::string* topic(std::string_view name) const;
  // Null where the app has no such group.
  [[nodiscard]] TmcGroup* group(std::string_view name) const;
  // Without sessions in the configuration, callers may send any or none.
  [[nodiscard]] bool has_sessions() const { return !sessions_.empty(); }
  [[nodiscard]] bool knows_session(std::string_view session) const { return sessions_.contains(session); }
  // Adds what its groups' queues count.
  void add_to(TmcQueueTotals& totals) const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Texts = std::unordered_set<std::string, TextHash, std::equal_to<>>;

  std::string key_;
  std::string secret_;
  std::size_t index_;
  Texts topics_;
  Texts sessions_;
  std::unordered_map<std::string_view, std::unique_ptr<TmcGroup>> groups_;  // keys view the groups' names
};

// Owned by the API; lives on its loop. Calls that wait for their publishes keep it alive.
class TmcApps {
 public:
  explicit TmcApps(const std::vector<AppConfig>& apps, const TmcQueueOptions& queues = {});

  // Null where there is none with this key.
  [[nodiscard]] TmcApp* find(std::string_view app_key) const;
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }
  // Of all groups of all apps.
  [[nodiscard]] TmcQueueTotals totals() const;

  // A number for a new message, above all before. The first is made of the time, so that numbers of an earlier life of
  // the bridge, confirmed late, hit nothing; below 2^53, which JavaScript can say.
  [[nodiscard]] std::uint64_t next_id(wire::WallTime now);

 private:
  std::unordered_map<std::string_view, std::unique_ptr<TmcApp>> by_key_;  // keys view the apps' own
  std::uint64_t last_id_ = 0;
};

}  // namespace fleet::bridge
