// The fleet on its way to a real Mosquitto: where it comes from, and what is counted of those that do not get in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sim/fleet/fleet.h"
#include "tests/support/broker_certificates.h"
#include "tests/support/mosquitto.h"
#include "tests/support/wait_until.h"

namespace fleet::sim {
namespace {

using std::chrono::hours;
using tests::BrokerCertificates;
using tests::Mosquitto;
using tests::wait_until;

constexpr std::uint32_t kDevices = 20;

// Twenty devices without calls.
class FleetTransport : public testing::Test {
 protected:
  FleetTransport() {
    scenario_.workers = 2;
    scenario_.products.push_back({"lamp", "a1BwAGVxxxx", {}});
    FleetGroup lamps;
    lamps.name = "lamps";
    lamps.count = kDevices;
    lamps.name_template = "lamp-{index:4}";
    lamps.connect.per_second = 5'000;
    lamps.subscribe = {{"get", wire::mqtt::Qos::at_most_once}};
    scenario_.fleet.push_back(lamps);
  }
  void start(const wire::mqtt::BrokerPlace& place) {
    identities_ = std::make_unique<Identities>(scenario_);
    fleet_ = std::make_unique<Fleet>(scenario_, groups_, *identities_, place, 7);
    ASSERT_TRUE(fleet_->start());
  }
  // Counts of attempts that failed, by kind, once there are `failed` at least.
  void expect_failures(std::uint64_t failed, const char* kind) {
    ASSERT_TRUE(wait_until([&] { return fleet_->status().handshake_refused >= failed; }))
        << fleet_->status().last_error;
    EXPECT_EQ(fleet_->status().connected, 0u);
    const ConnectRecord connect = fleet_->stop().connect;
    ASSERT_EQ(connect.errors.size(), 1u);
    EXPECT_EQ(connect.errors.begin()->first, kind);
    EXPECT_EQ(connect.errors.begin()->second, connect.failed);
    fleet_.reset();
  }

  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<Identities> identities_;
  std::unique_ptr<Fleet> fleet_;
};

TEST_F(FleetTransport, ComesFromEachOfItsAddressesInTurn) {
  Mosquitto broker;
  scenario_.target.source_addresses = {0x7F000002u, 3};
  start(Url{"mqtt", "127.0.0.1", broker.port()});
  ASSERT_TRUE(wait_until([&] { return fleet_->status().ready == kDevices; })) << fleet_->status().last_error;
  fleet_.reset();
  const std::string log = broker.log();
  const auto count = [&log](const std::string& words) {
    int found = 0;
    for (std::size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("New connection from 127.0.0.2:"), 7);
  EXPECT_EQ(count("New connection from 127.0.0.3:"), 7);
  EXPECT_EQ(count("New connection from 127.0.0.4:"), 6);
}

TEST_F(FleetTransport, CountsEachBadCertificateUnderItsName) {
  const BrokerCertificates& certificates = BrokerCertificates::shared();
  const CertificateAuthority stranger("a CA that nobody trusts");
  const std::vector<std::string> names{"127.0.0.1"};
  const std::pair<Certificate, const char*> rows[] = {
      {certificates.ca().issue({.common_name = "b", .names = names, .begin = -hours(48), .end = -hours(24)}),
       "certificate expired"},
      {self_signed({.common_name = "b", .names = names}), "certificate self-signed"},
      {certificates.ca().issue({.common_name = "b", .names = {"broker.example"}}), "certificate of another name"},
      {stranger.issue({.common_name = "b", .names = names}), "certificate of an unknown issuer"},
  };
  for (const auto& [certificate, kind] : rows) {
    Mosquitto broker({.listener = certificates.listener_with(certificate)});
    broker.explain("OpenSSL Error");
    broker.explain("SSL routines");
    broker.explain("Client connection from 127.0.0.1 failed");
    start({Url{"mqtts", "127.0.0.1", broker.port()}, certificates.trusting()});
    expect_failures(kDevices, kind);
  }
}

TEST_F(FleetTransport, CountsWhatABrokerThinksOfOurCertificate) {
  const BrokerCertificates& certificates = BrokerCertificates::shared();
  Mosquitto broker({.listener = certificates.mutual_listener()});
  broker.explain("OpenSSL Error");
  broker.explain("SSL routines");
  broker.explain("Client connection from 127.0.0.1 failed");
  start({Url{"mqtts", "127.0.0.1", broker.port()}, certificates.trusting()});
  expect_failures(kDevices, "certificate refused by the broker");
}

}  // namespace
}  // namespace fleet::sim
