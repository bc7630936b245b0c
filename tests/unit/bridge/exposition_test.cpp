// What /metrics tells of the queues of TMC groups.
#include "bridge/metrics/exposition.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "bridge/devices/sessions.h"
#include "bridge/fanout/publisher.h"
#include "bridge/registry/registry.h"
#include "bridge/tmc/apps.h"
#include "tests/support/scripted_endpoint.h"

namespace fleet::bridge {
namespace {

using testing::HasSubstr;
using testing::Not;

class Metrics : public testing::Test {
 protected:
  [[nodiscard]] std::string page() const {
    return metrics_text({.calls = calls_,
                         .http = http_,
                         .publisher = publisher_,
                         .registry = registry_,
                         .sessions = sessions_,
                         .apps = apps_,
                         .device_api = nullptr,
                         .devices = nullptr});
  }
  void push(const char* app, const char* group) {
    apps_.find(app)->group(group)->queue.push(++id_, {.content = std::make_shared<const std::vector<std::byte>>(9)},
                                              now_);
  }

  CallBooks calls_{call_names()};
  HttpCounts http_;
  Publisher publisher_{
      {}, [](wire::mqtt::EndpointEvents& events) { return std::make_unique<tests::ScriptedEndpoint>(events); }};
  Registry registry_{std::vector<ProductConfig>()};
  Sessions sessions_;
  TmcApps apps_{{{.app_key = "hidden-app-1", .groups = {"hidden-group"}}, {.app_key = "hidden-app-2"}},
                {.messages_max = 3}};
  wire::TimePoint now_{std::chrono::hours(1)};
  std::uint64_t id_ = 0;
};

TEST_F(Metrics, AddUpTheQueuesOfAllGroups) {
  for (int i = 0; i < 2; ++i) push("hidden-app-1", "default");
  for (int i = 0; i < 5; ++i) push("hidden-app-1", "hidden-group");
  for (int i = 0; i < 4; ++i) push("hidden-app-2", "default");
  std::vector<TmcQueue::Taken> taken;
  apps_.find("hidden-app-1")->group("default")->queue.consume(10, 1'000, now_, taken);
  ASSERT_TRUE(apps_.find("hidden-app-1")->group("default")->queue.confirm(taken.at(0).id));
  const std::string before = page();
  EXPECT_THAT(before, HasSubstr("# TYPE fleet_bridge_tmc_queued_messages gauge\nfleet_bridge_tmc_queued_messages 7\n"));
  EXPECT_THAT(before, HasSubstr("# TYPE fleet_bridge_tmc_dropped_messages_total counter\n"
                                "fleet_bridge_tmc_dropped_messages_total 3\n"));
  EXPECT_THAT(before, HasSubstr("\nfleet_bridge_tmc_expired_messages_total 0\n"));

  now_ += std::chrono::hours(25);
  push("hidden-app-1", "hidden-group");
  const std::string after = page();
  EXPECT_THAT(after, HasSubstr("\nfleet_bridge_tmc_queued_messages 5\n"));
  EXPECT_THAT(after, HasSubstr("\nfleet_bridge_tmc_dropped_messages_total 3\n"));
  EXPECT_THAT(after, HasSubstr("# TYPE fleet_bridge_tmc_expired_messages_total counter\n"
                               "fleet_bridge_tmc_expired_messages_total 3\n"));
  EXPECT_THAT(after, Not(HasSubstr("hidden")));
}

}  // namespace
}  // namespace fleet::bridge
