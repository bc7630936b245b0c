#include "tests/support/registry_fixture.h"

#include <fmt/format.h>

#include <iterator>

namespace fleet::bridge {

Moment at_millis(int millis) {
  return {wire::TimePoint(wire::Millis(1'000'000 + millis)), kRegistryDay + std::chrono::seconds(millis / 1'000)};
}

std::string dump(const Registry& registry, bool secrets) {
  std::string out;
  auto line = std::back_inserter(out);
  for (const auto& product : registry.products()) {
    fmt::format_to(line, "product {} {} {} {} {} {} {} {}\n", product->index(), secrets ? product->key() : "-",
                   product->name(), secrets ? product->secret() : "-", static_cast<int>(product->kind()),
                   product->x509(), product->created().time_since_epoch().count(), product->owner());
    for (const TopicClass& topic : product->topics()) {
      fmt::format_to(line, " topic {} {} {}\n", topic.id, topic.short_name, static_cast<int>(topic.operation));
    }
    for (const Device* device : product->device_page(0, product->device_count())) {
      const Device* const gateway = registry.gateway_of(*device);
      fmt::format_to(line, " device {} {} '{}' {} {} {} {}{}{}\n", device->index(), device->name(), device->nickname(),
                     secrets ? device->iot_id() : "-", secrets ? device->secret() : "-",
                     gateway == nullptr ? "-" : gateway->name(), device->created().time_since_epoch().count(),
                     device->activated() ? " activated" : "", device->disabled() ? " disabled" : "");
      for (const Device* sub : registry.sub_device_page(*device, 0, Registry::kSubDevicesMax)) {
        fmt::format_to(line, "  sub {}\n", sub->index());
      }
    }
  }
  for (std::uint64_t id = Registry::kFirstApplyId; id < Registry::kFirstApplyId + 1'000; ++id) {
    const ApplyBatch* const batch = registry.apply_batch(id);
    if (batch == nullptr) continue;
    fmt::format_to(line, "batch {} {} {}:", id, batch->product, state_name(batch->state));
    for (std::size_t i = 0; i < batch->names.size(); ++i) {
      fmt::format_to(line, " {}/{}/{}", batch->names.name(i), batch->names.nickname(i),
                     static_cast<int>(batch->marks[i]));
    }
    out += '\n';
  }
  for (const AppFacts& app : registry.apps()) {
    fmt::format_to(line, "app {} {}: topics {}; groups {}\n", app.key, app.secret, fmt::join(app.topics, " "),
                   fmt::join(app.groups, " "));
  }
  fmt::format_to(line, "{} devices, {} sub-devices, {} batches\n", registry.device_count(), registry.topology_count(),
                 registry.apply_batch_count());
  return out;
}

std::vector<ProductConfig> some_products() {
  ProductConfig gate{.key = "gate", .name = "gates", .kind = DeviceKind::gateway};
  for (const char* name : {"gw01", "gw02", "gw03"}) gate.devices.push_back({name, ""});
  ProductConfig lamp{.key = "lamp", .topics = {{"get", TopicOperation::subscribe}}};
  for (int i = 0; i < 10; ++i) lamp.devices.push_back({fmt::format("lamp-{}", i), "s"});
  return {std::move(gate), std::move(lamp)};
}

std::vector<std::string> names_of(const std::vector<const Device*>& devices) {
  std::vector<std::string> names;
  for (const Device* device : devices) names.emplace_back(device->name());
  return names;
}

}  // namespace fleet::bridge
