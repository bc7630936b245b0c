// Is HTTPS as robust as HTTP, and does the bridge say what is wrong with a certificate? The real program, a real
// broker, OpenSSL on the callers' side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <signal.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/pipelining.h"
#include "tests/support/bridge_program.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "tests/support/sanitizers.h"
#include "tests/support/tls_caller.h"
#include "tests/support/wait_until.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n";

std::string tls_keys(const std::string& certificate, const std::string& key) {
  return ", tls: { certificate: \"" + certificate + "\", key: \"" + key + "\" }";
}

class BridgeTls : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    broker_ = std::make_unique<Mosquitto>();
    certificate_ = std::make_unique<TestCertificate>();
  }
  static void TearDownTestSuite() {
    broker_.reset();
    certificate_.reset();
  }

  void SetUp() override {
    options_.broker_port = broker_->port();
    options_.http_more =
        ", header_timeout: 300ms, connections_max: 400" + tls_keys(certificate_->certificate(), certificate_->key());
  }
  BridgeProgram& bridge() {
    if (!bridge_) bridge_ = std::make_unique<BridgeProgram>(options_);
    return *bridge_;
  }
  TlsCaller caller(TlsWishes wishes = {}) { return TlsCaller(bridge().port(), wishes); }
  // A correct call of somebody else is answered as ever.
  void expect_service() {
    const auto reply = caller().call(post(BatchPubCall{.qos = 1}));
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
  }

  static std::unique_ptr<Mosquitto> broker_;
  static std::unique_ptr<TestCertificate> certificate_;
  BridgeOptions options_;
  std::unique_ptr<BridgeProgram> bridge_;
};

std::unique_ptr<Mosquitto> BridgeTls::broker_;
std::unique_ptr<TestCertificate> BridgeTls::certificate_;

TEST_F(BridgeTls, AnswersCallsInVersions12And13) {
  EXPECT_THAT(bridge().process().output(), HasSubstr("listening on https://127.0.0.1:"));
  for (const auto& [version, name] : {std::pair(TLS1_2_VERSION, "TLSv1.2"), std::pair(TLS1_3_VERSION, "TLSv1.3")}) {
    TlsCaller modern = caller({.version_max = version});
    ASSERT_TRUE(modern.established()) << name;
    EXPECT_EQ(modern.version(), name);
    for (int i = 0; i < 3; ++i) {
      const auto reply = modern.call(post(BatchPubCall{.devices = {"newdevice1", "newdevice2"}, .qos = i % 2}));
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status, 200u);
      EXPECT_THAT(reply->field("Server-Timing"), HasSubstr("plan;dur="));
      EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
    }
  }
}

TEST_F(BridgeTls, RefusesOlderVersions) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_FALSE(caller({.version_max = version}).established()) << version;
  }
  expect_service();
}

TEST_F(BridgeTls, TakesRequestsInRecordsOfAnySize) {
  TlsCaller pieces = caller();
  for (const auto& [content, record] :
       {std::pair(5, 1), std::pair(5, 7), std::pair(200'000, 1'000), std::pair(200'000, 16'384)}) {
    const std::string request = post(BatchPubCall{.content = std::string(static_cast<std::size_t>(content), 'x')});
    ASSERT_TRUE(pieces.send(request, static_cast<std::size_t>(record)));
    const auto reply = pieces.read();
    ASSERT_TRUE(reply) << record;
    EXPECT_THAT(reply->body, HasSubstr("\"Success\":true")) << record;
  }
}

TEST_F(BridgeTls, AnswersPipelinedRequestsInOrder) { expect_pipelined_answers_in_order(caller()); }

// Ten megabytes of answers, which the caller does not read before it has asked for all of them: more than the buffers
// between the two hold.
TEST_F(BridgeTls, AnswersACallerWhoReadsLate) {
  TlsCaller late = caller();
  std::string requests;
  for (int i = 0; i < 1'000; ++i) requests += "GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n";
  ASSERT_TRUE(late.send(requests));
  TlsCaller other = caller();
  ASSERT_TRUE(other.call(kHealth)) << "nobody else waits for that";
  std::size_t bytes = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto page = late.read();
    ASSERT_TRUE(page) << i;
    bytes += page->body.size();
  }
  EXPECT_GT(bytes, 8u << 20);
}

