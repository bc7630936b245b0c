// Apply batches: names that are checked and devices that are made some time after the call that asked for it
// (BatchCheckDeviceNames, BatchRegisterDevice and what follows them; states: API page of
// QueryBatchRegisterDeviceStatus).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/clock.h"

namespace fleet::bridge {

enum class ApplyState : std::uint8_t { check, check_success, check_failed, create, create_success, create_failed };

// "CHECK", "CREATE_FAILED", ...
[[nodiscard]] std::string_view state_name(ApplyState state);

// What becomes of one name: the check finds it valid or not, then creation makes the device or does not.
enum class ApplyMark : std::uint8_t { open, valid, taken };

// Names and nicknames of a batch in one text, 10,000 of them in 200 KB.
class ApplyNames {
 public:
  // Both at most 255 bytes.
  void add(std::string_view name, std::string_view nickname);
  [[nodiscard]] std::size_t size() const { return offsets_.size(); }
  [[nodiscard]] std::string_view name(std::size_t i) const;
  [[nodiscard]] std::string_view nickname(std::size_t i) const;

  // The whole as bytes, for a store. parse: false where `bytes` was not made by bytes(); then nothing has changed.
  [[nodiscard]] std::string_view bytes() const { return text_; }
  [[nodiscard]] bool parse(std::string_view bytes);

 private:
  std::string text_;  // name size, nickname size, name, nickname; and again
  std::vector<std::uint32_t> offsets_;
};

// Owned by the registry.
struct ApplyBatch {
  std::uint64_t id = 0;       // ApplyId
  std::uint32_t product = 0;  // index
  ApplyState state = ApplyState::check;
  ApplyNames names{};
  std::vector<ApplyMark> marks{};  // one a name; open until the state ends in SUCCESS or FAILED
  wire::TimePoint due{};           // check, create: when that ends; told by the process's own clock, hence not stored

  // Names with that mark, in order. In the SUCCESS states the API shows no lists; ask here only in FAILED ones.
  [[nodiscard]] std::vector<std::string_view> marked(ApplyMark mark) const;
  // CHECK or CREATE: something is still to be done.
  [[nodiscard]] bool running() const { return state == ApplyState::check || state == ApplyState::create; }
};

}  // namespace fleet::bridge
