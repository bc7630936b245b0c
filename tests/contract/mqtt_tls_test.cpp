// TLS of both engines against a real Mosquitto: whom do they trust, what do they say of those they do not, and what
// does a delivery cost?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "tests/support/allocations.h"
#include "tests/support/broker_certificates.h"
#include "tests/support/event_recorder.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_peer.h"
#include "wire/mqtt/connection.h"
#include "wire/mqtt/paho/paho_endpoint.h"
#include "wire/mqtt/tls_layer.h"

namespace fleet::wire::mqtt {
namespace {

using std::chrono::hours;
using ::testing::HasSubstr;
using tests::BrokerCertificates;
using tests::EventRecorder;
using tests::Mosquitto;
using tests::RunLoop;

// OpenSSL 3.0 asks for 40 bytes for each record of TLS 1.3 (ssl/record/ssl3_record_tls13.c) and gives them back at
// once. What counts here is everything else.
constexpr std::size_t kOfARecord = 40;
thread_local std::uint64_t openssl_allocations = 0;

void* count_malloc(std::size_t size, const char* /*file*/, int /*line*/) {
  if (size != kOfARecord) ++openssl_allocations;
  return std::malloc(size);
}
void* count_realloc(void* memory, std::size_t size, const char* /*file*/, int /*line*/) {
  ++openssl_allocations;
  return std::realloc(memory, size);
}
void give_back(void* memory, const char* /*file*/, int /*line*/) { std::free(memory); }

// OpenSSL takes other functions only before it has used its own.
const bool kCountsOpenSsl = CRYPTO_set_mem_functions(count_malloc, count_realloc, give_back) == 1;

std::uint64_t allocations() { return openssl_allocations + tests::allocations_of_this_thread(); }

BrokerPlace place(std::uint16_t port, TlsOptions tls, const std::string& scheme = "mqtts") {
  return {{scheme, "127.0.0.1", port}, std::move(tls)};
}

// Mosquitto's words for handshakes that did not succeed.
void explain_handshakes(Mosquitto& broker) {
  broker.explain("OpenSSL Error");
  broker.explain("SSL routines");
  broker.explain("Client connection from 127.0.0.1 failed");
}

class NativeTls : public ::testing::Test {
 protected:
  // A connection to `where`, up or ended.
  void open(const BrokerPlace& where) {
    connection_.reset();
    found_ = std::make_unique<FoundBroker>();
    const auto found = found_->find(where);
    ASSERT_TRUE(found) << found.error().text();
    seen_.ends.clear();
    const int before = seen_.connects;
    connection_ = std::make_unique<Connection>(context_, options_, found_->native(), seen_);
    connection_->connect({"device", "", ""});
    ASSERT_TRUE(loop_.until([&] { return seen_.connects > before || !seen_.ends.empty(); }));
  }
  void expect_up() {
    ASSERT_TRUE(seen_.ends.empty()) << seen_.ends.back().detail;
    connection_->disconnect();
    ASSERT_TRUE(loop_.until([&] { return !seen_.ends.empty(); }));
    EXPECT_TRUE(seen_.ends.back().by_us);
  }
  void expect_refused(Cause cause, const std::string& words) {
    ASSERT_EQ(seen_.ends.size(), 1u);
    EXPECT_EQ(cause_name(seen_.ends[0].cause), cause_name(cause)) << seen_.ends[0].detail;
    EXPECT_THAT(seen_.ends[0].detail, HasSubstr(words));
    EXPECT_FALSE(seen_.ends[0].was_connected);
    EXPECT_TRUE(is_lasting(cause));
  }

