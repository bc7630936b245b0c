#include "sim/fleet/device.h"

#include "sim/fleet/worker.h"

namespace fleet::sim {

void Device::connected(bool is_current, bool session_present) {
  if (is_current) {
    worker_->device_connected(*this, session_present);
  } else {
    worker_->second_connected(*this, session_present);
  }
}

void Device::subscribed(bool is_current, std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted_codes) {
  if (is_current) worker_->device_subscribed(*this, cookie, granted_codes);
}

void Device::unsubscribed(bool is_current, std::uint64_t cookie) {
  if (is_current) worker_->device_unsubscribed(*this, cookie);
}

// Whichever connection brings it: it has reached the device.
void Device::received(const wire::mqtt::Delivery& delivery) { worker_->device_received(*this, delivery); }

void Device::published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) { worker_->device_published(cookie, worst); }

void Device::disconnected(bool is_current, const wire::mqtt::Disconnect& why) {
  if (is_current) {
    worker_->device_disconnected(*this, why);
  } else {
    worker_->other_disconnected(*this, why);
  }
}

void SecondLine::on_connected(bool session_present) { device_.connected(swapped, session_present); }

void SecondLine::on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted) {
  device_.subscribed(swapped, cookie, granted);
}

void SecondLine::on_unsubscribed(std::uint64_t cookie) { device_.unsubscribed(swapped, cookie); }

void SecondLine::on_delivery(const wire::mqtt::Delivery& delivery) { device_.received(delivery); }

void SecondLine::on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) { device_.published(cookie, worst); }

void SecondLine::on_disconnected(const wire::mqtt::Disconnect& why) { device_.disconnected(swapped, why); }

}  // namespace fleet::sim
