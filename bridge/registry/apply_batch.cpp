#include "bridge/registry/apply_batch.h"

#include <utility>

#include "wire/error.h"

namespace fleet::bridge {
namespace {

std::size_t byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

}  // namespace

std::string_view state_name(ApplyState state) {
  switch (state) {
    case ApplyState::check:
      return "CHECK";
    case ApplyState::check_success:
      return "CHECK_SUCCESS";
    case ApplyState::check_failed:
      return "CHECK_FAILED";
    case ApplyState::create:
      return "CREATE";
    case ApplyState::create_success:
      return "CREATE_SUCCESS";
    case ApplyState::create_failed:
      return "CREATE_FAILED";
  }
  return "";
}

void ApplyNames::add(std::string_view name, std::string_view nickname) {
  FLEET_CHECK(name.size() <= 255 && nickname.size() <= 255);
  offsets_.push_back(static_cast<std::uint32_t>(text_.size()));
  text_.push_back(static_cast<char>(name.size()));
  text_.push_back(static_cast<char>(nickname.size()));
  text_.append(name).append(nickname);
}

std::string_view ApplyNames::name(std::size_t i) const {
  return std::string_view(text_).substr(offsets_[i] + 2, byte_at(text_, offsets_[i]));
}

std::string_view ApplyNames::nickname(std::size_t i) const {
  return std::string_view(text_).substr(offsets_[i] + 2 + byte_at(text_, offsets_[i]), byte_at(text_, offsets_[i] + 1));
}

bool ApplyNames::parse(std::string_view bytes) {
  std::vector<std::uint32_t> offsets;
  std::size_t at = 0;
  while (at < bytes.size()) {
    offsets.push_back(static_cast<std::uint32_t>(at));
    if (bytes.size() - at < 2) return false;
    const std::size_t size = 2 + byte_at(bytes, at) + byte_at(bytes, at + 1);
    if (bytes.size() - at < size) return false;
    at += size;
  }
  text_ = bytes;
  offsets_ = std::move(offsets);
  return true;
}

std::vector<std::string_view> ApplyBatch::marked(ApplyMark mark) const {
  std::vector<std::string_view> found;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i] == mark) found.push_back(names.name(i));
  }
  return found;
}

}  // namespace fleet::bridge
