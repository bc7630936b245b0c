#include "bridge/registry/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

template <class Kind>
class RegistryOver : public RegistryTest<Kind> {};
TYPED_TEST_SUITE(RegistryOver, StoreKinds);

TYPED_TEST(RegistryOver, FindsWhatTheConfigurationNames) {
  const Registry& registry = this->registry();
  const Product* const lamp = registry.product("lamp");
  ASSERT_NE(lamp, nullptr);
  EXPECT_EQ(lamp->kind(), DeviceKind::device);
  EXPECT_EQ(registry.product("gate")->kind(), DeviceKind::gateway);
  EXPECT_EQ(registry.product("gate")->name(), "gates");
  EXPECT_EQ(registry.product("none"), nullptr);
  EXPECT_EQ(lamp->device_count(), 10u);
  EXPECT_EQ(lamp->device("lamp-3")->secret(), "s");
  EXPECT_EQ(lamp->device("lamp-x"), nullptr);
  EXPECT_EQ(lamp->device("gw01"), nullptr);
  EXPECT_EQ(&registry.product_of(*lamp->device("lamp-3")), lamp);
  EXPECT_EQ(lamp->topic_class("get")->operation, TopicOperation::subscribe);
  EXPECT_EQ(lamp->topic_class("gets"), nullptr);
  EXPECT_EQ(registry.device({"gate", "gw02"})->created(), kRegistryDay);
}

TYPED_TEST(RegistryOver, MakesTheSecretsThatAreNotGiven) {
  const Device* const first = this->registry().device({"gate", "gw01"});
  const Device* const second = this->registry().device({"gate", "gw02"});
  EXPECT_THAT(std::string(first->secret()), MatchesRegex("[A-Za-z0-9]{32}"));
  EXPECT_THAT(std::string(first->iot_id()), MatchesRegex("[A-Za-z0-9]{20}000100"));
  EXPECT_NE(first->secret(), second->secret());
  EXPECT_NE(first->iot_id(), second->iot_id());
}

TYPED_TEST(RegistryOver, FindsDevicesByIotId) {
  const Registry& registry = this->registry();
  for (const auto& product : registry.products()) {
    for (const Device* device : product->device_page(0, 100)) {
      EXPECT_EQ(registry.device_of_iot_id(device->iot_id()), device);
    }
  }
  std::string other(registry.device({"lamp", "lamp-0"})->iot_id());
  other[10] = other[10] == 'a' ? 'b' : 'a';
  EXPECT_EQ(registry.device_of_iot_id(other), nullptr);
  EXPECT_EQ(registry.device_of_iot_id(""), nullptr);
  EXPECT_EQ(registry.device_of_iot_id("zzzzzzzzzzzzzzzzzzzz000100"), nullptr);
}

TYPED_TEST(RegistryOver, FindsManyAsItFindsOne) {
  const Product* const lamp = this->registry().product("lamp");
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("lamp-" + std::to_string(i));
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<const Device*> found;
  lamp->find_devices(views, found);
  ASSERT_EQ(found.size(), views.size());
  for (std::size_t i = 0; i < views.size(); ++i) EXPECT_EQ(found[i], lamp->device(views[i])) << views[i];
}

TYPED_TEST(RegistryOver, CreatesProductsWithTheClassesOfANewOne) {
  const auto made = this->registry().create_product(
      {.name = "Ärger & Co", .kind = DeviceKind::gateway, .x509 = true, .owner = "somebody"}, kRegistryDay);
  ASSERT_TRUE(made.has_value());
  EXPECT_THAT((*made)->key(), MatchesRegex("a1[A-Za-z0-9]{9}"));
  EXPECT_THAT((*made)->secret(), MatchesRegex("[A-Za-z0-9]{16}"));
  EXPECT_EQ((*made)->name(), "Ärger & Co");
  EXPECT_TRUE((*made)->x509());
  EXPECT_EQ((*made)->owner(), "somebody");
  EXPECT_TRUE((*made)->is_open_to("somebody"));
  EXPECT_FALSE((*made)->is_open_to("else"));
  EXPECT_EQ(this->registry().product((*made)->key()), *made);
  std::vector<std::string> classes;
  std::set<std::uint64_t> ids;
  for (const auto& product : this->registry().products()) {
    for (const TopicClass& topic : product->topics()) {
      ids.insert(topic.id);
      if (product.get() == *made) classes.push_back(topic.short_name);
    }
  }
  EXPECT_THAT(classes, ElementsAre("update", "update/error", "get"));
  EXPECT_EQ(ids.size(), 4u);
}

