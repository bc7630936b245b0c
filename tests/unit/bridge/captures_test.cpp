// Requests recorded from public SDKs, as they came over the wire: each is parsed and verified, with the clock set to
// its day, and answered as the bridge answers it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "api_fixture.h"
#include "bridge/server/request_parser.h"
#include "wire/device_sign.h"
#include "wire/signing.h"

namespace fleet::bridge::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kDirectory = FLEET_SOURCE_DIR "/tests/captures";
constexpr const char* kMqtt = "mqtt_mosquitto_clients.txt";
constexpr const char* kSession = "6100000123";

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Config recorded_config() {
  Config config = example_config();
  config.products.push_back({.key = "a1gw", .kind = DeviceKind::gateway, .devices = {{"gw1", "gwsecret"}}});
  config.products.push_back({.key = "a1PB5fp1234", .devices = {{"868575026974305", "1234"}}});
  config.apps = {{.app_key = "12345678",
                  .app_secret = "helloworld",
                  .topics = {"taobao_trade_TradeCreate", "taobao_jds_TradeTrace", "t"}}};
  return config;
}

struct Row {
  const char* file;
  bool xml = false;
  unsigned status = 200;
  const char* answer = "";            // a part of it, once all publishes are done
  std::vector<std::string> topics{};  // of the publishes
  const char* payload = "";           // of the last of them
  const char* security_token = "";    // of the account
};

const std::vector<Row>& rows() {
  constexpr const char* kSuccess = "\"Success\":true";
  constexpr const char* kShortName = "iot.device.InvalidFormattedDeviceName";  // d-1 has three characters
  constexpr const char* kTwo = R"({"tmc_produce_result":[{"is_success":true},{"is_success":true}]})";
  constexpr const char* kTrace = R"({"tid":1,"note":"a b+c&d=e"})";
  static const std::vector<Row> all = {
      {.file = "curl_top_hmac_sha256_xml.txt",
       .xml = true,
       .answer = "<is_all_success>true</is_all_success>",
       .topics = {"tmc/12345678/default/t"},
       .payload = R"({"a":1})"},
      {.file = "curl_v2_get_sort12.txt", .xml = true, .answer = kShortName},
      {.file = "curl_v2_get_xml.txt", .xml = true, .answer = kShortName},
      {.file = "curl_v2_post_xml.txt", .xml = true, .answer = "<Data><ApplyId>1000000</ApplyId></Data>"},
      {.file = "popcore_gateway_error_http400.txt", .status = 400, .answer = R"("Code":"MissingDeviceName")"},
      {.file = "popcore_get_BatchPub.txt",
       .answer = kSuccess,
       .topics = {"/a1BwAGVxxxx/newdevice1/user/get", "/a1BwAGVxxxx/dev@2:x.y-z_1/user/get"},
       .payload = "hello world"},
      {.file = "popcore_get_sort12.txt", .answer = kShortName},
      {.file = "popcore_iot_business_failure_http200.txt", .status = 400, .answer = R"("Code":"MissingDeviceName")"},
      {.file = "popcore_post_BatchAddThingTopo.txt", .answer = kSuccess, .security_token = "sts+token/=="},
      {.file = "popcore_post_BatchCheckDeviceNames.txt", .answer = R"("Data":{"ApplyId":1000000})"},
      {.file = "popcore_post_BatchPub.txt",
       .answer = kSuccess,
       .topics = {"/a1BwAGVxxxx/newdevice1/user/get", "/a1BwAGVxxxx/newdevice2/user/get"},
       .payload = "hello world"},
      {.file = "popcore_post_sort12.txt", .answer = kShortName},
      // Two recordings hold the same request, whose empty list is no list of messages.
      {.file = "top_error_code25.txt", .answer = R"("code":41,"msg":"Invalid arguments:messages")"},
      {.file = "top_error_code50.txt", .answer = R"("code":41,"msg":"Invalid arguments:messages")"},
      {.file = "top_get_tmc_messages_produce.txt",
       .answer = R"("is_all_success":true)",
       .topics = {"tmc/12345678/default/taobao_jds_TradeTrace"},
       .payload = kTrace},
      {.file = "top_post_tmc_messages_produce.txt",
       .answer = kTwo,
       .topics = {"tmc/12345678/default/taobao_trade_TradeCreate", "tmc/12345678/default/taobao_jds_TradeTrace"},
       .payload = kTrace},
      {.file = "top_post_tmc_messages_produce_session.txt",
       .answer = R"("is_all_success":true)",
       .topics = {"tmc/12345678/default/taobao_jds_TradeTrace"},
       .payload = kTrace},
  };
  return all;
}

