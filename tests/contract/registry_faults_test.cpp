// What goes wrong below the registry: each change is made whole or not at all, in the file and in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>

#include "bridge/registry/registry.h"
#include "tests/support/faulty_vfs.h"
#include "tests/support/registry_fixture.h"

namespace fleet::bridge {
namespace {

using ::testing::AnyOf;

// One change of each kind. Each says whether it was made; advance() shows it in the state of the batch.
struct Change {
  const char* name;
  std::function<bool(Registry&)> make;
};

bool made(const RegistryResult<std::uint64_t>& result) { return result.has_value(); }

const std::vector<Change>& changes() {
  static const std::vector<DeviceName> subs = {{"lamp", "lamp-0"}, {"lamp", "lamp-1"}};
  static const std::vector<Change> all = {
      {"create a product", [](Registry& r) { return r.create_product({.name = "new"}, kRegistryDay).has_value(); }},
      {"register", [](Registry& r) { return r.register_device("lamp", {.name = "new-1"}, kRegistryDay).has_value(); }},
      {"register many",
       [](Registry& r) { return r.register_devices("lamp", std::vector<NewDevice>(500), kRegistryDay).has_value(); }},
      {"add topology",
       [](Registry& r) {
         return r.add_sub_devices({"gate", "gw01"}, subs).has_value();
       }},
      {"move",
       [](Registry& r) {
         return r.add_sub_devices({"gate", "gw02"}, subs).has_value();
       }},
      {"remove topology",
       [](Registry& r) {
         return r.remove_sub_devices({"gate", "gw02"}, {subs.data(), 1}).has_value();
       }},
      {"activate",
       [](Registry& r) {
         const Device* const devices[] = {r.device({"lamp", "lamp-0"}), r.device({"lamp", "lamp-1"})};
         return r.activate(devices).has_value();
       }},
      {"disable",
       [](Registry& r) {
         return r.set_disabled({"lamp", "lamp-0"}, true).has_value();
       }},
      {"delete a gateway",
       [](Registry& r) {
         return r.delete_device({"gate", "gw02"}).has_value();
       }},
      {"check",
       [](Registry& r) {
         return made(r.begin_check("lamp", std::vector<NewDevice>{{.name = "new-5"}, {.name = "new-6"}}, at_millis(0)));
       }},
      {"finish the check",
       [](Registry& r) {
         r.advance(at_millis(1'000'000));
         r.advance(at_millis(1'000'200));  // after a restart the delay begins anew
         return r.apply_batch(Registry::kFirstApplyId)->state == ApplyState::check_success;
       }},
      {"create from the check",
       [](Registry& r) {
         return r.begin_create_checked("lamp", Registry::kFirstApplyId, at_millis(1'000'000)).has_value();
       }},
      {"finish the creation",
       [](Registry& r) {
         r.advance(at_millis(2'000'000));
         r.advance(at_millis(2'000'200));  // after a restart the delay begins anew
         return r.apply_batch(Registry::kFirstApplyId)->state == ApplyState::create_success;
       }},
  };
  return all;
}

std::unique_ptr<Registry> open_at(const std::filesystem::path& path,
                                  const std::vector<ProductConfig>& products = some_products()) {
  auto opened = Registry::open({.sqlite_path = path}, products, kRegistryDay);
  EXPECT_TRUE(opened.has_value()) << opened.error().text();
  return opened ? std::move(*opened) : nullptr;
}

class VfsFaults : public testing::TestWithParam<VfsFault> {};

// Each change is tried with its first operation on a file failing, then its second, and so on until it gets through.
TEST_P(VfsFaults, ChangeNothing) {
  install_faulty_vfs();
  const tests::TempDir dir;
  const auto path = dir.path() / "registry.db";
  std::unique_ptr<Registry> registry = open_at(path);
  ASSERT_NE(registry, nullptr);
  int failures = 0;
  for (const Change& change : changes()) {
    for (int nth = 1;; ++nth) {
      ASSERT_LT(nth, 1'000) << change.name;
      const std::string before = dump(*registry);
      fail_operation(nth, GetParam());
      const bool done = change.make(*registry);
      const bool failed = operation_failed();
      fail_operation(0, GetParam());
      if (done) break;  // a checkpoint behind the commit may have failed: it is made up for later
      ASSERT_TRUE(failed) << change.name;
      ++failures;
      ASSERT_TRUE(dump(*registry) == before) << change.name << ", operation " << nth;
      registry.reset();
      registry = open_at(path, {});
      ASSERT_NE(registry, nullptr);
      ASSERT_TRUE(dump(*registry) == before) << change.name << ", operation " << nth << ", after a restart";
    }
  }
  EXPECT_GT(failures, static_cast<int>(changes().size()));
}

// The same at start: an error, and then everything is there.
TEST_P(VfsFaults, AtStartAreTold) {
  install_faulty_vfs();
  const tests::TempDir dir;
  for (int nth = 1;; ++nth) {
    ASSERT_LT(nth, 1'000);
    const auto path = dir.path() / ("registry-" + std::to_string(nth) + ".db");
    fail_operation(nth, GetParam());
    const auto opened = Registry::open({.sqlite_path = path}, some_products(), kRegistryDay);
    const bool failed = operation_failed();
    fail_operation(0, GetParam());
    if (!failed) {
      EXPECT_TRUE(opened.has_value());
      break;
    }
    if (opened) continue;  // what failed was not needed: a log to be cut, a file to be deleted
    EXPECT_EQ(opened.error().kind, wire::ErrorKind::environment);
    EXPECT_THAT(opened.error().message,
                AnyOf(testing::HasSubstr("disk is full"), testing::HasSubstr("cannot be read")));
    const auto again = open_at(path);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->device_count(), 13u);
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, VfsFaults, testing::Values(VfsFault::io_error, VfsFault::disk_full),
                         [](const auto& tested) {
                           return tested.param == VfsFault::io_error ? "IoError" : "DiskFull";
                         });

// The system's own refusal, as of a full disk or a quota.
TEST(RegistryFaults, ALimitOfTheSystemChangesNothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  const tests::TempDir dir;
  std::unique_ptr<Registry> registry = open_at(dir.path() / "registry.db");
  ASSERT_NE(registry, nullptr);
  const std::string before = dump(*registry);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit usual = limit;
  limit.rlim_cur = 256 << 10;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto refused = registry->register_devices("lamp", std::vector<NewDevice>(10'000), kRegistryDay);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &usual), 0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), RegistryFault::store);
  EXPECT_EQ(dump(*registry), before);
  EXPECT_TRUE(registry->register_devices("lamp", std::vector<NewDevice>(10'000), kRegistryDay).has_value());
}

// A store of ours that refuses: the batch waits a second, and is tried again.
TEST(RegistryFaults, BatchesAreTriedAgain) {
  class Refusing final : public Store {
   public:
    explicit Refusing(const bool& refuses) : refuses_(refuses) {}
    wire::Result<void> load(const StoreContents&) override { return {}; }
    wire::Result<void> commit(const Changes&) override {
      if (refuses_) return wire::environment_error("no");
      return {};
    }

   private:
    const bool& refuses_;
  };
  bool refuses = false;
  const auto registry = Registry::open(std::make_unique<Refusing>(refuses), {}, some_products(), kRegistryDay);
  ASSERT_TRUE(registry.has_value());
  const auto id = (*registry)->begin_create("lamp", 5, at_millis(0));
  ASSERT_TRUE(id.has_value());
  refuses = true;
  (*registry)->advance(at_millis(200));
  EXPECT_EQ((*registry)->apply_batch(*id)->state, ApplyState::create);
  refuses = false;
  (*registry)->advance(at_millis(1'199));
  EXPECT_EQ((*registry)->apply_batch(*id)->state, ApplyState::create);
  (*registry)->advance(at_millis(1'200));
  EXPECT_EQ((*registry)->apply_batch(*id)->state, ApplyState::create_success);
}

}  // namespace
}  // namespace fleet::bridge
