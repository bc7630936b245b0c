// What a worker's devices answer to what reaches them.
#include "sim/fleet/worker.h"

namespace fleet::sim {

using wire::TimePoint;

namespace {

// Replies sent before the loop looks after its connections again.
constexpr std::uint32_t kRepliesPerTurn = 64;

}  // namespace

void Worker::make_replies() {
  std::vector<std::uint32_t> devices;
  for (const Shard& shard : shards_) devices.push_back(shard.devices);
  replies_.make_room(devices);
  for (std::size_t g = 0; g < shards_.size(); ++g) {
    reply_rows_.push_back(replies_.rows_of(g));
  }
  for (const ReplyRow& row : plan_.replies) {
    reply_names_.emplace_back(plan_.scenario.fleet[row.fleet_group].name_template);
  }
}

// Per delivery, of groups that reply: no allocation, no lock.
void Worker::owe_replies(const Device& device, std::string_view topic, TimePoint received) {
  const ReplySchedule::Range rows = reply_rows_[device.who().fleet_group];
  for (std::uint32_t r = rows.first; r < rows.end; ++r) {
    const ReplyRow& row = plan_.replies[r];
    if (!topic.ends_with(row.suffix)) continue;
    ReplyRecord& record = *behaviour_[row.fleet_group].reply;
    const bool measured = phases_known_ && ledger_.is_in_hold(received);
    const std::uint32_t sequence = replies_.next_sequence(r, device.who().place);
    const TimePoint when = received + row.delay(device.who().index, sequence);
    if (measured) ++record.scheduled;
    if (!replies_.add({when, r, slot_of(device), sequence, measured})) {
      if (measured) ++record.dropped;
      continue;
    }
    counters_.telemetry_open.add(1);
    if (replies_.front()->when == when && reply_timer_.expiry() != when) wake_replies_at(when);
  }
}

void Worker::wake_replies_at(TimePoint when) {
  reply_timer_.expires_at(when);
  reply_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) pump_replies();
  });
}

void Worker::pump_replies() {
  if (stopping_) return;
  const TimePoint now = wire::read_clock();
  std::uint32_t sent = 0;
  while (const ReplySchedule::Due* next = replies_.front()) {
    if (next->when > now) return wake_replies_at(next->when);
    if (++sent > kRepliesPerTurn) return wake_replies_at(now);
    const ReplySchedule::Due reply = *next;
    replies_.pop();
    send_reply(reply, now);
  }
}

void Worker::send_reply(const ReplySchedule::Due& reply, TimePoint now) {
  const ReplyRow& row = plan_.replies[reply.row];
  ReplyRecord& record = *behaviour_[row.fleet_group].reply;
  const Device& device = devices_[reply.slot];
  if (device.state != Device::State::ready || device.silent) return counters_.telemetry_open.subtract(1);

  const std::uint32_t number = messages_.take();
  MessagePool::Message& message = messages_.at(number);
  message.kind = MessagePool::Kind::reply;
  message.measured = reply.measured;
  message.fleet_group = static_cast<std::uint16_t>(row.fleet_group);
  const std::string_view name =
      address(message, row.fleet_group, reply_names_[reply.row], device.who().index, row.reply->topic, row.reply->qos);
  write_payload(row.reply->payload, {row.seed, device.who().index, reply.sequence, name, read_unix_ms()},
                *message.payload);
  // Told from inside where the socket takes it at once.
  if (reply.measured) ++record.sent;
  if (device.endpoint->publish(message.batch, number) == wire::mqtt::Offer::queued) {
    if (reply.measured) record.lag.record(now - reply.when);
    return;
  }
  if (reply.measured) --record.sent;
  counters_.telemetry_open.subtract(1);
  messages_.give_back(number);
}

}  // namespace fleet::sim