TEST_F(BridgeTls, AnswersACallerThatHasEndedItsSide) {
  TlsCaller half = caller();
  half.send(post(BatchPubCall{.qos = 1}));
  half.end_sending();
  EXPECT_THAT(half.read()->body, HasSubstr("\"Success\":true"));
  EXPECT_TRUE(half.is_closed(true));
}

TEST_F(BridgeTls, SaysThatItEndsAConnection) {
  TlsCaller last = caller();
  const auto reply = last.call("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->field("Connection"), "close");
  EXPECT_TRUE(last.is_closed(true));
}

TEST_F(BridgeTls, EndsHandshakesThatDoNotEnd) {
  HttpCaller silent(bridge().port());
  HttpCaller slow(bridge().port());
  ASSERT_TRUE(slow.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)));
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(slow.is_closed());
  const auto page = caller().call("GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->body, HasSubstr("fleet_bridge_http_tls_handshakes_failed_total 2\n"));
  expect_service();
}

TEST_F(BridgeTls, EndsARequestThatDoesNotEnd) {
  for (const char* half : {"POST / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"}) {
    TlsCaller slow = caller();
    const auto reply = slow.call(half);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 408u);
    slow.end_sending();
    EXPECT_TRUE(slow.is_closed(true));
  }
}

TEST_F(BridgeTls, ClosesCallersThatAreIdle) {
  options_.http_more += ", idle_timeout: 300ms";
  TlsCaller idle = caller();
  EXPECT_EQ(idle.call(kHealth)->status, 200u);
  EXPECT_TRUE(idle.is_closed(true));
}

TEST_F(BridgeTls, RefusesGarbage) {
  EXPECT_TRUE(HttpCaller(bridge().port()).send("\x16\x03\x01 no record of any kind\r\n\r\n"));
  TlsCaller broken = caller();
  ASSERT_TRUE(broken.established());
  broken.send_raw(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  EXPECT_TRUE(broken.is_closed());
  TlsCaller nonsense = caller();
  EXPECT_EQ(nonsense.call("complete nonsense\r\n\r\n")->status, 400u);
  expect_service();
}

TEST_F(BridgeTls, TellsACallerOfPlainHttp) {
  HttpCaller plain(bridge().port());
  const auto reply = plain.call(kHealth);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 400u);
  EXPECT_THAT(reply->body, HasSubstr("HTTPS"));
  plain.end_sending();
  EXPECT_TRUE(plain.is_closed());
  const auto page = caller().call("GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->body, HasSubstr("fleet_bridge_http_tls_handshakes_failed_total 1\n"));
}

TEST_F(BridgeTls, TellsCallersBeyondTheBoundThatTheyAreTooMany) {
  options_.http_more.replace(options_.http_more.find("400"), 3, "2");
  std::vector<TlsCaller> callers;
  for (int i = 0; i < 2; ++i) {
    callers.push_back(caller());
    EXPECT_EQ(callers.back().call(kHealth)->status, 200u);
  }
  TlsCaller beyond = caller();
  const auto reply = beyond.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503u);
  EXPECT_TRUE(beyond.is_closed());
  EXPECT_EQ(callers[0].call(kHealth)->status, 200u);
}

TEST_F(BridgeTls, ServesThreeHundredConnectionsAtOnce) {
  expect_service();
  const std::int64_t before = bridge().rss_kib();
  std::vector<TlsCaller> callers;
  for (int i = 0; i < 300; ++i) callers.push_back(caller());
  for (TlsCaller& one : callers) ASSERT_TRUE(one.send(post(BatchPubCall{.qos = 1})));
  for (TlsCaller& one : callers) {
    const auto reply = one.read();
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
  }
  if (kMemoryIsTrue) {
    EXPECT_LT(bridge().rss_kib() - before, 300 * 48);
  }
}

