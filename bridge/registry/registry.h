// Products, topic classes, devices, topology, apply batches and apps: one index in memory for all reads, one store
// behind it. What a call has answered is in the store first; a change that the store refuses is not made in memory
// either.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/config/config.h"
#include "bridge/registry/app.h"
#include "bridge/registry/apply_batch.h"
#include "bridge/registry/device.h"
#include "bridge/registry/device_table.h"
#include "bridge/registry/product.h"
#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::bridge {

class Store;
struct Changes;

// Why a change was refused. Nothing has changed then.
enum class RegistryFault {
  store,  // the store could not write it (disk full, I/O error); iot.system.SystemException
  full,   // a bound of the registry: kProductsMax, kDevicesMax
  unknown_product,
  unknown_device,
  name_taken,       // the product has a device of that name, or the call gives it twice
  not_a_gateway,    // the product of the gateway is of another kind
  itself,           // a gateway as its own sub-device
  loop,             // the sub-device is a gateway above this gateway
  given_twice,      // a sub-device twice in one call
  gateway_full,     // more than kSubDevicesMax
  not_in_topology,  // a device to be removed is no sub-device of this gateway
  unknown_apply,    // no such ApplyId, or one so old that it was forgotten (kApplyNamesMax)
  wrong_product,    // the ApplyId belongs to another product
  still_running,    // the batch is in CHECK or CREATE
  check_failed,     // the batch is in CHECK_FAILED
  already_created,  // the batch is in CREATE_SUCCESS or CREATE_FAILED
};

template <class T>
using RegistryResult = tl::expected<T, RegistryFault>;

// The time of a call: what is due, and what is written into the books as the hour of creation.
struct Moment {
  wire::TimePoint now{};
  wire::WallTime wall{};
};

// A device as a caller names it.
struct DeviceName {
  std::string_view product_key;
  std::string_view name;
};

// A product to be made.
struct NewProduct {
  std::string_view name;
  DeviceKind kind = DeviceKind::device;
  bool x509 = false;
  std::string_view owner = {};  // an account; empty: anybody's
};

// A device to be registered. Nickname and secret may be empty; an empty secret is made: 32 letters and digits.
struct NewDevice {
  std::string_view name;  // grammar of device names (the caller has checked it); empty: made, 20 letters and digits
  std::string_view nickname = {};  // at most Device::kNicknameBytesMax bytes
  std::string_view secret = {};    // at most Device::kSecretBytesMax bytes
};

// Devices to be registered in one product.
struct NewDevices {
  std::string_view product_key;
  std::span<const NewDevice> devices;
};

// A sub-device of add_sub_devices(), and what its topology was.
struct TopologyMove {
  const Device* device = nullptr;
  const Device* left = nullptr;  // the gateway that lost it; null: it had none; the new gateway itself: nothing changed
};

// Owned by the API; lives on its loop.
class Registry {
 public:
  static constexpr std::size_t kProductsMax = 10'000;
  static constexpr std::size_t kDevicesMax = 16u << 20;
  static constexpr std::size_t kSubDevicesMax = 1'500;  // a gateway: documentation of limits, 2020
  // Apply batches, and names in all of them together. Beyond either the oldest finished batches are forgotten.
  static constexpr std::size_t kApplyBatchesMax = 100'000;
  static constexpr std::size_t kApplyNamesMax = 1'000'000;
  static constexpr std::uint64_t kFirstApplyId = 1'000'000;
  static constexpr std::uint64_t kFirstTopicId = 10'000'000;

  // Opens the store and merges `products` into it: products and devices of the configuration that the store lacks are
  // added, a secret or a nickname that the configuration gives wins over the stored one, topic classes likewise;
  // nothing is removed. Of `apps` it keeps exactly these: nobody else makes any, and one that the configuration no
  // longer names shall not get in any more. Product keys differ, device names within a product, and app keys: the
  // configuration has checked it. Errors: usage where a product is of another kind in the store than in the
  // configuration; environment where the file cannot be opened, read or written, is locked by another process, has
  // several names (hard links), is damaged, no database, of another program or of a newer version; usage where a
  // device's gateway is not there, is none, or has more sub-devices than kSubDevicesMax. A device that belongs to a
  // gateway already stays with it, whatever the configuration says: somebody may have moved it since.
  [[nodiscard]] static wire::Result<std::unique_ptr<Registry>> open(const RegistryConfig& config,
                                                                    const std::vector<ProductConfig>& products,
                                                                    wire::WallTime wall,
                                                                    const std::vector<AppConfig>& apps = {});
  // The same over a store of the caller's choosing.
  [[nodiscard]] static wire::Result<std::unique_ptr<Registry>> open(std::unique_ptr<Store> store,
                                                                    const RegistryConfig& config,
                                                                    const std::vector<ProductConfig>& products,
                                                                    wire::WallTime wall,
                                                                    const std::vector<AppConfig>& apps = {});
  // In memory only.
  explicit Registry(const std::vector<ProductConfig>& products);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // --- reads ---