TYPED_TEST(RegistryOver, RegistersOneDevice) {
  const auto made = this->registry().register_device(
      "lamp", {.name = "new-1", .nickname = "\xE5\xAE\xA2\xE5\x8E\x85", .secret = "given"}, kRegistryDay);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ((*made)->name(), "new-1");
  EXPECT_EQ((*made)->nickname(), "\xE5\xAE\xA2\xE5\x8E\x85");
  EXPECT_EQ((*made)->secret(), "given");
  EXPECT_EQ(this->registry().device({"lamp", "new-1"}), *made);
  const auto unnamed = this->registry().register_device("lamp", {.name = ""}, kRegistryDay);
  EXPECT_THAT(std::string((*unnamed)->name()), MatchesRegex("[A-Za-z0-9]{20}"));
  EXPECT_EQ(this->registry().product("lamp")->device_count(), 12u);
}

TYPED_TEST(RegistryOver, RegistersAllOrNone) {
  Registry& registry = this->registry();
  const std::string before = dump(registry);
  const std::vector<NewDevice> taken = {{.name = "new-1"}, {.name = "lamp-0"}};
  const std::vector<NewDevice> twice = {{.name = "new-1"}, {.name = "new-2"}, {.name = "new-1"}};
  EXPECT_EQ(registry.register_devices("lamp", taken, kRegistryDay).error(), RegistryFault::name_taken);
  EXPECT_EQ(registry.register_devices("lamp", twice, kRegistryDay).error(), RegistryFault::name_taken);
  EXPECT_EQ(registry.register_devices("none", twice, kRegistryDay).error(), RegistryFault::unknown_product);
  EXPECT_EQ(dump(registry), before);
  const auto good =
      registry.register_devices("gate", std::vector<NewDevice>{{.name = "lamp-0"}, {.name = "b"}}, kRegistryDay);
  EXPECT_THAT(names_of(*good), ElementsAre("lamp-0", "b"));
  EXPECT_TRUE(registry.register_devices("gate", {}, kRegistryDay)->empty());
}

TYPED_TEST(RegistryOver, RegistersInSeveralProductsAllOrNone) {
  Registry& registry = this->registry();
  const std::string before = dump(registry);
  const std::vector<NewDevice> two = {{.name = "new-1"}, {.name = "new-2"}};
  const std::vector<NewDevice> taken = {{.name = "gw01"}};
  const auto fault = [&registry](std::vector<NewDevices> groups) {
    return registry.register_devices(groups, kRegistryDay).error();
  };
  EXPECT_EQ(fault({{"lamp", two}, {"gate", taken}}), RegistryFault::name_taken);
  EXPECT_EQ(fault({{"lamp", two}, {"none", two}}), RegistryFault::unknown_product);
  EXPECT_EQ(dump(registry), before);
  const std::vector<NewDevices> good = {{"lamp", two}, {"gate", two}};
  const auto made = registry.register_devices(good, kRegistryDay);
  ASSERT_TRUE(made.has_value());
  EXPECT_THAT(names_of(*made), ElementsAre("new-1", "new-2", "new-1", "new-2"));
  EXPECT_NE((*made)[0]->iot_id(), (*made)[2]->iot_id());
}

TYPED_TEST(RegistryOver, RemembersWhoWasOnlineAndWhoMayNotBe) {
  Registry& registry = this->registry();
  const Device* const lamp = registry.device({"lamp", "lamp-1"});
  const Device* const other = registry.device({"lamp", "lamp-2"});
  EXPECT_FALSE(lamp->activated() || lamp->disabled());
  const Device* const both[] = {lamp, other};
  EXPECT_TRUE(registry.activate(both).has_value());
  EXPECT_TRUE(registry.activate(both).has_value()) << "nothing new";
  EXPECT_TRUE(lamp->activated() && other->activated());
  EXPECT_EQ(registry.set_disabled({"lamp", "lamp-1"}, true), true);
  EXPECT_EQ(registry.set_disabled({"lamp", "lamp-1"}, true), false) << "nothing new";
  EXPECT_EQ(registry.set_disabled({"lamp", "lamp-2"}, false), false);
  EXPECT_EQ(registry.set_disabled({"lamp", "nobody"}, true).error(), RegistryFault::unknown_device);
  EXPECT_EQ(registry.set_disabled({"none", "lamp-1"}, true).error(), RegistryFault::unknown_product);
  EXPECT_TRUE(lamp->activated() && lamp->disabled() && !other->disabled());
}

// A device that takes the place of a deleted one is a new one.
TYPED_TEST(RegistryOver, ForgetsWithADeviceWhatItWas) {
  Registry& registry = this->registry();
  const Device* const lamp = registry.device({"lamp", "lamp-1"});
  ASSERT_TRUE(registry.activate({&lamp, 1}).has_value());
  ASSERT_EQ(registry.set_disabled({"lamp", "lamp-1"}, true), true);
  ASSERT_TRUE(registry.delete_device({"lamp", "lamp-1"}).has_value());
  const auto next = registry.register_device("lamp", {.name = "lamp-1"}, kRegistryDay);
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE((*next)->activated() || (*next)->disabled());
}

