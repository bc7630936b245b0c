#include "sim/ledger/tally.h"

namespace fleet::sim {

void Calls::merge(const Calls& other) {
  scheduled += other.scheduled;
  sent += other.sent;
  accepted += other.accepted;
  rejected += other.rejected;
  failed += other.failed;
  for (const auto& [code, times] : other.errors) errors[code] += times;
  partial += other.partial;
  refused_messages += other.refused_messages;
  for (const auto& [code, times] : other.message_errors) message_errors[code] += times;
}

void Deliveries::merge(const Deliveries& other) {
  expected += other.expected;
  received += other.received;
  missing += other.missing;
  duplicate += other.duplicate;
  misdelivered += other.misdelivered;
  corrupt += other.corrupt;
  absent += other.absent;
  unsubscribed += other.unsubscribed;
  out_of_order += other.out_of_order;
  downgraded += other.downgraded;
  unaccepted += other.unaccepted;
  late += other.late;
  foreign += other.foreign;
  wills += other.wills;
  retained += other.retained;
}

void PathTimes::merge(const PathTimes& other) {
  send_lag.merge(other.send_lag);
  http.merge(other.http);
  service.merge(other.service);
  response.merge(other.response);
  first.merge(other.first);
  half.merge(other.half);
  completion.merge(other.completion);
  hop_http.merge(other.hop_http);
  hop_bridge.merge(other.hop_bridge);
  hop_broker.merge(other.hop_broker);
}

void Tally::merge(const Tally& other) {
  calls.merge(other.calls);
  deliveries.merge(other.deliveries);
  times.merge(other.times);
  for (std::size_t i = 0; i < other.targets.size(); ++i) target(i).merge(other.targets[i]);
  losses.merge(other.losses);
}

}  // namespace fleet::sim
