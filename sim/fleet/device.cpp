#include "sim/fleet/device.h"

#include "sim/fleet/worker.h"

namespace fleet::sim {

void Device::on_connected(bool session_present) { worker_->device_connected(*this, session_present); }

void Device::on_subscribed(std::uint64_t cookie, std::span<const wire::mqtt::ReasonCode> granted_codes) {
  worker_->device_subscribed(*this, cookie, granted_codes);
}

void Device::on_delivery(const wire::mqtt::Delivery& delivery) { worker_->device_received(*this, delivery); }

void Device::on_published(std::uint64_t cookie, wire::mqtt::ReasonCode worst) {
  worker_->device_published(cookie, worst);
}

void Device::on_disconnected(const wire::mqtt::Disconnect& why) { worker_->device_disconnected(*this, why); }

}  // namespace fleet::sim