// What a bridge of that configuration makes of the recording.
struct Outcome {
  HttpAnswer answer;
  std::vector<std::string> topics;
  std::string payload;
};

Outcome play(const Row& row, Config config) {
  const std::string bytes = text_of(kDirectory / row.file);
  RequestText text;
  RequestParser parser({}, text);
  std::size_t used = 0;
  auto step = RequestParser::Step::header;
  while (step == RequestParser::Step::header) step = parser.put(std::string_view(bytes).substr(used), used);
  EXPECT_EQ(step, RequestParser::Step::done);
  EXPECT_EQ(used, bytes.size());

  config.accounts[0].security_token = row.security_token;
  ApiUnderTest bridge(std::move(config));
  const Reply reply = bridge.send(text.view());
  Outcome out{.answer = reply.answer, .topics = {}, .payload = {}};
  for (const auto& batch : reply.pending.batches) {
    for (std::size_t i = 0; i < batch->size(); ++i) out.topics.emplace_back(batch->topic(i));
    const auto payload = batch->payload_bytes();
    out.payload.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
  }
  if (reply.accepted()) {
    const std::vector<PublishOutcome> done(reply.pending.batches.size(), PublishOutcome::done);
    out.answer = reply.pending.finish(done);
  }
  return out;
}

TEST(Captures, EachIsVerifiedAndAnswered) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.file);
    const Outcome outcome = play(row, recorded_config());
    EXPECT_EQ(outcome.answer.status, row.status);
    EXPECT_EQ(outcome.answer.content_type, row.xml ? "text/xml;charset=utf-8" : "application/json;charset=utf-8");
    EXPECT_THAT(outcome.answer.body, HasSubstr(row.answer));
    EXPECT_EQ(outcome.topics, row.topics);
    EXPECT_EQ(outcome.payload, row.payload);
  }
}

TEST(Captures, NoneIsVerifiedWithAnotherSecret) {
  Config config = recorded_config();
  config.accounts[0].access_key_secret = "testsecret ";
  config.apps[0].app_secret = "helloWorld";
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.file);
    const Outcome outcome = play(row, config);
    EXPECT_TRUE(outcome.topics.empty());
    const bool top = std::string_view(row.file).find("top_") != std::string_view::npos;
    EXPECT_THAT(outcome.answer.body, HasSubstr(top ? "Invalid signature" : "SignatureDoesNotMatch"));
  }
}

TEST(Captures, ASessionThatTheAppDoesNotHaveIsRefused) {
  const auto row = std::find_if(rows().begin(), rows().end(), [](const Row& r) {
    return std::string_view(r.file) == "top_post_tmc_messages_produce_session.txt";
  });
  Config config = recorded_config();
  config.apps[0].sessions = {kSession};
  EXPECT_EQ(play(*row, config).topics.size(), 1U);
  config.apps[0].sessions = {"another"};
  EXPECT_THAT(play(*row, config).answer.body, HasSubstr(R"("code":27)"));
}

// User name, client id and password of the recorded CONNECTs belong together.
TEST(Captures, TheLoginOfADevice) {
  const std::string text = text_of(kDirectory / kMqtt);
  EXPECT_THAT(text, HasSubstr("clientId=12345|securemode=3,signmethod=hmacsha256,timestamp=789|\n"));
  EXPECT_THAT(text, HasSubstr("username=device&pk\n"));
  std::vector<wire::Param> params = {
      {"clientId", "12345"}, {"deviceName", "device"}, {"productKey", "pk"}, {"timestamp", "789"}};
  const std::string content = wire::device_sign_content(params);
  const std::string before = "password=";
  int logins = 0;
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1)) {
    const std::string password = text.substr(at + before.size(), 64);
    EXPECT_TRUE(wire::device_sign_matches(wire::SignMethod::hmac_sha256, "secret", content, password));
    EXPECT_FALSE(wire::device_sign_matches(wire::SignMethod::hmac_sha256, "Secret", content, password));
    ++logins;
  }
  EXPECT_EQ(logins, 2);
}

TEST(Captures, EachFileHasARow) {
  std::set<std::string> names = {kMqtt, "README.md", ".gitattributes"};
  for (const Row& row : rows()) names.insert(row.file);
  for (const auto& entry : fs::directory_iterator(kDirectory)) names.erase(entry.path().filename().string());
  EXPECT_TRUE(names.empty()) << *names.begin() << " is not there";
  const auto files = std::distance(fs::directory_iterator(kDirectory), fs::directory_iterator());
  EXPECT_EQ(static_cast<std::size_t>(files), rows().size() + 3);
}

}  // namespace
}  // namespace fleet::bridge::test
