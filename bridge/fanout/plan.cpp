#include "bridge/fanout/plan.h"

#include <cstdint>
#include <utility>

namespace fleet::bridge {
namespace {

constexpr std::string_view kUser = "/user/";

}  // namespace

std::size_t FanoutTopic::size_with(std::size_t name_bytes) const {
  return 2 + product_key.size() + name_bytes + kUser.size() + short_name.size();
}

std::shared_ptr<const wire::mqtt::PublishBatch> plan_fanout(const FanoutTopic& topic,
                                                            std::span<const std::string_view> device_names,
                                                            std::vector<std::byte> payload, wire::mqtt::Qos qos) {
  auto batch = std::make_shared<wire::mqtt::PublishBatch>();
  batch->set_payload(std::move(payload));
  batch->qos = qos;
  std::size_t size = device_names.size() * topic.size_with(0);
  for (const std::string_view name : device_names) size += name.size();
  batch->topics.reserve(size);
  batch->topic_ends.reserve(device_names.size());
  for (const std::string_view name : device_names) {
    batch->topics.append("/").append(topic.product_key).append("/").append(name);
    batch->topics.append(kUser).append(topic.short_name);
    batch->topic_ends.push_back(static_cast<std::uint32_t>(batch->topics.size()));
  }
  return batch;
}

}  // namespace fleet::bridge