  // Null where there is no such product.
  [[nodiscard]] const Product* product(std::string_view key) const;
  [[nodiscard]] const Product& product_of(const Device& device) const { return *products_[device.product_index()]; }
  [[nodiscard]] std::span<const std::unique_ptr<Product>> products() const { return products_; }
  // Null where there is no such product or device.
  [[nodiscard]] const Device* device(const DeviceName& name) const;
  // Null where no device has that IotId.
  [[nodiscard]] const Device* device_of_iot_id(std::string_view iot_id) const;
  // Above the index of every device.
  [[nodiscard]] std::uint32_t index_limit() const;
  [[nodiscard]] std::size_t device_count() const;

  // The gateway of a sub-device, or null.
  [[nodiscard]] const Device* gateway_of(const Device& device) const;
  [[nodiscard]] std::size_t sub_device_count(const Device& gateway) const;
  // Sub-devices `first` to `first + count`, cut to those that there are, in the order of their index.
  [[nodiscard]] std::vector<const Device*> sub_device_page(const Device& gateway, std::size_t first,
                                                           std::size_t count) const;
  // Sub-devices of all gateways.
  [[nodiscard]] std::size_t topology_count() const { return topology_count_; }

  // Null where there is no such batch. Good until the next change.
  [[nodiscard]] const ApplyBatch* apply_batch(std::uint64_t id) const;
  // Devices that the batch has made and that still exist (names that were made and deleted since are passed over):
  // entries `first` to `first + count` of all names made; `total` counts those. CREATE and before: none.
  [[nodiscard]] std::vector<const Device*> apply_page(const ApplyBatch& batch, std::size_t first,
                                                      std::size_t count) const;
  [[nodiscard]] std::size_t apply_made_count(const ApplyBatch& batch) const;
  [[nodiscard]] std::size_t apply_batch_count() const { return batches_.size(); }

  // By key, ascending.
  [[nodiscard]] std::span<const AppFacts> apps() const { return apps_; }

  // --- changes: durable when they return ---

  // A product of `owner` alone, with a new random key and the topic classes of a new product: update (publish),
  // update/error (publish), get (subscribe). Faults: store, full.
  [[nodiscard]] RegistryResult<const Product*> create_product(const NewProduct& product, wire::WallTime wall);

  // Registers one device. Faults: store, full, unknown_product, name_taken.
  [[nodiscard]] RegistryResult<const Device*> register_device(std::string_view product_key, const NewDevice& device,
                                                              wire::WallTime wall);
  // Registers all of them or none. Faults: as above.
  [[nodiscard]] RegistryResult<std::vector<const Device*>> register_devices(std::string_view product_key,
                                                                            std::span<const NewDevice> devices,
                                                                            wire::WallTime wall);
  // The same in several products, each named once. The devices stand in the order of the groups.
  [[nodiscard]] RegistryResult<std::vector<const Device*>> register_devices(std::span<const NewDevices> groups,
                                                                            wire::WallTime wall);
  // Marks devices as having been online; writes only what is new. Faults: store.
  [[nodiscard]] RegistryResult<void> activate(std::span<const Device* const> devices);
  // Forbids a device to come online, or allows it again; true where that is new. Faults: store, unknown_product,
  // unknown_device.
  [[nodiscard]] RegistryResult<bool> set_disabled(const DeviceName& device, bool disabled);
  // What a deleted device was attached to: the caller tells the gateways.
  struct Deletion {
    const Device* gateway = nullptr;                // of which it was a sub-device
    std::vector<const Device*> former_sub_devices;  // of which it was the gateway; they have none now
  };
  // Deletes one device and its topology. Faults: store, unknown_product, unknown_device.
  [[nodiscard]] RegistryResult<Deletion> delete_device(const DeviceName& device);

