// Any body as an action of the bcast API, and any path and query as a management call. The first byte says which, with
// or without credentials, and how publishing ends.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/bcast/body.h"
#include "bridge/bcast/topic.h"
#include "bridge/bcast_api.h"
#include "bridge/registry/registry.h"
#include "wire/error.h"
#include "wire/mqtt/topic.h"
#include "wire/mqtt/utf8.h"

namespace {

namespace bridge = fleet::bridge;
namespace wire = fleet::wire;

constexpr std::string_view kCredentials = "Basic a2V5OnNlY3JldA==";  // key:secret
constexpr std::size_t kContentBytesMax = 64u << 10;

const bridge::Config& config() {
  static const bridge::Config instance = [] {
    bridge::Config made;
    made.bcast.keys = {{"key", "secret"}};
    made.bcast.messages_max = 50;
    made.bcast.message_bytes_max = 64u << 10;
    made.products = {{.key = "P1"}};
    return made;
  }();
  return instance;
}

bridge::BcastApi& api() {
  static const bridge::Registry registry(config().products);
  static bridge::BcastApi instance(config(), registry);
  return instance;
}

// Every answer is a JSON object that says how it went.
void check_answer(const bridge::HttpAnswer& answer) {
  const auto json = nlohmann::json::parse(answer.body);
  FLEET_CHECK(json.is_object());
  FLEET_CHECK(answer.status == 200 ? json.at("Success").get<bool>() : json.contains("Code") || json.contains("code"));
}

void check_batch(const wire::mqtt::PublishBatch& batch) {
  FLEET_CHECK(batch.size() >= 1 && batch.size() <= bridge::kBcastDevicesMax);
  FLEET_CHECK(batch.payload_bytes().size() <= kContentBytesMax);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::string_view topic = batch.topic(i);
    FLEET_CHECK(topic.size() <= bridge::kBcastTopicBytesMax);
    FLEET_CHECK(wire::mqtt::valid_topic_name(topic) && wire::mqtt::harmless_utf8(topic));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static wire::WallTime wall{std::chrono::seconds(1'767'323'045)};
  static std::vector<bridge::PendingCall> open;  // calls whose answer is still owed
  std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (text.empty()) return 0;
  const auto mode = static_cast<unsigned char>(text[0]);
  text.remove_prefix(1);
  wall += std::chrono::hours(1);
  std::string path(bridge::kBcastPath);
  bridge::HttpRequest request{.content_type = "application/json", .authorization = kCredentials};
  if (mode & 1) {  // METHOD path?query, a line
    const std::size_t space = std::min(text.find(' '), text.size());
    request.method = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const std::size_t mark = std::min(text.find('?'), text.size());
    path.append(text.substr(0, mark));
    request.query = text.substr(std::min(mark + 1, text.size()));
  } else {
    request.method = "POST";
    path.append("pub");
    request.body = text;
    if (mode & 2) request.authorization = text;
  }
  request.path = path;
  bridge::ApiTimes times;
  auto outcome = api().call(request, {}, wall, times);
  if (const auto* answer = std::get_if<bridge::HttpAnswer>(&outcome)) {
    check_answer(*answer);
    return 0;
  }
  auto& pending = std::get<bridge::PendingCall>(outcome);
  FLEET_CHECK(pending.batches.size() == 1);
  check_batch(*pending.batches.front());
  if (mode & 4) {
    open.push_back(std::move(pending));
    if (open.size() > 8) open.erase(open.begin());
    return 0;
  }
  const bridge::PublishOutcome outcomes[] = {static_cast<bridge::PublishOutcome>((mode >> 4) % 6)};
  check_answer(pending.finish(outcomes));
  return 0;
}
