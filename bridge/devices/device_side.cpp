#include "bridge/devices/device_side.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <utility>

#include "bridge/devices/method.h"

namespace fleet::bridge {
namespace {

constexpr std::chrono::minutes kReportEvery{1};

// Devices send at QoS 0 (documentation of sub-devices coming online) or 1; a request comes as it was sent.
std::vector<wire::mqtt::Subscription> filters() {
  std::vector<wire::mqtt::Subscription> all;
  for (const DeviceMethod& method : device_methods()) {
    all.push_back({std::string(method.filter), wire::mqtt::Qos::at_least_once});
  }
  return all;
}

}  // namespace

wire::mqtt::EndpointOptions DeviceSide::endpoint_options() {
  wire::mqtt::EndpointOptions options;
  options.version = wire::mqtt::Version::v311;  // what every broker speaks
  options.clean_start = true;                   // requests made while nobody listens are made again
  options.queued_bytes_max = kMailboxBytes;
  options.queued_publishes_max = 10'000;
  options.arriving_bytes_max = kMailboxBytes;
  return options;
}

DeviceSide::DeviceSide(boost::asio::io_context& loop, DeviceApi& api, const MakeEndpoint& make, wire::mqtt::Login login,
                       std::uint64_t seed)
    : loop_(loop),
      api_(api),
      link_(make, std::move(login), "device connection", seed,
            {.published = [](std::uint64_t, wire::mqtt::ReasonCode) {},
             .changed = [this] { on_changed(); },
             .delivered = [this](const wire::mqtt::Delivery& delivery) { take(delivery); },
             .dropped = [this](std::uint64_t count) { counts_.overflow += count; }},
            filters()) {}

void DeviceSide::start(Moment moment, std::function<void()> settled) {
  moment_ = moment;
  settled_ = std::move(settled);
  link_.start(moment.now);
}

void DeviceSide::take(const wire::mqtt::Delivery& delivery) {
  if (stopping_) return;
  if (delivery.retain) {
    ++counts_.retained;
    return;
  }
  const auto* const payload = reinterpret_cast<const char*>(delivery.payload.data());
  Message message{std::string(delivery.topic), std::string(payload, delivery.payload.size()), delivery.qos};
  if (mailbox_bytes_ + message.bytes() > kMailboxBytes) {
    ++counts_.overflow;
    return;
  }
  mailbox_bytes_ += message.bytes();
  mailbox_.push_back(std::move(message));
  post_turn();
}

void DeviceSide::post_turn() {
  if (turn_posted_) return;
  turn_posted_ = true;
  boost::asio::post(loop_, [this] {
    turn_posted_ = false;
    answer_next();
    if (!mailbox_.empty()) post_turn();
  });
}

void DeviceSide::answer_next() {
  if (mailbox_.empty()) return;
  const Message message = std::move(mailbox_.front());
  mailbox_.pop_front();
  mailbox_bytes_ -= message.bytes();
  out_.clear();
  api_.receive(message.topic, message.payload, message.qos, moment_, out_);
  send(out_);
}

void DeviceSide::tell(std::vector<Notice> notices) {
  if (notices.empty()) return;
  out_.clear();
  api_.tell(std::move(notices), out_);
  send(out_);
}

void DeviceSide::send(const std::vector<Notice>& notices) {
  for (const Notice& notice : notices) {
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    batch->add_topic(notice.topic);
    const auto bytes = std::as_bytes(std::span(notice.payload));
    batch->set_payload({bytes.begin(), bytes.end()});
    batch->qos = notice.qos;
    if (link_.offer(std::move(batch), 0) != wire::mqtt::Offer::queued) ++counts_.unsent;
  }
}

void DeviceSide::on_timer(Moment moment) {
  moment_ = moment;
  link_.on_timer(moment.now);
  report(moment.now);
}

// One line for what was dropped, at once and then at most one a minute.
void DeviceSide::report(wire::TimePoint now) {
  const DeviceCounts& api = api_.counts();
  const std::uint64_t dropped = api.dropped() + counts_.overflow + counts_.retained + counts_.unsent;
  if (dropped == reported_ || now < report_again_) return;
  reported_ = dropped;
  report_again_ = now + kReportEvery;
  spdlog::warn(
      "device messages dropped since the start: {} too long, {} no JSON object, {} on topics of no request, {} "
      "retained, "
      "{} too fast; {} answers and notices could not be sent",
      api.too_long, api.malformed, api.foreign, counts_.retained, counts_.overflow, counts_.unsent);
}

void DeviceSide::on_changed() {
  if (settled_ && link_.settled()) std::exchange(settled_, nullptr)();
  if (stopped_ && link_.ended()) std::exchange(stopped_, nullptr)();
}

void DeviceSide::stop(std::function<void()> stopped) {
  stopping_ = true;
  mailbox_.clear();
  mailbox_bytes_ = 0;
  stopped_ = std::move(stopped);
  link_.finish();
  on_changed();
}

void DeviceSide::abandon() { link_.abandon(); }

}  // namespace fleet::bridge
