#include "sim/calls/bcast_request.h"

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "sim/scenario/naming.h"
#include "wire/encoding.h"

namespace fleet::sim {

namespace {

constexpr std::string_view kPath = "/api/v5/plugin_api/emqx_bcast/pub";

std::string basic_credentials(const Target& target) {
  const std::string pair = target.access_key_id + ":" + target.access_key_secret;
  return wire::base64_encode(std::as_bytes(std::span(pair)));
}

std::string make_head(const Target& target, const Url& bridge) {
  std::string head = "POST ";
  head.append(kPath).append(" HTTP/1.1\r\nHost: ").append(bridge.address().text());
  head += "\r\nUser-Agent: fleet-sim\r\nAccept: application/json\r\nAuthorization: Basic ";
  head += basic_credentials(target);
  head += "\r\nContent-Type: application/json\r\n";
  return head;
}

// A short name of the plugin is one level; topics of several need the template.
nlohmann::ordered_json topic_of(const std::string& short_name, const std::string& product_key) {
  if (short_name.find('/') == std::string::npos) return {{"TopicShortName", short_name}};
  return {{"TopicTemplateName", "/" + product_key + "/${deviceName}/user/" + short_name}};
}

}  // namespace

BcastRequestBuilder::BcastRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const PickPlan& pick,
                                         const Url& bridge, std::uint32_t run)
    : pick_(pick),
      recipients_(scenario.fleet.at(scenario.calls.at(call_group).fleet_group)),
      frame_(make_head(scenario.target, bridge)),
      names_devices_(scenario.calls[call_group].api != kPubBroadcast),
      content_(scenario.calls[call_group].payload_bytes, scenario.seed, call_group, run),
      picked_(names_devices_ ? pick.batch() : 0) {
  const CallGroup& group = scenario.calls[call_group];
  const std::string& product_key = scenario.products.at(recipients_.product).key;
  nlohmann::ordered_json members = {{"Action", group.api}, {"ProductKey", product_key}};
  if (!names_devices_) {
    members["TopicFullName"] = broadcast_topic(product_key, group.topic);
    before_content_ = members.dump();
    before_content_.back() = ',';
    before_content_ += R"("MessageContent":")";
    return;
  }
  members.update(topic_of(group.topic, product_key));
  members["Qos"] = static_cast<int>(group.qos);
  before_devices_ = members.dump();
  before_devices_.back() = ',';
  before_devices_ += R"("DeviceName":[)";
  before_content_ = R"(],"MessageContent":")";
}

void BcastRequestBuilder::build(std::uint64_t call, wire::TimePoint due, wire::WallTime /*wall*/,
                                PreparedRequest& out) {
  std::string& body = frame_.begin_body(out);
  body += before_devices_;
  if (names_devices_) pick_.recipients(call, picked_);
  for (const std::uint32_t device : picked_) {
    body += body.back() == '[' ? "\"" : ",\"";
    body += device_name(recipients_.name_template, device);  // letters that JSON needs no escapes for
    body += '"';
  }
  body += before_content_;
  body += content_.head(call, due);
  body += content_.tail();
  body += "\"}";
  frame_.finish(out);
}

}  // namespace fleet::sim
