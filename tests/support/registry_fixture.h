// One registry over each kind of store, and its whole content as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"
#include "tests/support/temp_dir.h"

namespace fleet::bridge {

inline constexpr wire::WallTime kRegistryDay{std::chrono::seconds(1'767'323'045)};  // 2026-01-02T03:04:05Z

// `millis` after the beginning of a test's time.
[[nodiscard]] Moment at_millis(int millis);

// Everything that the registry holds, a line each. Without what is made at random where `secrets` is false: IotIds,
// secrets, keys and secrets of products.
[[nodiscard]] std::string dump(const Registry& registry, bool secrets = true);

// Products "gate" (gateways gw01 to gw03) and "lamp" (devices lamp-0 to lamp-9, secret "s", topic class get).
[[nodiscard]] std::vector<ProductConfig> some_products();

struct InMemory {
  static constexpr bool kLasts = false;
};
struct InSqlite {
  static constexpr bool kLasts = true;
};

// A registry over the store that `Kind` names. When a test over a file is over, the file holds what the memory does.
template <class Kind>
class RegistryTest : public testing::Test {
 protected:
  void SetUp() override { open(); }

  void TearDown() override {
    if (!Kind::kLasts || registry_ == nullptr) return;
    const std::string before = dump(*registry_);
    products_.clear();
    open();
    EXPECT_EQ(dump(*registry_), before);
  }

  // Anew, from the file where there is one.
  void open() {
    registry_.reset();
    RegistryConfig config;
    if (Kind::kLasts) config.sqlite_path = dir_.path() / "registry.db";
    auto opened = Registry::open(config, products_, kRegistryDay, apps_);
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    registry_ = std::move(*opened);
  }

  Registry& registry() { return *registry_; }

  tests::TempDir dir_;
  std::vector<ProductConfig> products_ = some_products();
  std::vector<AppConfig> apps_;
  std::unique_ptr<Registry> registry_;
};

using StoreKinds = testing::Types<InMemory, InSqlite>;

// The names of devices, in order.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<const Device*>& devices);

}  // namespace fleet::bridge
