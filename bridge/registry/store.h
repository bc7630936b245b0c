// Where the registry is kept: in memory only, or in a SQLite file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/registry/app.h"
#include "bridge/registry/apply_batch.h"
#include "bridge/registry/device_table.h"
#include "bridge/registry/product.h"
#include "wire/error.h"

namespace fleet::bridge {

// What a device was and may be from now on.
struct DeviceFlags {
  std::uint32_t index = 0;
  bool activated = false;
  bool disabled = false;
};

// One change of the registry, made whole or not at all. Views into memory of whoever asks for it.
struct Changes {
  std::vector<ProductFacts> products;  // new, or in place of the one of that index, with all topic classes
  std::vector<DeviceRow> devices;      // new, or in place of the one of that index
  std::vector<std::uint32_t> removed_devices;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> gateways;  // device, its gateway from now on or kNoDevice
  std::vector<DeviceFlags> flags;
  std::vector<ApplyBatch> batches;  // new, or in place of the one of that id
  std::vector<std::uint64_t> forgotten_batches;
  std::optional<std::vector<AppFacts>> apps;  // in place of all that there were

  [[nodiscard]] bool empty() const {
    return products.empty() && devices.empty() && removed_devices.empty() && gateways.empty() && flags.empty() &&
           batches.empty() && forgotten_batches.empty() && !apps;
  }
};

// Takes what a store holds. A false answer: the row cannot be (an index twice, an unknown product, a name too long).
struct StoreContents {
  std::function<bool(ProductFacts&&)> product;   // first; ascending indexes without gaps
  std::function<bool(const DeviceRow&)> device;  // then; ascending indexes
  std::function<bool(ApplyBatch&&)> batch;       // then; ascending ids; `due` not set
  std::function<void(AppFacts&&)> app;           // then; ascending keys
};

class Store {
 public:
  virtual ~Store() = default;
  // Gives everything that is kept, once, before the first commit. Errors: environment.
  [[nodiscard]] virtual wire::Result<void> load(const StoreContents& into) = 0;
  // Keeps the changes for good, or none of them. Errors: environment.
  [[nodiscard]] virtual wire::Result<void> commit(const Changes& changes) = 0;
};

// Keeps nothing: everything is gone when the bridge ends.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

// Opens or makes a SQLite database, for this process alone. Errors (environment): as Registry::open.
[[nodiscard]] wire::Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

}  // namespace fleet::bridge