  const BrokerCertificates& certificates_ = BrokerCertificates::shared();
  RunLoop loop_;
  ConnectionContext context_{loop_.io()};
  EndpointOptions options_;
  EventRecorder seen_;
  std::unique_ptr<FoundBroker> found_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(NativeTls, TellsEachBadCertificateByItsName) {
  const sim::CertificateAuthority stranger("a CA that nobody trusts");
  const std::vector<std::string> names{"127.0.0.1"};
  struct Row {
    sim::Certificate certificate;
    Cause cause;
    std::string words;
  };
  const std::vector<Row> rows = {
      {certificates_.ca().issue({.common_name = "b", .names = names, .begin = -hours(48), .end = -hours(24)}),
       Cause::certificate_expired, "expired"},
      {certificates_.ca().issue({.common_name = "b", .names = names, .begin = hours(24)}),
       Cause::certificate_not_yet_valid, "not yet valid"},
      {sim::self_signed({.common_name = "b", .names = names}), Cause::certificate_self_signed, "self-signed"},
      {certificates_.ca().issue({.common_name = "b", .names = {"10.1.2.3", "broker.example"}}),
       Cause::certificate_of_another_name, "mismatch"},
      {stranger.issue({.common_name = "b", .names = names}), Cause::certificate_unknown_issuer, "issuer"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.words);
    Mosquitto broker({.listener = certificates_.listener_with(row.certificate)});
    explain_handshakes(broker);
    open(place(broker.port(), certificates_.trusting()));
    expect_refused(row.cause, row.words);
    EXPECT_THAT(seen_.ends[0].detail, HasSubstr("connect to 127.0.0.1:"));
    // Who does not ask gets in.
    open(place(broker.port(), {.verify = false}));
    expect_up();
  }
}

TEST_F(NativeTls, ChecksTheNameOfTheUrl) {
  const auto named = certificates_.ca().issue({.common_name = "b", .names = {"localhost"}});
  Mosquitto broker({.listener = certificates_.listener_with(named)});
  explain_handshakes(broker);
  BrokerPlace where = place(broker.port(), certificates_.trusting());
  open(where);
  expect_refused(Cause::certificate_of_another_name, "mismatch");
  where.url.host = "localhost";
  open(where);
  expect_up();
}

TEST_F(NativeTls, TellsThatTheBrokerWantsAnotherCertificate) {
  const sim::CertificateAuthority stranger("a CA that the broker does not know");
  const sim::Certificate strange = stranger.issue({.common_name = "device"});
  TlsOptions unknown = certificates_.trusting();
  unknown.certificate = certificates_.write("strange.pem", strange.certificate);
  unknown.key = certificates_.write("strange.key", strange.key);
  Mosquitto broker({.listener = certificates_.mutual_listener()});
  explain_handshakes(broker);
  open(place(broker.port(), certificates_.mutual()));
  expect_up();
  for (const TlsOptions& tls : {unknown, certificates_.trusting()}) {
    open(place(broker.port(), tls));
    expect_refused(Cause::certificate_refused, "our certificate");
  }
}

TEST_F(NativeTls, TellsABrokerWithoutTls) {
  Mosquitto broker;
  broker.explain("disconnected");
  open(place(broker.port(), certificates_.trusting()));
  expect_refused(Cause::tls_failed, "TLS handshake");
}

TEST_F(NativeTls, SpeaksPlainTcpToATlsBrokerInVain) {
  Mosquitto broker({.listener = certificates_.listener()});
  explain_handshakes(broker);
  broker.explain("disconnected");
  open(place(broker.port(), {}, "mqtt"));
  ASSERT_EQ(seen_.ends.size(), 1u);
  EXPECT_FALSE(seen_.ends[0].was_connected);
  EXPECT_NE(seen_.ends[0].cause, Cause::none) << seen_.ends[0].detail;
}

TEST_F(NativeTls, GivesUpOnAHandshakeThatIsNotAnswered) {
  tests::ScriptedPeer peer;
  FoundBroker found;
  ASSERT_TRUE(found.find(place(peer.port(), certificates_.trusting())));
  Connection connection(context_, options_, found.native(), seen_);
  connection.connect({"device", "", ""});
  ASSERT_TRUE(loop_.until([&] { return peer.accepted(); }));
  ASSERT_TRUE(loop_.until([&] { return !peer.received().empty(); }));
  connection.on_timer(read_clock());
  loop_.run_ready();
  EXPECT_TRUE(seen_.ends.empty());
  connection.on_timer(read_clock() + options_.connect_timeout);
  ASSERT_TRUE(loop_.until([&] { return !seen_.ends.empty(); }));
  EXPECT_EQ(seen_.ends[0].cause, Cause::no_answer);
  EXPECT_THAT(seen_.ends[0].detail, HasSubstr("no TLS handshake with 127.0.0.1:"));
}

TEST_F(NativeTls, SaysWhatIsWrongWithItsFiles) {
  const std::string text = certificates_.write("notes.txt", "no certificate at all\n");
  const auto error_of = [](TlsOptions tls) {
    const auto found = FoundBroker().find(place(1, std::move(tls)));
    return found ? std::string() : found.error().text();
  };
  const TlsOptions good = certificates_.mutual();
  EXPECT_EQ(error_of(good), "");
  EXPECT_THAT(error_of({.ca = "/nowhere/ca.pem"}),
              HasSubstr("/nowhere/ca.pem: the CA file cannot be read: No such file"));
  EXPECT_THAT(error_of({.ca = text}), HasSubstr("notes.txt: holds no certificate of a CA in PEM form"));
  EXPECT_THAT(error_of({.ca = good.ca, .certificate = text, .key = good.key}),
              HasSubstr("notes.txt: holds no certificate that can be used"));
  EXPECT_THAT(error_of({.ca = good.ca, .certificate = good.certificate, .key = text}),
              HasSubstr("notes.txt: holds no private key"));
  EXPECT_THAT(error_of({.ca = good.ca, .certificate = good.ca, .key = good.key}),
              HasSubstr("is not the key of the certificate in"));
}

// What the session ends with the buffers given back, and the first delivery behind that, are none of the matter here.
class TlsDeliveries : public NativeTls {
 protected:
  void SetUp() override {
    broker_ = std::make_unique<Mosquitto>(tests::MosquittoOptions{.listener = certificates_.listener()});
    open(place(broker_->port(), certificates_.trusting()));
    ASSERT_TRUE(seen_.ends.empty());
    const Subscription own{"own/#", Qos::at_most_once};
    connection_->subscribe({&own, 1}, 1);
    ASSERT_TRUE(loop_.until([&] { return !seen_.subscribed.empty(); }));
    seen_.keep_messages = false;
    batch_ = std::make_shared<PublishBatch>();
    for (int i = 0; i < 50; ++i) batch_->add_topic("own/" + std::to_string(i));
    batch_->set_payload(std::vector<std::byte>(1'000));
  }
  // Sends the batch to itself.
  void round() {
    const std::uint64_t wanted = seen_.deliveries + batch_->size();
    ASSERT_EQ(connection_->publish(batch_, 1), Offer::queued);
    loop_.io().restart();
    while (seen_.deliveries < wanted) loop_.io().run_one();
  }
  void TearDown() override {
    connection_.reset();
    broker_.reset();
  }

  std::unique_ptr<Mosquitto> broker_;
  std::shared_ptr<PublishBatch> batch_;
};

TEST_F(TlsDeliveries, AllocateNothingOnceWarm) {
  ASSERT_TRUE(kCountsOpenSsl);
  for (int i = 0; i < 50; ++i) round();
  const std::uint64_t before = allocations();
  for (int i = 0; i < 50; ++i) round();
  EXPECT_EQ(allocations() - before, 0u);
}

TEST_F(TlsDeliveries, ComeBehindAPauseThatGaveTheBuffersBack) {
  round();
  const std::uint64_t before = openssl_allocations;
  for (unsigned turn = 0; turn < 3 * TlsLayer::kQuietTurns; ++turn) connection_->on_timer(read_clock());
  EXPECT_EQ(openssl_allocations, before);
  round();
  EXPECT_GT(openssl_allocations, before) << "the pause has not given anything back";
}

TEST(PahoTls, CarriesMessagesBothWaysWithACertificateOfItsOwn) {
  const auto& certificates = BrokerCertificates::shared();
  Mosquitto broker({.listener = certificates.mutual_listener()});
  explain_handshakes(broker);
  RunLoop loop;
  const EndpointOptions options;
  EventRecorder seen, refused;
  PahoEndpoint endpoint(loop.io(), options, place(broker.port(), certificates.mutual()), seen);
  endpoint.connect({"device", "", ""});
  ASSERT_TRUE(loop.until([&] { return seen.connects == 1 || !seen.ends.empty(); }));
  ASSERT_TRUE(seen.ends.empty()) << seen.ends[0].detail;
  const Subscription own{"own", Qos::at_least_once};
  endpoint.subscribe({&own, 1}, 1);
  ASSERT_TRUE(loop.until([&] { return !seen.subscribed.empty(); }));
  auto batch = std::make_shared<PublishBatch>();
  batch->add_topic("own");
  batch->set_payload(std::vector<std::byte>(100'000));
  batch->qos = Qos::at_least_once;
  ASSERT_EQ(endpoint.publish(batch, 1), Offer::queued);
  ASSERT_TRUE(loop.until([&] { return seen.deliveries == 1; }));
  EXPECT_EQ(seen.messages[0].payload.size(), 100'000u);
  endpoint.disconnect();
  ASSERT_TRUE(loop.until([&] { return !seen.ends.empty(); }));

  PahoEndpoint stranger(loop.io(), options, place(broker.port(), {.ca = certificates.mutual().certificate}), refused);
  stranger.connect({"stranger", "", ""});
  ASSERT_TRUE(loop.until([&] { return !refused.ends.empty(); }));
  EXPECT_FALSE(refused.ends[0].was_connected);
  EXPECT_EQ(refused.ends[0].cause, Cause::other);
}

}  // namespace
}  // namespace fleet::wire::mqtt
