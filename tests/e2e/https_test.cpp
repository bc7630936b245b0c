// Do callers speak HTTPS: whole books, large bodies, identities by the API, and a name for each bad certificate?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/e2e/sim_run.h"
#include "tests/support/bridge_program.h"
#include "tests/support/broker_certificates.h"
#include "tests/support/mosquitto.h"
#include "tests/support/tls_caller.h"
#include "tests/support/wait_until.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

class HttpsBridge : public testing::Test {
 protected:
  void SetUp() override { serve(certificates_.ca().issue({.common_name = "bridge", .names = {"127.0.0.1"}})); }

  // The bridge anew, with this certificate, its broker connected.
  void serve(const sim::Certificate& certificate) {
    bridge_.reset();
    bridge_ = std::make_unique<BridgeProgram>(
        BridgeOptions{.broker_port = broker_.port(),
                      .http_more = fmt::format(", tls: {{ certificate: \"{}\", key: \"{}\" }}",
                                               certificates_.write("bridge.pem", certificate.certificate),
                                               certificates_.write("bridge.key", certificate.key))});
    ASSERT_TRUE(wait_until([this] {
      const auto health = TlsCaller(bridge_->port()).call("GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n");
      return health && health->status == 200;
    }));
  }

  // `tls`: keys of target.bridge.tls; `fleet` and `call`: further lines of the groups.
  [[nodiscard]] std::string scenario(const std::string& tls, const std::string& fleet = "", int count = 100,
                                     const std::string& payload = "128B", const std::string& rate = "50/s") const {
    return fmt::format(R"(# Is it the same over HTTPS?
name: https
target:
  broker: "mqtt://127.0.0.1:{}"
  bridge: {{ url: "https://127.0.0.1:{}", tls: {{ {} }}, access_key_id: testid, access_key_secret: testsecret }}
products: {{ lamp: {{ key: a1BwAGVdemo, topics: {{ get: subscribe }} }} }}
fleet:
  lamps: {{ product: lamp, count: {}, name: "newdevice1{{index:2}}", subscribe: [ {{ topic: get, qos: 1 }} ]{} }}
calls: {{ push: {{ api: BatchPub, to: lamps, topic: get, pick: all, qos: 1, payload: {}, rate: {} }} }}
phases: {{ warm_up: 200ms, hold: 1s, drain: 10s }}
health: {{ send_lag_p99: 5s, hiccup: 5s }}
thresholds: [ calls.failed == 0, calls.rejected == 0, deliveries.missing == 0, deliveries.duplicate == 0 ]
)",
                       broker_.port(), bridge_->port(), tls, count, fleet, payload, rate);
  }
  [[nodiscard]] std::string trusting() const { return fmt::format("ca: \"{}\"", certificates_.ca_file()); }

  const BrokerCertificates& certificates_ = BrokerCertificates::shared();
  Mosquitto broker_;
  std::unique_ptr<BridgeProgram> bridge_;
};

TEST_F(HttpsBridge, IsCalledLikeAnyOther) {
  SimRun run(scenario(trusting()));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("5,000 expected = 5,000 received + 0 missing"), std::string::npos) << run.output();
}

// More than a socket has room for, in records of 16 KiB.
TEST_F(HttpsBridge, TakesBodiesThatAreWrittenInManyParts) {
  SimRun run(scenario(trusting(), "", 5, "250KB", "10/s"));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("50 expected = 50 received + 0 missing"), std::string::npos) << run.output();
}

TEST_F(HttpsBridge, GivesTheFleetItsIdentities) {
  std::string text = scenario(trusting(), ", provision: api");
  text.replace(text.find("newdevice1{"), 11, "fresh-{");
  SimRun run(text);
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("5,000 expected = 5,000 received + 0 missing"), std::string::npos) << run.output();
}

TEST_F(HttpsBridge, WithoutACheckMayBeAnybody) {
  serve(sim::self_signed({.common_name = "b", .names = {"elsewhere.example"}}));
  SimRun run(scenario("verify: false"));
  EXPECT_EQ(run.wait(), kPass) << run.output();
}

TEST_F(HttpsBridge, ThatCannotBeTrustedIsNotCalled) {
  struct Row {
    sim::Certificate certificate;
    const char* name;
  };
  const sim::CertificateAuthority& ca = certificates_.ca();
  const Row rows[] = {
      {ca.issue({.common_name = "b",
                 .names = {"127.0.0.1"},
                 .begin = -std::chrono::hours(48),
                 .end = -std::chrono::hours(24)}),
       "certificate expired"},
      {sim::self_signed({.common_name = "b", .names = {"127.0.0.1"}}), "certificate self-signed"},
      {ca.issue({.common_name = "b", .names = {"elsewhere.example"}}), "certificate of another name"},
  };
  for (const Row& row : rows) {
    serve(row.certificate);
    SimRun run(scenario(trusting()));
    EXPECT_EQ(run.wait(), 3) << run.output();
    EXPECT_NE(run.output().find(
                  fmt::format("https://127.0.0.1:{}: the bridge cannot be reached: {}", bridge_->port(), row.name)),
              std::string::npos)
        << run.output();
  }
}

TEST_F(HttpsBridge, ThatSpeaksNoTlsIsToldApart) {
  BridgeProgram plain({.broker_port = broker_.port()});
  std::string text = scenario(trusting());
  const std::string port = std::to_string(bridge_->port());
  text.replace(text.find("https://127.0.0.1:" + port) + 18, port.size(), std::to_string(plain.port()));
  SimRun run(text);
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("the bridge cannot be reached: TLS handshake failed"), std::string::npos) << run.output();
}

TEST_F(HttpsBridge, IsNotLookedForWithoutTheFilesThatSayWhomToTrust) {
  SimRun run(scenario("ca: /nowhere.pem"));
  EXPECT_EQ(run.wait(), 3) << run.output();
  EXPECT_NE(run.output().find("/nowhere.pem: the CA file cannot be read"), std::string::npos) << run.output();
}

}  // namespace
}  // namespace fleet::tests