TYPED_TEST(RegistryOver, DeletesAndUsesThePlaceAgain) {
  Registry& registry = this->registry();
  const std::uint32_t place = registry.device({"lamp", "lamp-4"})->index();
  const std::uint32_t limit = registry.index_limit();
  ASSERT_TRUE(registry.delete_device({"lamp", "lamp-4"}).has_value());
  EXPECT_EQ(registry.device({"lamp", "lamp-4"}), nullptr);
  EXPECT_EQ(registry.delete_device({"lamp", "lamp-4"}).error(), RegistryFault::unknown_device);
  EXPECT_EQ(registry.delete_device({"none", "lamp-4"}).error(), RegistryFault::unknown_product);
  const auto next = registry.register_device("gate", {.name = "gw99"}, kRegistryDay);
  EXPECT_EQ((*next)->index(), place);
  EXPECT_EQ(registry.index_limit(), limit);
  EXPECT_EQ(registry.device_count(), 13u);
}

TYPED_TEST(RegistryOver, ShowsDevicesInPages) {
  const Product* const lamp = this->registry().product("lamp");
  EXPECT_THAT(names_of(lamp->device_page(0, 2)), ElementsAre("lamp-0", "lamp-1"));
  EXPECT_THAT(names_of(lamp->device_page(8, 50)), ElementsAre("lamp-8", "lamp-9"));
  EXPECT_THAT(lamp->device_page(10, 5), IsEmpty());
}

TYPED_TEST(RegistryOver, KeepsWhatIsThereWhenTheConfigurationChanges) {
  const std::string secret(this->registry().device({"gate", "gw01"})->secret());
  const std::uint64_t get_id = this->registry().product("lamp")->topic_class("get")->id;
  ASSERT_TRUE(this->registry().register_device("lamp", {.name = "new-1"}, kRegistryDay).has_value());
  this->products_[0].name = "renamed";
  this->products_[1].devices = {{"lamp-0", "other"}, {"lamp-77", "x"}};
  this->products_[1].topics = {{"get", TopicOperation::both}, {"set", TopicOperation::subscribe}};
  this->open();
  const Product* const lamp = this->registry().product("lamp");
  EXPECT_EQ(lamp->device("lamp-0")->secret(), "other");
  EXPECT_NE(lamp->device("lamp-77"), nullptr);
  EXPECT_EQ(this->registry().product("gate")->name(), "renamed");
  EXPECT_EQ(lamp->topic_class("get")->operation, TopicOperation::both);
  EXPECT_NE(lamp->topic_class("set"), nullptr);
  if (!TypeParam::kLasts) return;
  EXPECT_EQ(lamp->topic_class("get")->id, get_id);
  EXPECT_EQ(lamp->device_count(), 12u);
  EXPECT_EQ(lamp->device("lamp-1")->secret(), "s");
  EXPECT_NE(lamp->device("new-1"), nullptr);
  EXPECT_EQ(this->registry().device({"gate", "gw01"})->secret(), secret);
}

TYPED_TEST(RegistryOver, KeepsTheAppsOfTheConfigurationAndNoOthers) {
  this->apps_ = {{.app_key = "2", .app_secret = "second"},
                 {.app_key = "1", .app_secret = "first", .topics = {"b", "a", "b"}, .groups = {"y", "x"}}};
  this->open();
  const auto apps = this->registry().apps();
  ASSERT_EQ(apps.size(), 2u);
  EXPECT_EQ(apps[0], (AppFacts{.key = "1", .secret = "first", .topics = {"a", "b"}, .groups = {"x", "y"}}));
  EXPECT_EQ(apps[1], (AppFacts{.key = "2", .secret = "second"}));
  this->apps_.erase(this->apps_.begin());
  this->apps_[0].app_secret = "changed";
  this->apps_[0].groups = {"x", "z"};
  this->open();
  ASSERT_EQ(this->registry().apps().size(), 1u);
  EXPECT_EQ(this->registry().apps()[0],
            (AppFacts{.key = "1", .secret = "changed", .topics = {"a", "b"}, .groups = {"x", "z"}}));
}

TYPED_TEST(RegistryOver, RefusesAChangeOfKind) {
  if (!TypeParam::kLasts) return;
  this->registry_.reset();
  this->products_[0].kind = DeviceKind::sub_device;
  const auto opened = Registry::open({.sqlite_path = this->dir_.path() / "registry.db"}, this->products_, kRegistryDay);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, wire::ErrorKind::usage);
  EXPECT_EQ(opened.error().text(),
            "products: the registry's store has product gate with kind: gateway, which cannot change; write kind: "
            "gateway, or give the new product a key of its own");
}

}  // namespace
}  // namespace fleet::bridge
