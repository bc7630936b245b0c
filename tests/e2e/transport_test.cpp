// Whole runs over every transport: exact books, and plain words where a handshake cannot succeed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/e2e/sim_run.h"
#include "tests/support/broker_certificates.h"
#include "tests/support/mosquitto.h"
#include "tests/support/scripted_bridge.h"

namespace fleet::tests {
namespace {

constexpr int kPass = FLEET_RELEASE_BUILD ? 0 : 4;  // a debug build calls its runs INVALID

const std::string kQuickstart = std::string(FLEET_SCENARIOS) + "/quickstart.yaml";

// The quickstart, shortened, with its broker as `broker` says.
std::vector<std::string> shortened(const std::string& broker, const TempDir& out, std::vector<std::string> more = {}) {
  std::vector<std::string> words{"run", kQuickstart, "--out", out.path().string()};
  for (const std::string& set : {std::string("fleet.lamps.count=200"), std::string("phases={hold: 1s, drain: 10s}"),
                                 std::string("health={send_lag_p99: 5s, hiccup: 5s}"),
                                 std::string("thresholds=[calls.failed == 0, deliveries.missing == 0, "
                                             "deliveries.duplicate == 0, fleet.connect.failed == 0]"),
                                 "target.broker=" + broker}) {
    more.insert(more.begin(), {"--set", set});
  }
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

struct Way {
  const char* name;
  const char* broker;
};
constexpr Way kWays[] = {{"tls", "{tls: on}"},
                         {"mutual_tls", "{tls: mutual}"},
                         {"websocket", "{websocket: true}"},
                         {"secure_websocket", "{websocket: true, tls: on}"}};

class Transports : public testing::TestWithParam<Way> {};

TEST_P(Transports, CarryTheQuickstart) {
  const TempDir out;
  SimRun run(shortened(GetParam().broker, out));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("5,000 expected = 5,000 received + 0 missing"), std::string::npos) << run.output();
}

TEST_P(Transports, CarryBothEnginesAndPahosPublisher) {
  const TempDir out;
  SimRun run(shortened(GetParam().broker, out,
                       {"--set", "fleet.lamps.engine=paho", "--set", "fleet.lamps.count=100", "--set",
                        "target.bridge={publisher: paho}", "--set", "calls.push.rate=5/s"}));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("500 expected = 500 received + 0 missing"), std::string::npos) << run.output();
}

INSTANTIATE_TEST_SUITE_P(All, Transports, testing::ValuesIn(kWays),
                         [](const auto& way) { return std::string(way.param.name); });

TEST(SourceAddresses, ShareTheFleetAmongThem) {
  const TempDir out;
  SimRun run(shortened("{source_addresses: 127.0.0.2..127.0.0.4}", out));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("5,000 expected = 5,000 received + 0 missing"), std::string::npos) << run.output();
}

struct Handshake : testing::Test {
  // A run against this broker, with a bridge that nobody gets to call.
  std::string output_of(const std::string& broker) {
    ScriptedBridge server([](std::uint64_t, const std::string&) { return ScriptedBridge::Reply{}; });
    SimRun run(
        to_yaml({.target = fmt::format("{{ broker: {}, bridge: \"http://127.0.0.1:{}\" }}", broker, server.port())}));
    EXPECT_EQ(run.wait(), 3) << run.output();
    return run.output();
  }

  // What a run says to a broker with this certificate.
  std::string output_with(const sim::Certificate& certificate) {
    Mosquitto broker({.listener = certificates_.listener_with(certificate)});
    broker.explain("OpenSSL Error");
    broker.explain("SSL routines");
    broker.explain("Client connection from 127.0.0.1 failed");
    return output_of(
        fmt::format("{{ url: \"mqtts://127.0.0.1:{}\", tls: {{ ca: {} }} }}", broker.port(), certificates_.ca_file()));
  }
  const BrokerCertificates& certificates_ = BrokerCertificates::shared();
};

void expect_named(const std::string& output, const std::string& name) {
  const std::string begin = "no device can open a connection to the broker (";
  const std::size_t at = output.find(begin);
  ASSERT_NE(at, std::string::npos) << output;
  EXPECT_NE(output.find(" × " + name + "); check the certificates of both sides and target.broker", at),
            std::string::npos)
      << output;
}

TEST_F(Handshake, WithAnExpiredCertificateEndsTheRunAndSaysSo) {
  const auto expired = certificates_.ca().issue(
      {.common_name = "b", .names = {"127.0.0.1"}, .begin = -std::chrono::hours(48), .end = -std::chrono::hours(24)});
  const std::string output = output_with(expired);
  expect_named(output, "certificate expired");
  EXPECT_NE(output.find("certificate has expired"), std::string::npos) << output;
}

TEST_F(Handshake, WithASelfSignedCertificateEndsTheRunAndSaysSo) {
  expect_named(output_with(sim::self_signed({.common_name = "b", .names = {"127.0.0.1"}})), "certificate self-signed");
}

TEST_F(Handshake, WithACertificateOfAnotherNameEndsTheRunAndSaysSo) {
  expect_named(output_with(certificates_.ca().issue({.common_name = "b", .names = {"broker.example"}})),
               "certificate of another name");
}

TEST_F(Handshake, WithoutACheckIsFinishedWithAnybody) {
  const auto elsewhere = certificates_.ca().issue({.common_name = "b", .names = {"broker.example"}});
  Mosquitto broker({.listener = certificates_.listener_with(elsewhere)});
  const TempDir out;
  SimRun run(shortened(fmt::format("{{url: 'mqtts://127.0.0.1:{}', tls: {{verify: false}}}}", broker.port()), out));
  EXPECT_EQ(run.wait(), kPass) << run.output();
  EXPECT_NE(run.output().find("5,000 expected = 5,000 received + 0 missing"), std::string::npos) << run.output();
}

TEST_F(Handshake, WithABrokerThatSpeaksNoTlsEndsTheRun) {
  Mosquitto broker;
  broker.explain("disconnected");
  const std::string output = output_of(fmt::format("\"mqtts://127.0.0.1:{}\"", broker.port()));
  EXPECT_NE(output.find("no device can open a connection to the broker"), std::string::npos) << output;
}

TEST_F(Handshake, WithAFileThatIsNotThereIsNotTried) {
  Mosquitto broker;
  const std::string output =
      output_of(fmt::format("{{ url: \"mqtts://127.0.0.1:{}\", tls: {{ ca: /nowhere.pem }} }}", broker.port()));
  EXPECT_NE(output.find("/nowhere.pem: the CA file cannot be read"), std::string::npos) << output;
}

}  // namespace
}  // namespace fleet::tests
