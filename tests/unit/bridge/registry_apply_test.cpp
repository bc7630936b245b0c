#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "bridge/registry/registry.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

template <class Kind>
class ApplyOver : public RegistryTest<Kind> {
 protected:
  std::uint64_t check(const std::vector<NewDevice>& names, int millis) {
    const auto id = this->registry_->begin_check("lamp", names, at_millis(millis));
    EXPECT_TRUE(id.has_value());
    return id.value_or(0);
  }
  ApplyState state(std::uint64_t id) { return this->registry_->apply_batch(id)->state; }
  RegistryFault create_fault(std::string_view product, std::uint64_t id) {
    return this->registry_->begin_create_checked(product, id, at_millis(0)).error();
  }
};
TYPED_TEST_SUITE(ApplyOver, StoreKinds);

TYPED_TEST(ApplyOver, ChecksThenCreates) {
  Registry& registry = this->registry();
  const std::uint64_t id = this->check({{.name = "new-1", .nickname = "one"}, {.name = "new-2"}}, 0);
  EXPECT_EQ(id, Registry::kFirstApplyId);
  registry.advance(at_millis(199));
  EXPECT_EQ(this->state(id), ApplyState::check);
  EXPECT_EQ(this->create_fault("lamp", id), RegistryFault::still_running);
  registry.advance(at_millis(200));
  EXPECT_EQ(this->state(id), ApplyState::check_success);
  EXPECT_EQ(registry.device({"lamp", "new-1"}), nullptr);

  ASSERT_TRUE(registry.begin_create_checked("lamp", id, at_millis(1'000)).has_value());
  EXPECT_EQ(this->state(id), ApplyState::create);
  EXPECT_EQ(this->create_fault("lamp", id), RegistryFault::still_running);
  EXPECT_EQ(registry.apply_made_count(*registry.apply_batch(id)), 0u);
  registry.advance(at_millis(1'200));
  EXPECT_EQ(this->state(id), ApplyState::create_success);
  EXPECT_EQ(this->create_fault("lamp", id), RegistryFault::already_created);

  const ApplyBatch& batch = *registry.apply_batch(id);
  EXPECT_THAT(names_of(registry.apply_page(batch, 0, 10)), ElementsAre("new-1", "new-2"));
  EXPECT_THAT(names_of(registry.apply_page(batch, 1, 10)), ElementsAre("new-2"));
  EXPECT_THAT(registry.apply_page(batch, 2, 10), IsEmpty());
  EXPECT_EQ(registry.device({"lamp", "new-1"})->nickname(), "one");
  EXPECT_EQ(registry.device({"lamp", "new-1"})->created(), kRegistryDay + std::chrono::seconds(1));
}

TYPED_TEST(ApplyOver, TellsWhichNamesAreTaken) {
  Registry& registry = this->registry();
  const std::uint64_t id = this->check({{.name = "new-1"}, {.name = "lamp-0"}, {.name = "new-2"}}, 0);
  registry.advance(at_millis(200));
  EXPECT_EQ(this->state(id), ApplyState::check_failed);
  EXPECT_THAT(registry.apply_batch(id)->marked(ApplyMark::valid), ElementsAre("new-1", "new-2"));
  EXPECT_THAT(registry.apply_batch(id)->marked(ApplyMark::taken), ElementsAre("lamp-0"));
  EXPECT_EQ(this->create_fault("lamp", id), RegistryFault::check_failed);
}

TYPED_TEST(ApplyOver, ReservesNothing) {
  Registry& registry = this->registry();
  const std::uint64_t first = this->check({{.name = "new-1"}, {.name = "new-2"}}, 0);
  const std::uint64_t second = this->check({{.name = "new-2"}, {.name = "new-3"}}, 0);
  registry.advance(at_millis(200));
  ASSERT_TRUE(registry.begin_create_checked("lamp", first, at_millis(200)).has_value());
  ASSERT_TRUE(registry.begin_create_checked("lamp", second, at_millis(201)).has_value());
  registry.advance(at_millis(500));
  EXPECT_EQ(this->state(first), ApplyState::create_success);
  EXPECT_EQ(this->state(second), ApplyState::create_failed);
  EXPECT_THAT(registry.apply_batch(second)->marked(ApplyMark::taken), ElementsAre("new-2"));
  EXPECT_THAT(names_of(registry.apply_page(*registry.apply_batch(second), 0, 10)), ElementsAre("new-3"));
}

TYPED_TEST(ApplyOver, MakesNamesAtRandom) {
  Registry& registry = this->registry();
  const auto id = registry.begin_create("lamp", 500, at_millis(0));
  ASSERT_TRUE(id.has_value());
  registry.advance(at_millis(200));
  const ApplyBatch& batch = *registry.apply_batch(*id);
  EXPECT_EQ(batch.state, ApplyState::create_success);
  EXPECT_EQ(registry.apply_made_count(batch), 500u);
  std::set<std::string> names;
  std::set<std::string_view> secrets;
  for (const Device* device : registry.apply_page(batch, 0, 1'000)) {
    names.emplace(device->name());
    secrets.insert(device->secret());
  }
  EXPECT_EQ(names.size(), 500u);
  EXPECT_EQ(secrets.size(), 500u);
  EXPECT_THAT(*names.begin(), MatchesRegex("[A-Za-z0-9]{20}"));
}

TYPED_TEST(ApplyOver, PassesOverDevicesThatWereDeleted) {
  Registry& registry = this->registry();
  const std::uint64_t id = this->check({{.name = "new-1"}, {.name = "new-2"}}, 0);
  registry.advance(at_millis(200));
  ASSERT_TRUE(registry.begin_create_checked("lamp", id, at_millis(200)).has_value());
  registry.advance(at_millis(400));
  ASSERT_TRUE(registry.delete_device({"lamp", "new-1"}).has_value());
  const ApplyBatch& batch = *registry.apply_batch(id);
  EXPECT_THAT(names_of(registry.apply_page(batch, 0, 10)), ElementsAre("new-2"));
  EXPECT_EQ(registry.apply_made_count(batch), 2u);
}

TYPED_TEST(ApplyOver, KnowsWhoseABatchIs) {
  const std::uint64_t id = this->check({{.name = "new-1"}}, 0);
  this->registry().advance(at_millis(200));
  EXPECT_EQ(this->create_fault("gate", id), RegistryFault::wrong_product);
  EXPECT_EQ(this->create_fault("none", id), RegistryFault::unknown_product);
  EXPECT_EQ(this->create_fault("lamp", id + 1), RegistryFault::unknown_apply);
  EXPECT_EQ(this->registry().apply_batch(0), nullptr);
  EXPECT_EQ(this->registry().begin_create("none", 1, at_millis(0)).error(), RegistryFault::unknown_product);
}

TYPED_TEST(ApplyOver, GoesOnAfterARestart) {
  if (!TypeParam::kLasts) return;
  const std::uint64_t checked = this->check({{.name = "new-1"}}, 0);
  this->registry().advance(at_millis(200));
  const std::uint64_t checking = this->check({{.name = "new-2"}}, 200);
  ASSERT_TRUE(this->registry().begin_create_checked("lamp", checked, at_millis(200)).has_value());
  this->open();
  EXPECT_EQ(this->state(checked), ApplyState::create);
  EXPECT_EQ(this->state(checking), ApplyState::check);
  // Another process, another clock: the delay begins with the first look at it.
  this->registry().advance(at_millis(-500));
  this->registry().advance(at_millis(-301));
  EXPECT_EQ(this->state(checked), ApplyState::create);
  this->registry().advance(at_millis(-300));
  EXPECT_EQ(this->state(checked), ApplyState::create_success);
  EXPECT_EQ(this->state(checking), ApplyState::check_success);
  EXPECT_GT(this->check({{.name = "new-3"}}, 0), checking);
}

TEST(ApplyBatches, AreForgottenOldestFirst) {
  Registry registry(some_products());
  constexpr std::size_t kNames = 10'000;
  constexpr std::size_t kFits = Registry::kApplyNamesMax / kNames;
  const std::vector<NewDevice> names(kNames, NewDevice{.name = "lamp-0"});
  for (std::size_t i = 0; i < kFits; ++i) ASSERT_TRUE(registry.begin_check("lamp", names, at_millis(0)).has_value());
  // All are under way: none may be forgotten.
  EXPECT_EQ(registry.begin_create("lamp", 1, at_millis(0)).error(), RegistryFault::full);
  registry.advance(at_millis(200));
  EXPECT_TRUE(registry.begin_create("lamp", 1, at_millis(200)).has_value());
  EXPECT_EQ(registry.apply_batch(Registry::kFirstApplyId), nullptr);
  EXPECT_NE(registry.apply_batch(Registry::kFirstApplyId + 1), nullptr);
  EXPECT_EQ(registry.apply_batch_count(), kFits);
}

TEST(ApplyNames, AreReadBackAsTheyWereWritten) {
  ApplyNames names;
  names.add("dev1", "");
  names.add("dev2", std::string(255, 'x'));
  ApplyNames copy;
  ASSERT_TRUE(copy.parse(names.bytes()));
  ASSERT_EQ(copy.size(), 2u);
  EXPECT_EQ(copy.name(1), "dev2");
  EXPECT_EQ(copy.nickname(1), std::string(255, 'x'));
  for (std::size_t cut = 1; cut < names.bytes().size(); ++cut) {
    if (cut == 6) continue;  // behind the first
    EXPECT_FALSE(copy.parse(names.bytes().substr(0, cut))) << cut;
  }
}

}  // namespace
}  // namespace fleet::bridge
