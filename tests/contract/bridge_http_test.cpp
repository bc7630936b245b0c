// What does fleet-bridge do with bad input and with many callers? The real program, a real broker, raw sockets.
#include <fmt/chrono.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <cctype>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/pipelining.h"
#include "tests/support/bridge_program.h"
#include "tests/support/http_caller.h"
#include "tests/support/mosquitto.h"
#include "tests/support/sanitizers.h"
#include "wire/clock.h"
#include "wire/signing.h"

namespace fleet::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n";

class BridgeHttp : public testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = std::make_unique<Mosquitto>(); }
  static void TearDownTestSuite() { broker_.reset(); }

  void SetUp() override {
    options_.broker_port = broker_->port();
    options_.http_more = ", connections_max: 400, params_max: 500";
  }
  // The bridge of the test, from the first use on.
  BridgeProgram& bridge() {
    if (!bridge_) bridge_ = std::make_unique<BridgeProgram>(options_);
    return *bridge_;
  }
  HttpCaller caller() { return HttpCaller(bridge().port()); }
  // Others are unharmed: a correct call of somebody else is answered as ever.
  void expect_service() {
    const auto reply = caller().call(post(BatchPubCall{}));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200U);
    EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
  }
  void expect_refused(std::string_view request, unsigned status) {
    HttpCaller bad = caller();
    const auto reply = bad.call(request);
    ASSERT_TRUE(reply) << request.substr(0, 80);
    EXPECT_EQ(reply->status, status) << request.substr(0, 80);
    EXPECT_EQ(reply->field("Connection"), "close");
    EXPECT_THAT(reply->body, testing::MatchesRegex(R"re(\{"RequestId":"[0-9A-F-]+",.*"Code":"[A-Za-z]+",.*\})re"));
    bad.end_sending();
    EXPECT_TRUE(bad.is_closed());
    expect_service();
  }
  void expect_code(const BatchPubCall& call, unsigned status, std::string_view code) {
    expect_code(post(call), status, code);
  }
  void expect_code(std::string_view request, unsigned status, std::string_view code) {
    const auto reply = caller().call(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, status) << reply->body.substr(0, 300);
    EXPECT_THAT(reply->body, HasSubstr(code));
  }

  static std::unique_ptr<Mosquitto> broker_;
  BridgeOptions options_;
  std::unique_ptr<BridgeProgram> bridge_;
};

std::unique_ptr<Mosquitto> BridgeHttp::broker_;

TEST_F(BridgeHttp, AnswersACallAndSaysWhereItsTimeWent) {
  const auto reply = caller().call(post(BatchPubCall{.devices = {"newdevice1", "newdevice2"}, .qos = 1}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(reply->field("Content-Type"), "application/json;charset=utf-8");
  for (const char* part : {"parse;dur=", "verify;dur=", "plan;dur=", "publish;dur=", "ack;dur=", "received;desc=\"",
                           "published;desc=\""}) {
    EXPECT_THAT(reply->field("Server-Timing"), HasSubstr(part));
  }
}

// Signature version 3 as the public SDKs send it: what it covers stands in the query, in a chunked body and in the
// header, whose names come in any case.
TEST_F(BridgeHttp, AnswersACallOfVersion3InChunks) {
  const std::string body = "TopicShortName=get&MessageContent=aGVsbG8%3D&Qos=1";
  const std::string hash = wire::hash_hex(wire::HashMethod::sha256, body);
  const std::string date = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(wire::read_wall_clock()));
  const wire::Param headers[] = {{"content-type", "application/x-www-form-urlencoded"},
                                 {"host", "bridge:8080"},
                                 {"x-acs-action", "BatchPub"},
                                 {"x-acs-content-sha256", hash},
                                 {"x-acs-date", date},
                                 {"x-acs-signature-nonce", "a nonce of this test"},
                                 {"x-acs-version", "2018-01-20"}};
  std::vector<wire::Param> query = {{"DeviceName.1", "newdevice1"}, {"ProductKey", "a1BwAGVdemo"}};
  std::string canonical;
  wire::acs3_canonical_request("POST", query, headers, hash, canonical);
  std::string request = "POST /?ProductKey=a1BwAGVdemo&DeviceName.1=newdevice%31 HTTP/1.1\r\n";
  std::string names;
  for (const wire::Param& header : headers) {
    std::string name(header.key);
    name[0] = static_cast<char>(std::toupper(name[0]));
    request += fmt::format("{}:  {} \r\n", name, header.value);
    names += (names.empty() ? "" : ";") + std::string(header.key);
  }
  request += fmt::format("Authorization: ACS3-HMAC-SHA256 Credential=testid,SignedHeaders={},Signature={}\r\n", names,
                         wire::acs3_signature("testsecret", wire::acs3_string_to_sign(canonical)));
  request += fmt::format("Transfer-Encoding: chunked\r\n\r\n7\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", body.substr(0, 7),
                         body.size() - 7, body.substr(7));
  const auto reply = caller().call(request);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(reply->field("Content-Type"), "application/json;charset=utf-8");
  EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
  expect_code(request, 400, "SignatureNonceUsed");
}

TEST_F(BridgeHttp, AnswersHealthzToGetAndHead) {
  const auto reply = caller().call(kHealth);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200U);
  EXPECT_EQ(reply->body, R"({"status":"ok","broker":"connected"})");
  HttpCaller head = caller();
  head.send("HEAD /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n");
  head.send(kHealth);
  const auto without_body = head.read(true);
  ASSERT_TRUE(without_body);
  EXPECT_EQ(without_body->field("Content-Length"), reply->field("Content-Length"));
  EXPECT_EQ(head.read()->body, reply->body);
}

