#include "sim/scenario/metrics.h"

#include <utility>

namespace fleet::sim {
namespace {

// A metric that stands alone.
struct Row {
  std::string_view path;
  MetricUnit unit;
};

constexpr std::string_view kCalls[] = {"scheduled", "sent", "accepted", "rejected", "failed"};
constexpr std::string_view kDeliveries[] = {"expected",     "received", "missing",      "duplicate",
                                            "misdelivered", "corrupt",  "out_of_order", "downgraded",
                                            "unaccepted",   "late",     "foreign"};
constexpr std::string_view kTimes[] = {"send_lag", "http",       "service",   "response",    "first",
                                       "half",     "completion", "hops.http", "hops.bridge", "hops.broker"};
constexpr std::string_view kSummary[] = {"min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"};

constexpr Row kFleet[] = {
    {"fleet.devices", MetricUnit::count},
    {"fleet.gateways", MetricUnit::count},
    {"fleet.sub_devices", MetricUnit::count},
    {"fleet.consumers", MetricUnit::count},
    {"fleet.connections", MetricUnit::count},
    {"fleet.connect.seconds", MetricUnit::seconds},
    {"fleet.connect.per_s", MetricUnit::per_second},
    {"fleet.connect.failed", MetricUnit::count},
    {"fleet.connect.reconnects", MetricUnit::count},
};

constexpr Row kRates[] = {
    {"rates.calls_per_s", MetricUnit::per_second},
    {"rates.deliveries_per_s", MetricUnit::per_second},
};

constexpr Row kCostAndHealth[] = {
    {"cost.cpu_us_per_delivery.fleet", MetricUnit::microseconds},
    {"cost.cpu_us_per_delivery.callers", MetricUnit::microseconds},
    {"cost.cpu_us_per_delivery.bridge", MetricUnit::microseconds},
    {"cost.cpu_us_per_delivery.broker", MetricUnit::microseconds},
    {"cost.rss_kib.sim", MetricUnit::kibibytes},
    {"cost.rss_kib.bridge", MetricUnit::kibibytes},
    {"cost.rss_kib.broker", MetricUnit::kibibytes},
    {"cost.fleet_bytes_per_connection", MetricUnit::bytes},
    {"health.send_lag_p99_us", MetricUnit::microseconds},
    {"health.worst_hiccup_us", MetricUnit::microseconds},
};

class List {
 public:
  template <std::size_t N>
  void rows(const Row (&rows)[N]) {
    for (const Row& row : rows) metrics_.push_back({std::string(row.path), row.unit});
  }
  template <std::size_t N>
  void counts(const std::string& prefix, const std::string_view (&names)[N]) {
    for (const std::string_view name : names) metrics_.push_back({prefix + std::string(name), MetricUnit::count});
  }
  void summary(const std::string& prefix) {
    metrics_.push_back({prefix + ".count", MetricUnit::count});
    for (const std::string_view name : kSummary) {
      metrics_.push_back({prefix + "." + std::string(name), MetricUnit::microseconds});
    }
  }
  void times(const std::string& prefix) {
    for (const std::string_view name : kTimes) summary(prefix + "times_us." + std::string(name));
  }
  std::vector<Metric> take() { return std::move(metrics_); }

 private:
  std::vector<Metric> metrics_;
};

}  // namespace

std::vector<Metric> metrics_of(const std::vector<std::string>& fleet_groups,
                               const std::vector<std::string>& call_groups) {
  List list;
  list.rows(kFleet);
  list.summary("fleet.connect.time_us");
  list.counts("calls.", kCalls);
  list.counts("deliveries.", kDeliveries);
  list.rows(kRates);
  list.times("");
  list.rows(kCostAndHealth);
  for (const std::string& group : fleet_groups) {
    list.counts("groups." + group + ".deliveries.", kDeliveries);
    list.times("groups." + group + ".");
  }
  for (const std::string& group : call_groups) {
    list.counts("call_groups." + group + ".calls.", kCalls);
    list.times("call_groups." + group + ".");
  }
  return list.take();
}

}  // namespace fleet::sim
