#include "bridge/fanout/broker_link.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace fleet::bridge {

using wire::mqtt::Offer;

namespace {

constexpr wire::Millis kSubscribeTime{10'000};  // as long as a CONNACK may take

}  // namespace

wire::Millis BackOff::next() {
  constexpr unsigned kDoublings = 6;  // 100 ms * 2^6 is above 5 s
  const wire::Millis whole = std::min(kMax, kFirst * (1 << std::min(failures_, kDoublings)));
  ++failures_;
  std::uniform_int_distribution<wire::Millis::rep> part(whole.count() / 2, whole.count());
  return wire::Millis(part(random_));
}

BrokerLink::BrokerLink(const MakeEndpoint& make, wire::mqtt::Login login, std::string name, std::uint64_t seed,
                       LinkEvents events, std::vector<wire::mqtt::Subscription> filters)
    : login_(std::move(login)),
      name_(std::move(name)),
      events_(std::move(events)),
      filters_(std::move(filters)),
      back_off_(seed),
      endpoint_(make(*this)) {}

void BrokerLink::start(wire::TimePoint now) {
  now_ = now;
  started_ = true;
  connect();
}

void BrokerLink::connect() {
  phase_ = Phase::connecting;
  endpoint_->connect(login_);
}

void BrokerLink::on_timer(wire::TimePoint now) {
  now_ = now;
  endpoint_->on_timer(now);
  if (subscribing_ && now - connected_at_ >= kSubscribeTime) {
    subscribing_ = false;
    spdlog::warn("{}: the broker does not answer the subscription", name_);
    endpoint_->abort();
  }
  if (started_ && !finishing_ && phase_ == Phase::away && now >= next_attempt_) connect();
}

Offer BrokerLink::offer(std::shared_ptr<const wire::mqtt::PublishBatch> batch, std::uint64_t cookie) {
  if (phase_ != Phase::up) return Offer::not_connected;
  return endpoint_->publish(std::move(batch), cookie);
}

void BrokerLink::finish() {
  if (finishing_) return;
  finishing_ = true;
  if (phase_ == Phase::up) endpoint_->disconnect();
  if (phase_ == Phase::connecting) endpoint_->abort();
}

void BrokerLink::abandon() {
  finishing_ = true;
  if (phase_ != Phase::away) endpoint_->abort();
}

void BrokerLink::on_connected(bool /*session_present*/) {
  phase_ = Phase::up;
  subscribing_ = !filters_.empty();
  settled_ = settled_ || !subscribing_;
  connected_at_ = now_;
  ++connects_;
  if (loss_told_) spdlog::info("{}: connected", name_);
  loss_told_ = false;
  if (subscribing_) endpoint_->subscribe(filters_, 0);
  events_.changed();
}

void BrokerLink::on_disconnected(const wire::mqtt::Disconnect& why) {
  phase_ = Phase::away;
  subscribing_ = false;
  settled_ = true;
  if (!finishing_) {
    // A broker that closes right behind its CONNACK is no better than one that cannot be reached.
    if (why.was_connected && now_ - connected_at_ >= BackOff::kMax) back_off_.reset();
    next_attempt_ = now_ + back_off_.next();
    if (!loss_told_) {
      spdlog::warn("{}: {} ({}); trying again until it is there", name_, why.was_connected ? "lost" : "cannot connect",
                   why.detail);
    }
    loss_told_ = true;
  }
  events_.changed();
}

void BrokerLink::on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) { events_.published(cookie, worst); }

void BrokerLink::on_room() { events_.changed(); }

void BrokerLink::on_subscribed(std::uint64_t /*cookie*/, std::span<const wire::mqtt::ReasonCode> granted) {
  subscribing_ = false;
  settled_ = true;
  for (std::size_t i = 0; i < granted.size() && i < filters_.size(); ++i) {
    if (!wire::mqtt::is_failure(granted[i])) continue;
    spdlog::warn("{}: the broker refuses the subscription to {}: {}", name_, filters_[i].filter,
                 wire::mqtt::reason_name(granted[i]));
  }
  events_.changed();
}

void BrokerLink::on_delivery(const wire::mqtt::Delivery& delivery) {
  if (events_.delivered) events_.delivered(delivery);
}

void BrokerLink::on_dropped(std::uint64_t count) {
  if (events_.dropped) events_.dropped(count);
}

}  // namespace fleet::bridge
