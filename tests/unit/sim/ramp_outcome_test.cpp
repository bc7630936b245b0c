// Does a connect ramp end when everybody is there who will be, and does it say why where nobody will?
#include "sim/run/ramp_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::sim {
namespace {

using testing::Optional;

FleetStatus of_twenty() {
  FleetStatus status;
  status.devices = 20;
  return status;
}

TEST(RampOutcome, IsOverWhenAllAreReadyButThoseKeptOut) {
  FleetStatus status = of_twenty();
  EXPECT_FALSE(is_ramp_over(status));
  status.ready = status.connected = 17;
  status.login_refused = 2;
  EXPECT_FALSE(is_ramp_over(status));
  status.half_subscribed = 1;
  EXPECT_TRUE(is_ramp_over(status));
  status.ready = 20;
  status.login_refused = status.half_subscribed = 0;
  EXPECT_TRUE(is_ramp_over(status));
}

TEST(RampOutcome, OfNobodyIsOverOnlyWithoutDevices) {
  EXPECT_TRUE(is_ramp_over({}));
  FleetStatus status = of_twenty();
  status.login_refused = 20;
  EXPECT_FALSE(is_ramp_over(status));
}

TEST(RampOutcome, IsHopelessWhenEveryLoginIsRefused) {
  FleetStatus status = of_twenty();
  FleetFailures failures;
  status.login_refused = 19;
  failures.logins = {{"not authorized", 18}, {"banned", 1}};
  EXPECT_EQ(why_hopeless(status, failures), std::nullopt) << "one has not been answered";
  ++status.login_refused;
  ++failures.logins["banned"];
  status.last_error = "lamp-7 could not connect: banned";
  EXPECT_THAT(why_hopeless(status, failures),
              Optional(std::string("the broker refuses the devices: 20 of 20 will never get in (2 × banned, 18 × not "
                                   "authorized); check their product keys, names and secrets, and whom the broker "
                                   "accepts; last failure: lamp-7 could not connect: banned")));
}

TEST(RampOutcome, OfManyDevicesIsHopelessBeforeTheLastIsRefused) {
  FleetStatus status;
  status.devices = 15'000;
  status.login_refused = kHopelessLogins - 1;
  EXPECT_EQ(why_hopeless(status, {}), std::nullopt);
  ++status.login_refused;
  EXPECT_NE(why_hopeless(status, {}), std::nullopt);
  status.connected = 1;  // it may become ready
  EXPECT_EQ(why_hopeless(status, {}), std::nullopt);
  status.half_subscribed = 1;  // it will not
  EXPECT_NE(why_hopeless(status, {}), std::nullopt);
  status.ready = 1;
  EXPECT_EQ(why_hopeless(status, {}), std::nullopt);
}

TEST(RampOutcome, IsHopelessWhenNobodyGetsItsSubscriptions) {
  FleetStatus status = of_twenty();
  status.connected = status.half_subscribed = 20;
  status.subscribe_refused = 40;
  EXPECT_THAT(
      why_hopeless(status, {.attempts = {}, .logins = {}, .lost = {}, .subscriptions = {{"quota exceeded", 40}}}),
      Optional(std::string("the broker refused 40 subscriptions (40 × quota exceeded), and no device is ready; "
                           "check the topics, and what the broker lets the devices read")));
}

TEST(RampOutcome, IsHopelessWhenThePlatformRefusesEveryGateway) {
  FleetStatus status = of_twenty();
  status.connected = status.half_subscribed = status.gateway_refused = 19;
  EXPECT_EQ(why_hopeless(status, {}), std::nullopt) << "one has not been answered";
  status.connected = status.half_subscribed = status.gateway_refused = 20;
  status.last_error = "hub-3 stays without its sub-devices: batch_login was refused with code 520";
  EXPECT_THAT(why_hopeless(status, {}),
              Optional(std::string("the platform refuses sub-devices of 20 gateways; last failure: hub-3 stays without "
                                   "its sub-devices: batch_login was refused with code 520")));
}

TEST(RampOutcome, TellsWhoIsLateAndWhy) {
  FleetStatus status = of_twenty();
  status.ready = 15;
  status.login_refused = 2;
  EXPECT_EQ(late_text(status, {}, std::chrono::milliseconds(1'500)),
            "3 of 20 devices were not ready within 1.5 s; the run began without them");
  status.last_error = "lamp-7 could not connect: server busy";
  EXPECT_EQ(
      late_text(status, {.attempts = {}, .logins = {{"server busy", 9}}, .lost = {}, .subscriptions = {}},
                std::chrono::seconds(45)),
      "3 of 20 devices were not ready within 45 s; failed until then: 9 × server busy; last failure: lamp-7 could not "
      "connect: server busy; the run began without them");
}

TEST(RampOutcome, IsHopelessWhenNoHandshakeSucceeds) {
  FleetStatus status = of_twenty();
  status.handshake_refused = kHopelessHandshakes;
  const FleetFailures failures{
      .attempts = {{"certificate expired", 16}}, .logins = {}, .lost = {}, .subscriptions = {}};
  EXPECT_THAT(why_hopeless(status, failures),
              Optional(std::string("no device can open a connection to the broker (16 × certificate expired); check "
                                   "the certificates of both sides and target.broker")));
  status.connected = 1;
  EXPECT_EQ(why_hopeless(status, failures), std::nullopt);
}

TEST(RampOutcome, NamesEveryFailure) {
  EXPECT_EQ(failures_text({}), "");
  EXPECT_EQ(failures_text({.attempts = {{"no answer", 1}},
                           .logins = {{"server busy", 2}},
                           .lost = {{"server busy", 3}},
                           .subscriptions = {{"quota exceeded", 4}}}),
            "1 × no answer, 4 × quota exceeded, 5 × server busy");
}

}  // namespace
}  // namespace fleet::sim
