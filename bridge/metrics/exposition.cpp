// The only file that includes prometheus-cpp. Its types of metrics are not used: they lock, or allocate by label; what
// is used is its model of a page, filled when one is asked for, and its text.
#include "bridge/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <initializer_list>
#include <utility>
#include <vector>

#include "bridge/devices/device_side.h"
#include "bridge/fanout/publisher.h"
#include "bridge/registry/registry.h"
#include "bridge/tmc/apps.h"

namespace fleet::bridge {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;

double seconds(wire::Nanos duration) { return std::chrono::duration<double>(duration).count(); }

// A page as it grows.
class Page {
 public:
  // The metric that the following values belong to; `name` behind the prefix.
  void begin(const char* name, MetricType type, const char* help) {
    families_.push_back({std::string("fleet_bridge_") + name, help, type, {}});
  }
  void add(double value, std::vector<Label> labels = {}) {
    MetricFamily& family = families_.back();
    ClientMetric& metric = family.metric.emplace_back();
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  }
  void add(std::uint64_t value, std::vector<Label> labels = {}) { add(static_cast<double>(value), std::move(labels)); }
  void add(const StageTimes& times, std::vector<Label> labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i < times.kBounds.size(); ++i) {
      cumulative += times.counts[i];
      metric.histogram.bucket.push_back({cumulative, seconds(times.kBounds[i])});
    }
    metric.histogram.sample_count = cumulative + times.counts.back();
    metric.histogram.sample_sum = seconds(times.sum);
  }
  void counter(const char* name, const char* help, std::uint64_t value) {
    begin(name, MetricType::Counter, help);
    add(value);
  }
  void gauge(const char* name, const char* help, std::uint64_t value) {
    begin(name, MetricType::Gauge, help);
    add(value);
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_calls(const CallBooks& calls, Page& page) {
  page.begin("calls_total", MetricType::Counter, "Calls answered, by action and code.");
  for (std::size_t action = 0; action < calls.actions().size(); ++action) {
    for (std::size_t code = 0; code < calls.codes().size(); ++code) {
      const std::uint64_t count = calls.count(action, code);
      if (count == 0 && (calls.codes()[code] != CallBooks::kOk || calls.actions()[action] == CallBooks::kUnknown)) {
        continue;
      }
      page.add(count, {{"action", calls.actions()[action]}, {"code", calls.codes()[code]}});
    }
  }
  page.gauge("calls_in_flight", "Calls received and not answered yet.", calls.in_flight());
  page.begin("stage_seconds", MetricType::Histogram,
             "Where the time of calls went: the parts of Server-Timing, and answer, the whole.");
  for (std::size_t stage = 0; stage < kStageNames.size(); ++stage) {
    page.add(calls.times(static_cast<Stage>(stage)), {{"stage", std::string(kStageNames[stage])}});
  }
}

void add_publishes(const Publisher& publisher, Page& page) {
  page.begin("publishes_total", MetricType::Counter,
             "Messages for the broker, by outcome; done: queued at QoS 0, acknowledged at QoS 1.");
  for (const auto& [outcome, name] :
       std::initializer_list<std::pair<PublishOutcome, const char*>>{{PublishOutcome::done, "done"},
                                                                     {PublishOutcome::broker_away, "broker_away"},
                                                                     {PublishOutcome::backlog_full, "backlog_full"},
                                                                     {PublishOutcome::refused, "refused"},
                                                                     {PublishOutcome::stopping, "stopping"}}) {
    page.add(publisher.published(outcome), {{"outcome", name}});
  }
  page.gauge("waiting_batches", "Batches of publishes that wait for room in the backlog.", publisher.waiting_calls());
  page.gauge("unacknowledged_batches", "Batches at QoS 1 that the broker has not acknowledged.",
             publisher.unacknowledged_calls());

  const auto each_connection = [&](const char* name, MetricType type, const char* help, auto value) {
    page.begin(name, type, help);
    for (std::size_t i = 0; i < publisher.connections(); ++i) {
      page.add(static_cast<std::uint64_t>(value(publisher.connection(i))), {{"connection", std::to_string(i)}});
    }
  };
  each_connection("broker_connected", MetricType::Gauge, "1: the connection to the broker is up.",
                  [](const BrokerLink& link) { return link.connected() ? 1 : 0; });
  each_connection("broker_connects_total", MetricType::Counter, "Times that the connection came up.",
                  [](const BrokerLink& link) { return link.connects(); });
  each_connection("backlog_bytes", MetricType::Gauge, "Bytes that the connection has not sent, or not for good.",
                  [](const BrokerLink& link) { return link.backlog().bytes; });
  each_connection("backlog_publishes", MetricType::Gauge,
                  "Publishes that the connection has not sent, or not for good.",
                  [](const BrokerLink& link) { return link.backlog().publishes; });
}

void add_http(const HttpCounts& http, Page& page) {
  page.gauge("http_connections", "Connections of callers that are open.", http.open);
  page.counter("http_connections_total", "Connections accepted.", http.accepted);
  page.counter("http_connections_unheard_total", "Connections closed at once: too many even to be told so.",
               http.unheard);
  page.counter("http_tls_handshakes_failed_total",
               "Connections that ended before the handshake of TLS was over, or without one.", http.handshakes_failed);
  page.begin("http_refused_total", MetricType::Counter,
             "Requests and connections that HTTP itself refused, by status.");
  for (std::size_t i = 0; i < http.refused.size(); ++i) {
    page.add(http.refused[i], {{"status", std::to_string(http.kRefusals[i])}});
  }
}

void add_registry(const Registry& registry, Page& page) {
  page.gauge("products", "Products in the registry.", registry.products().size());
  page.gauge("devices", "Devices in the registry.", registry.device_count());
  page.gauge("sub_devices_attached", "Devices that have a gateway.", registry.topology_count());
  page.gauge("apply_batches", "Apply batches that the registry remembers.", registry.apply_batch_count());
  page.gauge("apps", "Apps of the Taobao Open Platform in the registry.", registry.apps().size());
}

// Of all groups together: the names of apps and groups are their owners'.
void add_queues(const TmcApps& apps, Page& page) {
  const TmcQueueTotals totals = apps.totals();
  page.gauge("tmc_queued_messages",
             "Messages in the queues of TMC groups, those that were taken and not confirmed among them.",
             totals.queued);
  page.counter("tmc_dropped_messages_total", "Messages that newer ones pushed out of the queues before a confirmation.",
               totals.dropped);
  page.counter("tmc_expired_messages_total", "Messages that were in the queues for 24 h without a confirmation.",
               totals.expired);
}

void add_devices(const DeviceApi& api, const DeviceSide& side, Page& page) {
  page.gauge("device_side_connected", "1: requests of gateways are listened to.", side.listening() ? 1 : 0);
  page.begin("device_requests_total", MetricType::Counter,
             "Messages of gateways by outcome; those that are neither done nor refused were not answered.");
  for (const auto& [outcome, count] :
       std::initializer_list<std::pair<const char*, std::uint64_t>>{{"done", api.counts().done},
                                                                    {"refused", api.counts().refused},
                                                                    {"notify_reply", api.counts().notify_replies},
                                                                    {"too_long", api.counts().too_long},
                                                                    {"malformed", api.counts().malformed},
                                                                    {"foreign", api.counts().foreign},
                                                                    {"overflow", side.counts().overflow},
                                                                    {"retained", side.counts().retained}}) {
    page.add(count, {{"outcome", outcome}});
  }
  page.counter("device_answers_unsent_total", "Answers and notices dropped: the broker was away or did not keep up.",
               side.counts().unsent);
}

}  // namespace

std::string metrics_text(const MetricsSources& from) {
  Page page;
  add_calls(from.calls, page);
  add_publishes(from.publisher, page);
  add_http(from.http, page);
  add_registry(from.registry, page);
  page.gauge("sub_device_sessions", "Sub-devices that are logged in.", from.sessions.size());
  add_queues(from.apps, page);
  if (from.devices != nullptr) add_devices(*from.device_api, *from.devices, page);
  return page.text();
}

}  // namespace fleet::bridge
