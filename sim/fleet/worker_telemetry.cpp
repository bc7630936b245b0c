// What a worker's devices publish by themselves.
#include <algorithm>
#include <limits>

#include "sim/fleet/worker.h"

namespace fleet::sim {

namespace {

// Messages sent before the loop looks after its connections again.
constexpr std::uint32_t kMessagesPerTurn = 64;

}  // namespace

void Worker::make_telemetry() {
  std::size_t turns = 0;
  const auto each_device = [this](const TelemetryRow& row, const auto& visit) {
    const FleetGroup& group = plan_.scenario.fleet[row.fleet_group];
    const Shard& shard = shards_[group.connects() ? row.fleet_group : group.gateway->group];
    for (std::uint32_t place = 0; place < shard.devices; ++place) {
      const std::uint32_t index = shard.first_index + place * plan_.workers;
      if (group.connects()) {
        visit(index);
        continue;
      }
      const SubDeviceSpread spread{group.count, plan_.scenario.fleet[group.gateway->group].count};
      for (std::uint32_t rank = 0; rank < spread.count(index); ++rank) visit(spread.sub_device(index, rank));
    }
  };
  for (const TelemetryRow& row : plan_.telemetry) each_device(row, [&turns](std::uint32_t) { ++turns; });
  schedule_.reserve(turns);
  for (std::uint32_t r = 0; r < plan_.telemetry.size(); ++r) {
    const TelemetryRow& row = plan_.telemetry[r];
    names_.emplace_back(plan_.scenario.fleet[row.fleet_group].name_template);
    each_device(row, [this, r](std::uint32_t index) { schedule_.add(r, index); });
  }
}

Device& Worker::sender_of(std::size_t fleet_group, std::uint32_t index) {
  const FleetGroup& group = plan_.scenario.fleet[fleet_group];
  if (!group.connects()) {
    fleet_group = group.gateway->group;
    index = SubDeviceSpread{group.count, plan_.scenario.fleet[fleet_group].count}.gateway_of(index);
  }
  const Shard& shard = shards_[fleet_group];
  return devices_[shard.first_slot + (index - shard.first_index) / plan_.workers];
}

void Worker::pump_telemetry() {
  if (stopping_ || hold_ended_ || !phases_known_) return;
  const PhaseTimes& phases = *plan_.phases.load(std::memory_order_acquire);
  const wire::TimePoint now = wire::read_clock();
  std::uint32_t sent = 0;
  while (const TelemetrySchedule::Turn* turn = schedule_.front()) {
    const wire::TimePoint due = phases.start + turn->due;
    if (due >= phases.hold_end) break;
    if (due > now) return wake_telemetry_at(due);
    if (++sent > kMessagesPerTurn) return wake_telemetry_at(now);
    send_telemetry(*turn);
    schedule_.pop();
  }
}

void Worker::count_overdue_telemetry() {
  if (!phases_known_) return;
  const PhaseTimes& phases = *plan_.phases.load(std::memory_order_acquire);
  const wire::TimePoint now = wire::read_clock();
  while (const TelemetrySchedule::Turn* turn = schedule_.front()) {
    const wire::TimePoint due = phases.start + turn->due;
    if (due >= phases.hold_end || due > now) return;
    if (due >= phases.hold_begin) ++telemetry_.scheduled;
    schedule_.pop();
  }
}

void Worker::wake_telemetry_at(wire::TimePoint when) {
  telemetry_timer_.expires_at(when);
  telemetry_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pump_telemetry();
  });
}

void Worker::send_telemetry(const TelemetrySchedule::Turn& turn) {
  const PhaseTimes& phases = *plan_.phases.load(std::memory_order_acquire);
  const wire::TimePoint due = phases.start + turn.due;
  const bool measured = due >= phases.hold_begin && due < phases.hold_end;
  if (measured) ++telemetry_.scheduled;
  const TelemetryRow& row = plan_.telemetry[turn.row];
  Device& sender = sender_of(row.fleet_group, turn.index);
  if (sender.state != Device::State::ready || sender.silent) return;

  const std::uint32_t number = messages_.take();
  MessagePool::Message& message = messages_.at(number);
  message.kind = MessagePool::Kind::telemetry;
  message.measured = measured;
  const std::string_view name =
      address(message, row.fleet_group, names_[turn.row], turn.index, row.telemetry->topic, row.telemetry->qos);
  message.batch->retain = row.telemetry->retain;
  write_payload(row.telemetry->payload, {row.seed, turn.index, turn.sequence, name, read_unix_ms()}, *message.payload);

  // Told from inside where the socket takes it at once.
  counters_.telemetry_open.add(1);
  if (measured) ++telemetry_.sent;
  if (sender.endpoint->publish(message.batch, number) == wire::mqtt::Offer::queued) return;
  counters_.telemetry_open.subtract(1);
  if (measured) --telemetry_.sent;
  messages_.give_back(number);
}

std::string_view Worker::address(MessagePool::Message& message, std::size_t fleet_group, const NameTemplate& names,
                                 std::uint32_t index, const std::string& short_name, wire::mqtt::Qos qos) const {
  std::string& topic = message.batch->topics;
  topic += '/';
  topic += plan_.scenario.products[plan_.scenario.fleet[fleet_group].product].key;
  topic += '/';
  const std::size_t name_at = topic.size();
  names.append(index, topic);
  const std::size_t name_end = topic.size();
  topic += "/user/";
  topic += short_name;
  message.batch->topic_ends.push_back(static_cast<std::uint32_t>(topic.size()));
  message.batch->qos = qos;
  return std::string_view(topic).substr(name_at, name_end - name_at);
}

void Worker::device_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) {
  const MessagePool::Message& message = messages_.at(cookie);
  if (message.kind != MessagePool::Kind::request) counters_.telemetry_open.subtract(1);
  if (message.measured && !wire::mqtt::is_failure(worst)) {
    ++(message.kind == MessagePool::Kind::reply ? behaviour_[message.fleet_group].reply->acknowledged
                                                : telemetry_.acknowledged);
  }
  messages_.give_back(static_cast<std::uint32_t>(cookie));
}

}  // namespace fleet::sim
