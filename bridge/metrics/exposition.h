// What /metrics answers: the bridge's numbers in the text format of Prometheus.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "bridge/metrics/call_books.h"
#include "bridge/server/http_counts.h"

namespace fleet::bridge {

class DeviceApi;
class DeviceSide;
class Publisher;
class Registry;
class Sessions;
class TmcApps;

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// Where the numbers stand. All on the loop that asks.
struct MetricsSources {
  const CallBooks& calls;
  const HttpCounts& http;
  const Publisher& publisher;
  const Registry& registry;
  const Sessions& sessions;
  const TmcApps& apps;
  const DeviceApi* device_api;  // null where the device side is off, as is the next
  const DeviceSide* devices;
};

// Every name begins with fleet_bridge_. Labels are names out of the bridge's own tables and numbers of connections,
// never a caller's words and nothing of an account: the page is as open as /healthz. Of calls, those combinations of
// action and code are there that have happened, and every action with OK. Hundreds of microseconds.
[[nodiscard]] std::string metrics_text(const MetricsSources& from);

}  // namespace fleet::bridge
