#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class Kind>
class TopologyOver : public RegistryTest<Kind> {
 protected:
  static constexpr DeviceName kFirst{"gate", "gw01"};
  static constexpr DeviceName kSecond{"gate", "gw02"};
  static constexpr DeviceName kThird{"gate", "gw03"};

  RegistryFault add_fault(const DeviceName& gateway, const std::vector<DeviceName>& items) {
    const std::string before = dump(*this->registry_);
    const auto added = this->registry_->add_sub_devices(gateway, items);
    EXPECT_EQ(dump(*this->registry_), before);
    EXPECT_FALSE(added.has_value());
    return added ? RegistryFault::store : added.error();
  }

  std::vector<std::string> subs_of(const DeviceName& gateway) {
    return names_of(this->registry_->sub_device_page(*this->registry_->device(gateway), 0, 2'000));
  }
};
TYPED_TEST_SUITE(TopologyOver, StoreKinds);

TYPED_TEST(TopologyOver, IsTakenFromTheConfiguration) {
  std::vector<ProductConfig> products = some_products();
  ProductConfig& lamps = products[1];
  ASSERT_EQ(lamps.key, "lamp");
  lamps.devices[1].gateway = "gate/gw01";
  lamps.devices[2].gateway = "gate/gw01";
  lamps.devices[3].gateway = "gate/gw02";
  const auto opened = Registry::open(make_memory_store(), {}, products, kRegistryDay);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_THAT(names_of((*opened)->sub_device_page(*(*opened)->device(this->kFirst), 0, 10)),
              ElementsAre("lamp-1", "lamp-2"));
  EXPECT_EQ((*opened)->topology_count(), 3u);

  const auto error = [&products](const std::string& gateway) {
    products[1].devices[1].gateway = gateway;
    const auto refused = Registry::open(make_memory_store(), {}, products, kRegistryDay);
    return refused ? "accepted" : refused.error().text();
  };
  EXPECT_EQ(error("gate/gw09"), "gate/gw09, the gateway of lamp-1, is no device");
  EXPECT_EQ(error("nowhere/gw01"), "nowhere/gw01, the gateway of lamp-1, is no device");
  EXPECT_EQ(error("lamp/lamp-0"), "lamp/lamp-0, the gateway of lamp-1, is none: its product is of another kind");
}

TYPED_TEST(TopologyOver, LeavesAMovedSubDeviceWhereItIs) {
  if (!TypeParam::kLasts) return;
  this->products_[1].devices[1].gateway = "gate/gw01";
  this->open();
  const std::vector<DeviceName> one = {{"lamp", "lamp-1"}};
  ASSERT_TRUE(this->registry().add_sub_devices(this->kSecond, one));
  this->open();
  EXPECT_THAT(this->subs_of(this->kFirst), IsEmpty());
  EXPECT_THAT(this->subs_of(this->kSecond), ElementsAre("lamp-1"));
}

TYPED_TEST(TopologyOver, AddsAndMoves) {
  Registry& registry = this->registry();
  const std::vector<DeviceName> three = {{"lamp", "lamp-2"}, {"lamp", "lamp-1"}, {"lamp", "lamp-3"}};
  const auto added = registry.add_sub_devices(this->kFirst, three);
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ((*added)[0].device->name(), "lamp-2");
  EXPECT_EQ((*added)[0].left, nullptr);
  EXPECT_THAT(this->subs_of(this->kFirst), ElementsAre("lamp-1", "lamp-2", "lamp-3"));
  EXPECT_EQ(registry.gateway_of(*registry.device(three[0])), registry.device(this->kFirst));

  const std::vector<DeviceName> two = {{"lamp", "lamp-2"}, {"lamp", "lamp-9"}};
  const auto moved = registry.add_sub_devices(this->kSecond, two);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ((*moved)[0].left, registry.device(this->kFirst));
  EXPECT_EQ((*moved)[1].left, nullptr);
  EXPECT_THAT(this->subs_of(this->kFirst), ElementsAre("lamp-1", "lamp-3"));
  EXPECT_THAT(this->subs_of(this->kSecond), ElementsAre("lamp-2", "lamp-9"));
  EXPECT_EQ(registry.topology_count(), 4u);

  const auto again = registry.add_sub_devices(this->kSecond, two);
  EXPECT_EQ((*again)[0].left, registry.device(this->kSecond));
  EXPECT_EQ(registry.topology_count(), 4u);
  EXPECT_THAT(names_of(registry.sub_device_page(*registry.device(this->kSecond), 1, 5)), ElementsAre("lamp-9"));
  EXPECT_THAT(registry.sub_device_page(*registry.device(this->kSecond), 2, 5), IsEmpty());
}

TYPED_TEST(TopologyOver, ChangesNothingWhereOneItemIsWrong) {
  const DeviceName good{"lamp", "lamp-0"};
  EXPECT_EQ(this->add_fault({"none", "gw01"}, {good}), RegistryFault::unknown_product);
  EXPECT_EQ(this->add_fault({"gate", "gw99"}, {good}), RegistryFault::unknown_device);
  EXPECT_EQ(this->add_fault({"lamp", "lamp-1"}, {good}), RegistryFault::not_a_gateway);
  EXPECT_EQ(this->add_fault(this->kFirst, {good, {"none", "x"}}), RegistryFault::unknown_product);
  EXPECT_EQ(this->add_fault(this->kFirst, {good, {"lamp", "lamp-x"}}), RegistryFault::unknown_device);
  EXPECT_EQ(this->add_fault(this->kFirst, {good, this->kFirst}), RegistryFault::itself);
  EXPECT_EQ(this->add_fault(this->kFirst, {good, {"lamp", "lamp-1"}, good}), RegistryFault::given_twice);
}

TYPED_TEST(TopologyOver, NeverMakesALoop) {
  Registry& registry = this->registry();
  ASSERT_TRUE(registry.add_sub_devices(this->kFirst, std::vector<DeviceName>{this->kSecond}).has_value());
  ASSERT_TRUE(registry.add_sub_devices(this->kSecond, std::vector<DeviceName>{this->kThird}).has_value());
  EXPECT_EQ(this->add_fault(this->kSecond, {this->kFirst}), RegistryFault::loop);
  EXPECT_EQ(this->add_fault(this->kThird, {{"lamp", "lamp-0"}, this->kFirst}), RegistryFault::loop);
  EXPECT_TRUE(registry.add_sub_devices(this->kFirst, std::vector<DeviceName>{this->kThird}).has_value());
}

TYPED_TEST(TopologyOver, KeepsToTheLimitOfAGateway) {
  Registry& registry = this->registry();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < Registry::kSubDevicesMax; ++i) names.push_back(fmt::format("sub-{:04}", i));
  std::vector<NewDevice> devices;
  std::vector<DeviceName> items;
  for (const std::string& name : names) {
    devices.push_back({.name = name});
    items.push_back({"lamp", name});
  }
  ASSERT_TRUE(registry.register_devices("lamp", devices, kRegistryDay).has_value());
  items.back() = {"lamp", "lamp-0"};
  ASSERT_TRUE(registry.add_sub_devices(this->kFirst, items).has_value());
  EXPECT_EQ(this->add_fault(this->kFirst, {{"lamp", "lamp-0"}, {"lamp", "lamp-1"}}), RegistryFault::gateway_full);
  // What it has already needs no room.
  EXPECT_TRUE(registry.add_sub_devices(this->kFirst, items).has_value());
}

TYPED_TEST(TopologyOver, RemovesAllOrNone) {
  Registry& registry = this->registry();
  const std::vector<DeviceName> two = {{"lamp", "lamp-0"}, {"lamp", "lamp-1"}};
  ASSERT_TRUE(registry.add_sub_devices(this->kFirst, two).has_value());
  const std::string before = dump(registry);
  const std::vector<DeviceName> stranger = {{"lamp", "lamp-0"}, {"lamp", "lamp-2"}};
  const std::vector<DeviceName> twice = {{"lamp", "lamp-0"}, {"lamp", "lamp-0"}};
  EXPECT_EQ(registry.remove_sub_devices(this->kFirst, stranger).error(), RegistryFault::not_in_topology);
  EXPECT_EQ(registry.remove_sub_devices(this->kSecond, two).error(), RegistryFault::not_in_topology);
  EXPECT_EQ(registry.remove_sub_devices(this->kFirst, twice).error(), RegistryFault::given_twice);
  EXPECT_EQ(dump(registry), before);
  ASSERT_TRUE(registry.remove_sub_devices(this->kFirst, std::vector<DeviceName>{two[1]}).has_value());
  EXPECT_THAT(this->subs_of(this->kFirst), ElementsAre("lamp-0"));
}

TYPED_TEST(TopologyOver, LosesItsDevicesWhenTheyAreDeleted) {
  Registry& registry = this->registry();
  const std::vector<DeviceName> two = {{"lamp", "lamp-0"}, {"lamp", "lamp-1"}};
  ASSERT_TRUE(registry.add_sub_devices(this->kFirst, two).has_value());
  const auto sub = registry.delete_device(two[0]);
  EXPECT_EQ(sub->gateway, registry.device(this->kFirst));
  EXPECT_THAT(this->subs_of(this->kFirst), ElementsAre("lamp-1"));
  const auto gateway = registry.delete_device(this->kFirst);
  EXPECT_THAT(names_of(gateway->former_sub_devices), ElementsAre("lamp-1"));
  EXPECT_EQ(registry.gateway_of(*registry.device(two[1])), nullptr);
  EXPECT_EQ(registry.topology_count(), 0u);
  // A newcomer in the gateway's place inherits nothing.
  const auto newcomer = registry.register_device("gate", {.name = "gw04"}, kRegistryDay);
  EXPECT_EQ(registry.sub_device_count(**newcomer), 0u);
}

}  // namespace
}  // namespace fleet::bridge
