#include "bridge/bcast/body.h"

#include <optional>

#include "bridge/tmc/json_scan.h"

namespace fleet::bridge {
namespace {

constexpr std::array<std::string_view, kBcastFields> kNames = {"Action",         "ProductKey",        "DeviceName",
                                                               "MessageContent", "MessageId",         "Qos",
                                                               "TopicShortName", "TopicTemplateName", "TopicFullName"};

std::optional<std::size_t> find_field(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return i;
  }
  return {};
}

// The list at the scan's place.
bool read_names(JsonScan& scan, std::string& storage, std::vector<std::string_view>& names, bool& broken) {
  names.clear();
  broken = false;
  if (!scan.take('[')) return false;
  if (scan.take(']')) return true;
  do {
    if (scan.peek() != '"' || names.size() > kBcastDevicesMax) {
      broken = broken || scan.peek() != '"';
      if (!scan.skip_value()) return false;
    } else if (!scan.read_string(storage, names.emplace_back())) {
      return false;
    }
  } while (scan.take(','));
  return scan.take(']');
}

}  // namespace

std::string_view name_of(BcastField field) { return kNames[static_cast<std::size_t>(field)]; }

bool BcastBody::read(std::string_view json) {
  values_ = {};
  names_.clear();
  names_broken_ = false;
  storage_.clear();
  storage_.reserve(json.size());
  JsonScan scan(json);
  if (!scan.take('{')) return false;
  if (scan.take('}')) return scan.at_end();
  do {
    std::string_view name;
    if (scan.peek() != '"' || !scan.read_string(storage_, name) || !scan.take(':')) return false;
    const auto field = find_field(name);
    if (!field) {
      if (!scan.skip_value()) return false;
      continue;
    }
    BcastValue& value = values_[*field];
    value = {};
    if (scan.peek() == '"') {
      value.kind = BcastValue::Kind::text;
      if (!scan.read_string(storage_, value.text)) return false;
    } else if (*field == static_cast<std::size_t>(BcastField::device_name) && scan.peek() == '[') {
      value.kind = BcastValue::Kind::list;
      if (!read_names(scan, storage_, names_, names_broken_)) return false;
    } else {
      value.kind = BcastValue::Kind::other;
      if (!scan.read_raw(value.text)) return false;
    }
  } while (scan.take(','));
  return scan.take('}') && scan.at_end();
}

}  // namespace fleet::bridge
