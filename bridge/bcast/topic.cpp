#include "bridge/bcast/topic.h"

#include <utility>

#include "wire/mqtt/utf8.h"

namespace fleet::bridge {
namespace {

constexpr std::string_view kDevice = "${deviceName}";
constexpr std::string_view kProduct = "${productKey}";

// 1 to `bytes_max` bytes that a broker takes, without any of `characters`.
bool is_text_without(std::string_view characters, std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && text.find_first_of(characters) == std::string_view::npos &&
         wire::mqtt::harmless_utf8(text);
}

}  // namespace

bool is_bcast_name(std::string_view text) { return is_text_without("/+#$", text, kBcastNameBytesMax); }

bool is_bcast_short_name(std::string_view text) { return is_text_without("/+#${}", text, kBcastNameBytesMax); }

bool is_bcast_full_topic(std::string_view text) { return is_text_without("+#${}", text, kBcastTopicBytesMax); }

BcastTopic BcastTopic::of_short_name(std::string_view product_key, std::string_view short_name) {
  BcastTopic topic;
  topic.around_.push_back(std::string("/").append(product_key).append("/"));
  topic.around_.push_back(std::string("/user/").append(short_name));
  return topic;
}

std::optional<BcastTopic> BcastTopic::of_template(std::string_view text, std::string_view product_key) {
  if (!is_text_without("+#", text, kBcastTopicBytesMax)) return {};
  BcastTopic topic;
  std::string* piece = &topic.around_.emplace_back();
  while (!text.empty()) {
    if (text.starts_with(kDevice)) {
      text.remove_prefix(kDevice.size());
      piece = &topic.around_.emplace_back();
    } else if (text.starts_with(kProduct)) {
      text.remove_prefix(kProduct.size());
      piece->append(product_key);
    } else if (text.starts_with("${")) {
      return {};
    } else {
      piece->push_back(text.front());
      text.remove_prefix(1);
    }
  }
  if (topic.around_.size() < 2 || topic.size_with(0) > kBcastTopicBytesMax) return {};
  if (topic.around_.front().starts_with('$')) return {};  // the broker's own (MQTT 5.0 §4.7.2)
  return topic;
}

std::size_t BcastTopic::size_with(std::size_t name_bytes) const {
  std::size_t size = (around_.size() - 1) * name_bytes;
  for (const std::string& piece : around_) size += piece.size();
  return size;
}

void BcastTopic::append_to(std::string& out, std::string_view device_name) const {
  out.append(around_.front());
  for (std::size_t i = 1; i < around_.size(); ++i) out.append(device_name).append(around_[i]);
}

std::shared_ptr<const wire::mqtt::PublishBatch> BcastTopic::plan(std::span<const std::string_view> device_names,
                                                                 wire::mqtt::SharedPayload payload,
                                                                 wire::mqtt::Qos qos) const {
  auto batch = std::make_shared<wire::mqtt::PublishBatch>();
  batch->payload = std::move(payload);
  batch->qos = qos;
  std::size_t name_bytes = 0;
  for (const std::string_view name : device_names) name_bytes += name.size();
  batch->topics.reserve(device_names.size() * size_with(0) + (around_.size() - 1) * name_bytes);
  batch->topic_ends.reserve(device_names.size());
  for (const std::string_view name : device_names) {
    append_to(batch->topics, name);
    batch->topic_ends.push_back(static_cast<std::uint32_t>(batch->topics.size()));
  }
  return batch;
}

std::string_view BcastTopic::name_in(std::string_view topic) const {
  const std::size_t name_bytes = (topic.size() - size_with(0)) / (around_.size() - 1);
  return topic.substr(around_.front().size(), name_bytes);
}

}  // namespace fleet::bridge