TEST_F(BridgeTls, AnswersWhatItHasAcceptedWhenItIsStopped) {
  TlsCaller owed = caller();
  broker_->freeze();
  ASSERT_TRUE(owed.send(post(BatchPubCall{.qos = 1})));
  TlsCaller other = caller();
  ASSERT_TRUE(wait_until([&] {
    const auto page = other.call("GET /metrics HTTP/1.1\r\nHost: b\r\n\r\n");
    return page && page->body.find("calls_in_flight 1\n") != std::string::npos;
  }));
  bridge().process().signal(SIGTERM);
  EXPECT_TRUE(other.is_closed(true));
  broker_->thaw();
  EXPECT_THAT(owed.read()->body, HasSubstr("\"Success\":true"));
  EXPECT_TRUE(owed.is_closed(true));
  owed.end_sending();
  EXPECT_EQ(bridge().process().wait(), 0);
}

// What the bridge says where it cannot begin: the file, and what is wrong with it.
class BridgeCertificate : public testing::Test {
 protected:
  // Of `fleet-bridge --config` with these files; `check` must say the same.
  std::string complaint(const std::string& certificate, const std::string& key) {
    const std::string path =
        files_.write("bridge.yaml", "http: { listen: 127.0.0.1:0" + tls_keys(certificate, key) + " }\n");
    ChildProcess bridge({FLEET_BRIDGE_PROGRAM, "--config", path});
    EXPECT_EQ(bridge.wait(), 3) << bridge.output();
    EXPECT_THAT(bridge.output(), Not(HasSubstr("listening")));
    ChildProcess check({FLEET_BRIDGE_PROGRAM, "check", path});
    EXPECT_EQ(check.wait(), 3);
    EXPECT_EQ(check.output(), bridge.output());
    return bridge.output();
  }

  TestCertificate files_;
};

TEST_F(BridgeCertificate, ThatIsNotThere) {
  const std::string nowhere = "/nonexistent/file.pem";
  EXPECT_EQ(complaint(nowhere, files_.key()),
            "fleet-bridge: " + nowhere + ": the certificate cannot be read: No such file or directory\n");
  EXPECT_EQ(complaint(files_.certificate(), nowhere),
            "fleet-bridge: " + nowhere + ": the key cannot be read: No such file or directory\n");
}

TEST_F(BridgeCertificate, ThatIsNone) {
  const std::string text = files_.write("text.pem", "no certificate, no key\n");
  EXPECT_THAT(complaint(text, files_.key()), HasSubstr(text + ": holds no certificate that can be used, in PEM form"));
  EXPECT_THAT(complaint(files_.certificate(), text), HasSubstr(text + ": holds no private key in PEM form"));
  EXPECT_THAT(complaint(files_.key(), files_.key()), HasSubstr(files_.key() + ": holds no certificate"));
  EXPECT_THAT(complaint(files_.certificate(), files_.certificate()),
              HasSubstr(files_.certificate() + ": holds no private key"));
}

TEST_F(BridgeCertificate, WithTheKeyOfAnother) {
  const TestCertificate another;
  const TestCertificate of_another_kind("rsa:2048");
  for (const TestCertificate* wrong : {&another, &of_another_kind}) {
    EXPECT_THAT(complaint(files_.certificate(), wrong->key()),
                HasSubstr(wrong->key() + ": is not the key of the certificate in " + files_.certificate()));
  }
}

TEST_F(BridgeCertificate, WithAKeyThatIsEncrypted) {
  const std::string key = files_.encrypted_key();
  EXPECT_THAT(complaint(files_.certificate(), key), HasSubstr(key + ": the key is encrypted"));
}

TEST_F(BridgeCertificate, WithAKeyThatIsTooShort) {
  const TestCertificate weak("rsa:1024");
  EXPECT_THAT(complaint(weak.certificate(), weak.key()), HasSubstr("key too small"));
}

}  // namespace
}  // namespace fleet::tests
