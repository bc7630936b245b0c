// Registry: apply batches, from CHECK to CREATE_SUCCESS.
#include <algorithm>
#include <unordered_set>

#include "bridge/registry/random_text.h"
#include "bridge/registry/registry.h"
#include "bridge/registry/store.h"

namespace fleet::bridge {
namespace {

using Fault = tl::unexpected<RegistryFault>;

constexpr wire::Millis kTryAgain{1'000};     // after a failure of the store
constexpr std::size_t kRandomNameSize = 20;  // samples of the API pages

// CHECK_SUCCESS where no mark is `taken`, else CHECK_FAILED; CREATE alike.
ApplyState ending(const ApplyBatch& batch, ApplyState success, ApplyState failed) {
  return std::find(batch.marks.begin(), batch.marks.end(), ApplyMark::taken) == batch.marks.end() ? success : failed;
}

}  // namespace

const ApplyBatch* Registry::apply_batch(std::uint64_t id) const {
  const auto found = batches_.find(id);
  return found == batches_.end() ? nullptr : &found->second;
}

std::size_t Registry::apply_made_count(const ApplyBatch& batch) const {
  if (batch.state != ApplyState::create_success && batch.state != ApplyState::create_failed) return 0;
  return static_cast<std::size_t>(std::count(batch.marks.begin(), batch.marks.end(), ApplyMark::valid));
}

std::vector<const Device*> Registry::apply_page(const ApplyBatch& batch, std::size_t first, std::size_t count) const {
  std::vector<const Device*> page;
  const std::size_t made = apply_made_count(batch);
  if (first >= made) return page;
  std::size_t entry = 0;
  for (std::size_t i = 0; i < batch.marks.size() && entry < made; ++i) {
    if (batch.marks[i] != ApplyMark::valid) continue;
    const std::size_t at = entry++;
    if (at < first) continue;
    if (at - first >= count) break;
    if (const Device* device = products_[batch.product]->device(batch.names.name(i))) page.push_back(device);
  }
  return page;
}

RegistryResult<std::uint64_t> Registry::begin_check(std::string_view product_key, std::span<const NewDevice> names,
                                                    Moment moment) {
  const Product* const product = find_product(product_key);
  if (product == nullptr) return Fault(RegistryFault::unknown_product);
  ApplyBatch batch{.product = product->index(), .state = ApplyState::check, .due = moment.now + config_.check_delay};
  for (const NewDevice& device : names) batch.names.add(device.name, device.nickname);
  return begin_batch(std::move(batch));
}

RegistryResult<std::uint64_t> Registry::begin_create(std::string_view product_key, std::size_t count, Moment moment) {
  const Product* const product = find_product(product_key);
  if (product == nullptr) return Fault(RegistryFault::unknown_product);
  ApplyBatch batch{.product = product->index(), .state = ApplyState::create, .due = moment.now + config_.create_delay};
  const std::string names = random_text(count * kRandomNameSize);
  for (std::size_t i = 0; i < count; ++i) {
    batch.names.add(std::string_view(names).substr(i * kRandomNameSize, kRandomNameSize), {});
  }
  return begin_batch(std::move(batch));
}

RegistryResult<void> Registry::begin_create_checked(std::string_view product_key, std::uint64_t id, Moment moment) {
  const Product* const product = find_product(product_key);
  if (product == nullptr) return Fault(RegistryFault::unknown_product);
  const ApplyBatch* const batch = apply_batch(id);
  if (batch == nullptr) return Fault(RegistryFault::unknown_apply);
  if (batch->product != product->index()) return Fault(RegistryFault::wrong_product);
  switch (batch->state) {
    case ApplyState::check:
    case ApplyState::create:
      return Fault(RegistryFault::still_running);
    case ApplyState::check_failed:
      return Fault(RegistryFault::check_failed);
    case ApplyState::create_success:
    case ApplyState::create_failed:
      return Fault(RegistryFault::already_created);
    case ApplyState::check_success:
      break;
  }
  Changes changes;
  ApplyBatch& next = changes.batches.emplace_back(*batch);
  next.state = ApplyState::create;
  next.marks.assign(next.names.size(), ApplyMark::open);
  next.due = moment.now + config_.create_delay;
  if (!commit(changes)) return Fault(RegistryFault::store);
  return {};
}

RegistryResult<std::uint64_t> Registry::begin_batch(ApplyBatch batch) {
  Changes changes;
  std::size_t names = apply_names_ + batch.names.size();
  std::size_t count = batches_.size() + 1;
  for (auto at = batches_.begin(); names > kApplyNamesMax || count > kApplyBatchesMax; ++at) {
    if (at == batches_.end()) return Fault(RegistryFault::full);
    if (at->second.running()) continue;
    changes.forgotten_batches.push_back(at->first);
    names -= at->second.names.size();
    --count;
  }
  const std::uint64_t id = next_apply_id_;
  batch.id = id;
  batch.marks.assign(batch.names.size(), ApplyMark::open);
  changes.batches.push_back(std::move(batch));
  if (!commit(changes)) return Fault(RegistryFault::store);
  ++next_apply_id_;
  return id;
}

void Registry::keep(ApplyBatch batch) {
  forget(batch.id);
  apply_names_ += batch.names.size();
  // What was running when the store was opened has no hour yet: advance() gives it one.
  if (batch.running() && batch.due != wire::TimePoint{}) running_.emplace(batch.due, batch.id);
  const std::uint64_t id = batch.id;
  batches_.insert_or_assign(id, std::move(batch));
}

void Registry::forget(std::uint64_t id) {
  const auto found = batches_.find(id);
  if (found == batches_.end()) return;
  running_.erase({found->second.due, id});
  apply_names_ -= found->second.names.size();
  batches_.erase(found);
}

void Registry::advance(Moment moment) {
  for (const std::uint64_t id : resumed_) {
    ApplyBatch& batch = batches_.at(id);
    batch.due = moment.now + (batch.state == ApplyState::check ? config_.check_delay : config_.create_delay);
    running_.emplace(batch.due, id);
  }
  resumed_.clear();
  while (!running_.empty() && running_.begin()->first <= moment.now) {
    const std::uint64_t id = running_.begin()->second;
    ApplyBatch& batch = batches_.at(id);
    if (batch.state == ApplyState::check ? finish_check(batch) : finish_create(batch, moment.wall)) continue;
    running_.erase(running_.begin());
    batch.due = moment.now + kTryAgain;
    running_.emplace(batch.due, id);
  }
}

bool Registry::finish_check(const ApplyBatch& batch) {
  const Product& product = *products_[batch.product];
  Changes changes;
  ApplyBatch& done = changes.batches.emplace_back(batch);
  for (std::size_t i = 0; i < done.marks.size(); ++i) {
    done.marks[i] = product.device(done.names.name(i)) == nullptr ? ApplyMark::valid : ApplyMark::taken;
  }
  done.state = ending(done, ApplyState::check_success, ApplyState::check_failed);
  return commit(changes);
}

bool Registry::finish_create(const ApplyBatch& batch, wire::WallTime wall) {
  const Product& product = *products_[batch.product];
  Changes changes;
  ApplyBatch& done = changes.batches.emplace_back(batch);
  std::vector<NewDevice> devices;
  std::unordered_set<std::string_view> names;
  names.reserve(done.names.size());
  std::size_t room = kDevicesMax - table_.size();
  for (std::size_t i = 0; i < done.marks.size(); ++i) {
    const std::string_view name = done.names.name(i);
    // CHECK_SUCCESS does not reserve the names (assumed): another batch may have been quicker.
    const bool free = room > 0 && product.device(name) == nullptr && names.insert(name).second;
    done.marks[i] = free ? ApplyMark::valid : ApplyMark::taken;
    if (!free) continue;
    --room;
    devices.push_back({.name = name, .nickname = done.names.nickname(i)});
  }
  done.state = ending(done, ApplyState::create_success, ApplyState::create_failed);
  std::string made;
  add_rows(product, devices, wall, changes, made);
  return commit(changes);
}

}  // namespace fleet::bridge
