#include "bridge/registry/store.h"

namespace fleet::bridge {
namespace {

class MemoryStore final : public Store {
 public:
  wire::Result<void> load(const StoreContents&) override { return {}; }
  wire::Result<void> commit(const Changes&) override { return {}; }
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace fleet::bridge