TEST_F(BridgeHttp, KeepsConnectionsAliveAsTheCallerSays) {
  HttpCaller http_1_1 = caller();
  EXPECT_TRUE(http_1_1.call(kHealth));
  EXPECT_TRUE(http_1_1.call(kHealth));
  EXPECT_EQ(http_1_1.call("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")->field("Connection"),
            "close");
  EXPECT_TRUE(http_1_1.is_closed());
  HttpCaller http_1_0 = caller();
  const std::string keep = "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(http_1_0.call(keep)->field("Connection"), "keep-alive");
  EXPECT_EQ(http_1_0.call("GET /healthz HTTP/1.0\r\n\r\n")->field("Connection"), "close");
  EXPECT_TRUE(http_1_0.is_closed());
}

TEST_F(BridgeHttp, RefusesGarbage) {
  expect_refused("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400);
  expect_refused("complete nonsense\r\n\r\n", 400);
  expect_refused(std::string("GET / HTTP/1.1\r\nHost: b\0ridge\r\n\r\n", 33), 400);
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
  expect_refused("GET /" + std::string(100'000, 'a'), 414);
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'a'), 431);
}

TEST_F(BridgeHttp, EndsARequestThatDoesNotEnd) {
  options_.http_more = ", header_timeout: 300ms";
  expect_refused("POST / HTTP/1.1\r\nHo", 408);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf", 408);
  // A byte whenever nothing has been heard for a while: few enough for a header, a body or a chunk that is not too
  // large.
  for (const char* begin :
       {"GET / HTTP/1.1\r\nHost: a\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n"}) {
    HttpCaller slow = caller();
    slow.send(begin);
    pollfd socket{slow.socket(), POLLIN, 0};
    int bytes = 0;
    while (bytes < 10'000 && poll(&socket, 1, 20) == 0 && slow.send("x")) ++bytes;
    EXPECT_GT(bytes, 0);
    const auto reply = slow.read();
    ASSERT_TRUE(reply) << begin;
    EXPECT_EQ(reply->status, 408U) << begin;
    EXPECT_EQ(reply->field("Connection"), "close");
    slow.end_sending();
    EXPECT_TRUE(slow.is_closed());
  }
  expect_service();
}

TEST_F(BridgeHttp, RefusesBodiesThatAreTooLarge) {
  bridge();
  const std::int64_t before = bridge().rss_kib();
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1" + std::string(100'000, '0'), 431);
  std::string bomb = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 160; ++i) bomb += "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  expect_refused(bomb, 413);
  std::string extensions = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) extensions += "1;e=" + std::string(1'000, 'x') + "\r\na\r\n";
  expect_refused(extensions, 431);
  if (kMemoryIsTrue) {
    EXPECT_LT(bridge().rss_kib() - before, 12'288);
  }
}

TEST_F(BridgeHttp, RefusesParametersThatCannotBe) {
  std::string many = signed_form({});
  for (int i = 0; i < 100'000; ++i) many += "&p" + std::to_string(i) + "=1";
  const auto reply = caller().call(post(many));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 400U);
  EXPECT_THAT(reply->body, HasSubstr(R"("Code":"InvalidParameter")"));
  EXPECT_THAT(reply->body, HasSubstr("too many parameters"));
  for (const char* bad : {"Action=%zz", "Action=%", "Action=%0", "Action=a%00b", "%00=1"}) {
    EXPECT_EQ(caller().call(post(bad))->status, 400U) << bad;
  }
  EXPECT_EQ(caller().call(post(std::string("Action=a\0b", 10)))->status, 400U);
  expect_service();
}

TEST_F(BridgeHttp, RefusesAHundredThousandParametersWithinItsMemory) {
  options_.http_more = "";
  std::string many = signed_form({});
  for (int i = 0; i < 100'000; ++i) many += "&p" + std::to_string(i) + "=1";
  ASSERT_LT(many.size(), 1u << 20) << "the body itself may be so large";
  expect_service();
  const std::int64_t before = bridge().rss_kib();
  for (int i = 0; i < 10; ++i) {
    const auto reply = caller().call(post(many));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400U);
    EXPECT_THAT(reply->body, HasSubstr("too many parameters"));
  }
  expect_service();
  if (kMemoryIsTrue) {
    EXPECT_LT(bridge().rss_kib() - before, 12'288);
  }
}

TEST_F(BridgeHttp, RefusesWhatIsNotSignedOrNotNew) {
  expect_code({.secret = "wrong"}, 400, "SignatureDoesNotMatch");
  expect_code({.access_key_id = "nobody"}, 404, "InvalidAccessKeyId.NotFound");
  expect_code({.timestamp = "2020-01-02T03:04:05Z"}, 400, "InvalidTimeStamp.Expired");
  expect_code({.timestamp = "yesterday"}, 400, "InvalidTimeStamp.Format");
  expect_code(post(signed_form({}) + "&Qos=1"), 400, "SignatureDoesNotMatch");
  const std::string once = post(BatchPubCall{});
  expect_code(once, 200, "\"Success\":true");
  expect_code(once, 400, "SignatureNonceUsed");
  expect_service();
}

TEST_F(BridgeHttp, AnswersPipelinedRequestsInOrder) { expect_pipelined_answers_in_order(caller()); }

TEST_F(BridgeHttp, AnswersPipelinedRequestsBeforeTheOneThatEndsTheConnection) {
  HttpCaller pipelining = caller();
  pipelining.send(post(BatchPubCall{.qos = 1}) + std::string(kHealth) + "nonsense\r\n\r\n");
  EXPECT_THAT(pipelining.read()->body, HasSubstr("\"Success\":true"));
  EXPECT_THAT(pipelining.read()->body, HasSubstr("connected"));
  EXPECT_EQ(pipelining.read()->status, 400U);
  EXPECT_TRUE(pipelining.is_closed());
}

TEST_F(BridgeHttp, AnswersACallerThatHasEndedItsSide) {
  HttpCaller half = caller();
  half.send(post(BatchPubCall{.qos = 1}));
  half.end_sending();
  EXPECT_THAT(half.read()->body, HasSubstr("\"Success\":true"));
  EXPECT_TRUE(half.is_closed());
}

TEST_F(BridgeHttp, TakesChunksSplitAnywhere) {
  HttpCaller chunks = caller();
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 7, 64, 1'000'000}) {
    for (int fifth = 0; fifth < 5; ++fifth) {
      const std::string request = post_chunked(signed_form({}), size);
      const std::size_t cut = 1 + request.size() * static_cast<std::size_t>(fifth) / 5;
      ASSERT_TRUE(chunks.send(std::string_view(request).substr(0, cut)));
      ASSERT_TRUE(chunks.send(std::string_view(request).substr(cut)));
      const auto reply = chunks.read();
      ASSERT_TRUE(reply);
      EXPECT_THAT(reply->body, HasSubstr("\"Success\":true")) << "chunks of " << size << ", cut at " << cut;
    }
  }
}

TEST_F(BridgeHttp, TellsACallerThatAsksToSendItsBody) {
  HttpCaller polite = caller();
  const std::string form = signed_form({});
  const std::string request = post(form, "Expect: 100-continue\r\n");
  polite.send(std::string_view(request).substr(0, request.size() - form.size()));
  EXPECT_EQ(polite.read()->status, 100U);
  polite.send(form);
  EXPECT_THAT(polite.read()->body, HasSubstr("\"Success\":true"));
  HttpCaller too_much = caller();
  EXPECT_EQ(
      too_much.call("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")->status,
      413U);
}

TEST_F(BridgeHttp, ServesThreeHundredConnectionsAtOnce) {
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 300; ++i) callers.push_back(caller());
  for (HttpCaller& one : callers) ASSERT_TRUE(one.send(post(BatchPubCall{.qos = 1})));
  for (HttpCaller& one : callers) {
    const auto reply = one.read();
    ASSERT_TRUE(reply);
    EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
  }
}