  // Makes all `items` sub-devices of the gateway, or none; one that has another gateway is moved. The moves stand in
  // the order of the items. Faults: store, unknown_product, unknown_device, not_a_gateway, itself, loop, given_twice,
  // gateway_full.
  [[nodiscard]] RegistryResult<std::vector<TopologyMove>> add_sub_devices(const DeviceName& gateway,
                                                                          std::span<const DeviceName> items);
  // Removes all `items` from the gateway, or none. Faults: store, unknown_product, unknown_device, given_twice,
  // not_in_topology.
  [[nodiscard]] RegistryResult<std::vector<const Device*>> remove_sub_devices(const DeviceName& gateway,
                                                                              std::span<const DeviceName> items);

  // Begins a batch in CHECK and returns its ApplyId. Names follow the grammar and differ: the caller has checked it.
  // Faults: store, full (more names than kApplyNamesMax are under way), unknown_product.
  [[nodiscard]] RegistryResult<std::uint64_t> begin_check(std::string_view product_key,
                                                          std::span<const NewDevice> names, Moment moment);
  // Begins a batch in CREATE with `count` names made at random. Faults: as begin_check.
  [[nodiscard]] RegistryResult<std::uint64_t> begin_create(std::string_view product_key, std::size_t count,
                                                           Moment moment);
  // Takes a batch from CHECK_SUCCESS to CREATE. Faults: store, unknown_product, unknown_apply, wrong_product,
  // still_running, check_failed, already_created.
  [[nodiscard]] RegistryResult<void> begin_create_checked(std::string_view product_key, std::uint64_t id,
                                                          Moment moment);

  // Finishes the checks and creations that are due. The API calls it before each call and each second; nanoseconds
  // where nothing is due. After a restart the delay of what was under way begins anew. Where the store fails, the batch
  // stays as it is and is tried again a second later.
  void advance(Moment moment);

 private:
  Registry(std::unique_ptr<Store> store, const RegistryConfig& config);
  [[nodiscard]] wire::Result<void> load();
  [[nodiscard]] wire::Result<void> merge(const std::vector<ProductConfig>& products, const std::vector<AppConfig>& apps,
                                         wire::WallTime wall);
  [[nodiscard]] wire::Result<void> merge_topology(const std::vector<ProductConfig>& products);
  [[nodiscard]] Product* find_product(std::string_view key) const;

  // Writes the changes, then makes them in memory; false: neither.
  [[nodiscard]] bool commit(Changes& changes);
  void apply(Changes& changes);
  void apply_devices(const Changes& changes);
  void link(std::uint32_t device, std::uint32_t gateway);
  void unlink(std::uint32_t device);
  void keep(ApplyBatch batch);
  void forget(std::uint64_t id);

  // Appends rows for new devices to `changes`; `made` holds what was made for them, and outlives them.
  void add_rows(const Product& product, std::span<const NewDevice> devices, wire::WallTime wall, Changes& changes,
                std::string& made) const;
  [[nodiscard]] RegistryResult<std::uint64_t> begin_batch(ApplyBatch batch);
  [[nodiscard]] bool finish_check(const ApplyBatch& batch);
  [[nodiscard]] bool finish_create(const ApplyBatch& batch, wire::WallTime wall);

  std::unique_ptr<Store> store_;
  RegistryConfig config_;
  DeviceTable table_;
  std::vector<std::unique_ptr<Product>> products_;
  std::map<std::string_view, Product*> by_key_;                                // keys: the products' own
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> sub_devices_;  // gateway -> sub-devices, ascending
  std::size_t topology_count_ = 0;
  std::vector<AppFacts> apps_;
  std::map<std::uint64_t, ApplyBatch> batches_;
  std::set<std::pair<wire::TimePoint, std::uint64_t>> running_;  // when CHECK or CREATE ends, ApplyId
  std::vector<std::uint64_t> resumed_;                           // running when the store was opened
  std::size_t apply_names_ = 0;                                  // in batches_
  std::uint64_t next_apply_id_ = kFirstApplyId;
  std::uint64_t next_topic_id_ = kFirstTopicId;
  bool store_failed_ = false;  // at the last commit; each turn is logged
};

}  // namespace fleet::bridge
