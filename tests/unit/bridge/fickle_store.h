// A registry's store in memory that refuses while a test says so.
#pragma once

#include "bridge/registry/store.h"

namespace fleet::bridge::test {

class FickleStore final : public Store {
 public:
  // `refuses` outlives it.
  explicit FickleStore(const bool& refuses) : refuses_(refuses) {}
  wire::Result<void> load(const StoreContents&) override { return {}; }
  wire::Result<void> commit(const Changes&) override {
    if (refuses_) return wire::environment_error("the disk is full");
    return {};
  }

 private:
  const bool& refuses_;
};

}  // namespace fleet::bridge::test