TEST_F(BridgeHttp, TellsCallersBeyondTheBoundThatTheyAreTooMany) {
  options_.http_more = ", connections_max: 3";
  std::vector<HttpCaller> callers;
  for (int i = 0; i < 3; ++i) {
    callers.push_back(caller());
    EXPECT_EQ(callers.back().call(kHealth)->status, 200U);
  }
  HttpCaller beyond = caller();
  const auto reply = beyond.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503U);
  EXPECT_THAT(reply->body, HasSubstr(R"("Code":"ServiceUnavailable")"));
  EXPECT_TRUE(beyond.is_closed());
  EXPECT_EQ(callers[0].call(kHealth)->status, 200U);
}

TEST_F(BridgeHttp, ClosesCallersThatAreIdle) {
  options_.http_more = ", idle_timeout: 300ms";
  HttpCaller idle = caller();
  EXPECT_EQ(idle.call(kHealth)->status, 200U);
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(BridgeHttp, ReadsManyLargeBodiesWithinItsBudget) {
  options_.http_more = ", header_timeout: 20s, connections_max: 400";
  bridge();
  expect_service();
  const std::int64_t before = bridge().rss_kib();
  const std::string content(256 << 10, 'x');
  std::vector<HttpCaller> callers;
  std::vector<std::string> requests;
  for (int i = 0; i < 200; ++i) {
    callers.push_back(caller());
    requests.push_back(post(BatchPubCall{.content = content}));
    // Nobody's body is whole: 200 × 350 KB are on their way at once.
    ASSERT_TRUE(callers.back().send(std::string_view(requests.back()).substr(0, 60'000)));
  }
  expect_service();  // small bodies do not queue behind large ones
  if (kMemoryIsTrue) {
    EXPECT_LT(bridge().rss_kib() - before, 64 << 10);
  }
  int accepted = 0;
  for (std::size_t i = 0; i < callers.size(); ++i) {
    ASSERT_TRUE(callers[i].send(std::string_view(requests[i]).substr(60'000)));
    const auto reply = callers[i].read();
    ASSERT_TRUE(reply) << i;
    accepted += reply->body.find("\"Success\":true") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(accepted, 200);
  if (kMemoryIsTrue) {
    EXPECT_LT(bridge().rss_kib() - before, 64 << 10);
  }
}

TEST_F(BridgeHttp, ABodyThatIsOnlyAnnouncedKeepsNobodyWaiting) {
  options_.http_more = ", header_timeout: 60s, connections_max: 400";
  std::vector<HttpCaller> idlers;
  for (int i = 0; i < 200; ++i) {
    idlers.push_back(caller());
    ASSERT_TRUE(
        idlers.back().send("POST / HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                           "Content-Length: 1000000\r\n\r\n"));
  }
  const auto reply = caller().call(post(BatchPubCall{.content = std::string(256 << 10, 'x')}));
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->body, HasSubstr("\"Success\":true"));
}

TEST_F(BridgeHttp, SaysThatThePortIsTaken) {
  TempDir directory;
  const std::string text = "http: { listen: 127.0.0.1:" + std::to_string(bridge().port()) + " }\n" +
                           "mqtt: { broker: mqtt://127.0.0.1:" + std::to_string(broker_->port()) + " }\n";
  ChildProcess second({FLEET_BRIDGE_PROGRAM, "--config", directory.write("bridge.yaml", text).string()});
  EXPECT_TRUE(second.wait_for_output("taken"));
  EXPECT_EQ(second.wait(), 3);
  EXPECT_THAT(second.output(), Not(HasSubstr("listening")));
}

TEST_F(BridgeHttp, IsReadyWithoutABrokerAndTellsItsCallers) {
  Mosquitto later;
  options_.broker_port = later.port();
  later.stop();
  bridge();
  EXPECT_TRUE(bridge().process().wait_for_output("cannot connect"));
  EXPECT_EQ(caller().call(kHealth)->status, 503U);
  expect_code(BatchPubCall{}, 200, "iot.system.SystemException");
  later.start_again();
  EXPECT_TRUE(bridge().wait_for_broker());
  expect_service();
}

}  // namespace
}  // namespace fleet::tests
