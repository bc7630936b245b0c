#include "sim/calls/aliyun_request.h"

#include <algorithm>
#include <numeric>

#include "sim/scenario/naming.h"
#include "wire/encoding.h"
#include "wire/signing.h"
#include "wire/timestamp.h"

namespace fleet::sim {

namespace {

bool needs_no_encoding(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == '~';
  });
}

std::string encoded(std::string_view text) {
  std::string out;
  wire::percent_append(text, out);
  return out;
}

void append_hex(std::uint64_t value, int digits, std::string& out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out.push_back("0123456789abcdef"[(value >> shift) & 15]);
}

}  // namespace

std::string aliyun_head(const Url& bridge, std::string_view action) {
  std::string head = "POST / HTTP/1.1\r\nHost: ";
  head += bridge.address().text();
  head += "\r\nUser-Agent: fleet-sim\r\nAccept: application/json\r\nx-acs-action: ";
  head += action;
  head += "\r\nx-acs-version: 2018-01-20\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  return head;
}

AliyunRequestBuilder::Piece AliyunRequestBuilder::piece(std::string_view form) {
  return {std::string(form), encoded(form)};
}

AliyunRequestBuilder::AliyunRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const PickPlan& pick,
                                           const Url& bridge, std::uint32_t run)
    : pick_(pick),
      recipients_(scenario.fleet.at(scenario.calls.at(call_group).fleet_group)),
      names_devices_(scenario.calls[call_group].api == kBatchPub),
      names_topic_(scenario.calls[call_group].api == kPub),
      secret_(scenario.target.access_key_secret),
      run_(run),
      call_group_(call_group),
      frame_(aliyun_head(bridge, scenario.calls[call_group].api)),
      content_(scenario.calls[call_group].payload_bytes, scenario.seed, call_group, run),
      content_tail_(piece(encoded(content_.tail()))),
      picked_(names_devices_ || names_topic_ ? pick.batch() : 0) {
  const CallGroup& group = scenario.calls[call_group];
  before_devices_ = piece("AccessKeyId=" + encoded(scenario.target.access_key_id) + "&Action=" + encoded(group.api));

  // Byte order: DeviceName.1, DeviceName.10, DeviceName.100, DeviceName.11, …
  std::vector<std::string> keys;
  if (names_devices_) order_.resize(pick.batch());
  for (std::uint32_t i = 0; i < order_.size(); ++i) keys.push_back("DeviceName." + std::to_string(i + 1));
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [&keys](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });
  for (const std::uint32_t place : order_) device_keys_.push_back(piece("&" + keys[place] + "="));

  const std::string& product_key = scenario.products.at(recipients_.product).key;
  const bool has_qos = names_devices_ || names_topic_;
  before_content_ = piece("&Format=JSON&MessageContent=");
  before_nonce_ = piece("&ProductKey=" + encoded(product_key) +
                        (has_qos ? "&Qos=" + std::to_string(static_cast<int>(group.qos)) : std::string()) +
                        "&RegionId=cn-shanghai&SignatureMethod=HMAC-SHA1&SignatureNonce=");
  before_timestamp_ = piece("&SignatureVersion=1.0&Timestamp=");
  constexpr std::string_view kVersion = "&Version=2018-01-20";
  if (names_devices_) {
    behind_timestamp_ = piece("&TopicShortName=" + encoded(group.topic) + std::string(kVersion));
  } else if (names_topic_) {
    topic_front_ = piece("&TopicFullName=" + encoded("/" + product_key + "/"));
    topic_back_ = piece(encoded("/user/" + group.topic));
    behind_timestamp_ = piece(kVersion);
  } else {
    const std::string topic = broadcast_topic(product_key, group.topic);
    behind_timestamp_ = piece("&TopicFullName=" + encoded(topic) + std::string(kVersion));
  }
}

void AliyunRequestBuilder::append(const Piece& piece, std::string& body) {
  body += piece.form;
  to_sign_ += piece.signed_form;
}

void AliyunRequestBuilder::append_value(std::string_view value, std::string& body) {
  if (needs_no_encoding(value)) {
    body += value;
    to_sign_ += value;
    return;
  }
  encoded_.clear();
  wire::percent_append(value, encoded_);
  body += encoded_;
  wire::percent_append(encoded_, to_sign_);
}

void AliyunRequestBuilder::append_devices(std::uint64_t call, std::string& body) {
  if (!names_devices_) return;
  pick_.recipients(call, picked_);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    append(device_keys_[i], body);
    append_value(device_name(recipients_.name_template, picked_[order_[i]]), body);
  }
}

void AliyunRequestBuilder::append_device_topic(std::uint64_t call, std::string& body) {
  if (!names_topic_) return;
  pick_.recipients(call, picked_);
  append(topic_front_, body);
  append_value(device_name(recipients_.name_template, picked_.front()), body);
  append(topic_back_, body);
}

void AliyunRequestBuilder::update_timestamp(wire::WallTime wall) {
  if (wall == timestamp_of_ && !timestamp_.empty()) return;
  timestamp_of_ = wall;
  timestamp_.clear();
  wire::append_timestamp(wall, timestamp_);
}

void AliyunRequestBuilder::build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) {
  std::string& body = frame_.begin_body(out);
  to_sign_ = "POST&%2F&";

  append(before_devices_, body);
  append_devices(call, body);
  append(before_content_, body);
  append_value(content_.head(call, due), body);
  append(content_tail_, body);
  append(before_nonce_, body);
  nonce_.clear();
  append_hex(run_, 8, nonce_);
  append_hex(call_group_, 8, nonce_);
  append_hex(call, 16, nonce_);
  append_value(nonce_, body);
  append(before_timestamp_, body);
  update_timestamp(wall);
  append_value(timestamp_, body);
  append_device_topic(call, body);
  append(behind_timestamp_, body);
  body += "&Signature=";
  wire::percent_append(wire::aliyun_signature(secret_, to_sign_), body);
  frame_.finish(out);
}

}  // namespace fleet::sim
