#include "sim/launch/broker_probe.h"

namespace fleet::sim {

namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

BrokerProbe::BrokerProbe(wire::mqtt::Login login) : login_(std::move(login)), context_(loop_) {}

bool BrokerProbe::answers() {
  let_in_ = false;
  loop_.restart();
  connection_.emplace(context_, options_, broker_.native(), static_cast<EndpointEvents&>(*this));
  connection_->connect(login_);
  loop_.run_for(kPatience);
  connection_.reset();
  return let_in_;
}

void BrokerProbe::on_connected(bool /*session_present*/) {
  let_in_ = true;
  connection_->disconnect();
}

void BrokerProbe::on_disconnected(const wire::mqtt::Disconnect& /*why*/) { loop_.stop(); }

}  // namespace fleet::sim
