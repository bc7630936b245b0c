#include "sim/scenario/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sim/scenario/scalar.h"
#include "sim/scenario/spelling.h"

namespace fleet::sim {

namespace {

// Aliases can make a small file large; no scenario of people comes near.
constexpr std::uint64_t kVisitsMax = 200'000;
constexpr std::size_t kErrorsMax = 100;
constexpr std::size_t kNamedMax = 1'000;

std::string child_path(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

// "fleet group 'lamps'", "phases", "the scenario"
std::string label_of(const Value& value, const MappingInfo& info) {
  return value.label.empty() ? std::string(info.what) : fmt::format("{} '{}'", info.what, shortened(value.label));
}

// `local` -> {use: local}, `http://host` -> {url: http://host}.
NodePtr longhand(const NodePtr& scalar) {
  auto mapping = std::make_shared<YamlNode>();
  mapping->kind = YamlNode::Kind::mapping;
  mapping->place = scalar->place;
  const bool is_url = scalar->text.find("://") != std::string::npos;
  mapping->entries.push_back(YamlEntry{is_url ? "url" : "use", scalar->place, scalar});
  return mapping;
}

}  // namespace

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::empty:
      return "nothing";
    case YamlNode::Kind::scalar:
      return fmt::format("'{}'", shortened(node.text));
    case YamlNode::Kind::mapping:
      return "a mapping";
    case YamlNode::Kind::list:
      return "a list";
  }
  return {};
}

const KeyInfo* MappingInfo::find(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeyInfo& row) { return row.name == key; });
  return found == keys.end() ? nullptr : &*found;
}

bool Reader::visit() {
  if (++visited_ == kVisitsMax) fail_at("", fmt::format("aliases make this more than {} values", kVisitsMax));
  return visited_ < kVisitsMax;
}

bool Reader::expect(const Value& value, YamlNode::Kind kind) {
  if (value.node->kind == kind) return true;
  const char* wanted = kind == YamlNode::Kind::mapping ? "a mapping"
                       : kind == YamlNode::Kind::list  ? "a list"
                                                       : "a value";
  const std::string what = value.path.empty() ? "a scenario" : fmt::format("'{}'", value.path);
  fail(value.node->place, fmt::format("{} must be {}, not {}", what, wanted, describe(*value.node)));
  return false;
}

std::vector<Value> Reader::match(const Value& value, const MappingInfo& info) {
  NodePtr node = value.node;
  const bool shorthand = value.key != nullptr && value.key->form == Form::shorthand;
  if (shorthand && node->kind == YamlNode::Kind::scalar) node = longhand(node);
  const Value mapping{value.key, node, value.path, value.label};
  if (value.path.empty()) places_[""] = node->place;
  if (!visit() || !expect(mapping, YamlNode::Kind::mapping)) return {};

  std::vector<std::string_view> known;
  for (const KeyInfo& key : info.keys) known.push_back(key.name);
  for (const YamlEntry& entry : node->entries) {
    if (info.find(entry.key) != nullptr) continue;
    fail(entry.place, fmt::format("unknown key '{}' in {}{}", shortened(entry.key), label_of(value, info),
                                  suggestion(entry.key, known)));
  }
  std::vector<Value> rows;
  for (const KeyInfo& key : info.keys) {
    Value row{&key, nullptr, child_path(value.path, key.name), {}};
    if (const YamlEntry* entry = node->find(key.name)) {
      row.node = entry->value;
      const bool leaf = entry->value->kind == YamlNode::Kind::scalar;
      places_[row.path] = leaf ? entry->value->place : entry->place;
      if (entry->value->kind == YamlNode::Kind::empty) {
        fail(entry->place, fmt::format("'{}' has no value", row.path));
        row.node = nullptr;
      }
    } else if (key.fallback == kRequired) {
      add(value.path, fmt::format("{} has no '{}': {}", label_of(value, info), key.name, key.sentence), true);
    } else if (!key.fallback.empty()) {
      row.node = parse_yaml(key.fallback, "default", false).value_or(nullptr);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Value> Reader::named(const Value& value) {
  if (!visit() || !expect(value, YamlNode::Kind::mapping)) return {};
  if (value.node->entries.empty()) fail(value.node->place, fmt::format("'{}' is empty; name at least one", value.path));
  if (value.node->entries.size() > kNamedMax) {
    fail(value.node->place, fmt::format("'{}' has more than {} entries", value.path, kNamedMax));
    return {};
  }
  std::vector<Value> entries;
  for (const YamlEntry& entry : value.node->entries) {
    // Topic short names have rules of their own, checked with the product.
    if (value.key->form == Form::named && !is_name(entry.key)) {
      fail(entry.place, fmt::format("'{}' is not a name; allowed are letters, digits, '_' and '-', at most 64",
                                    shortened(entry.key)));
      continue;
    }
    Value row{value.key, entry.value, child_path(value.path, entry.key), entry.key};
    places_[row.path] = entry.place;
    if (entry.value->kind == YamlNode::Kind::empty) {
      fail(entry.place, fmt::format("'{}' has no value", row.path));
      continue;
    }
    entries.push_back(std::move(row));
  }
  return entries;
}

std::vector<Value> Reader::list(const Value& value) {
  if (!visit() || !expect(value, YamlNode::Kind::list)) return {};
  if (value.node->items.size() > kNamedMax) {
    fail(value.node->place, fmt::format("'{}' has more than {} entries", value.path, kNamedMax));
    return {};
  }
  std::vector<Value> items;
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    Value item{value.key, value.node->items[i], child_path(value.path, std::to_string(i)), {}};
    places_[item.path] = item.node->place;
    items.push_back(std::move(item));
  }
  return items;
}

std::optional<Scalar> Reader::scalar(const Value& value) {
  if (!visit() || !expect(value, YamlNode::Kind::scalar)) return std::nullopt;
  Parsed<Scalar> scalar = read_scalar(*value.key, value.node->text);
  if (!scalar) {
    fail(value.node->place, fmt::format("'{}': {}", value.path, scalar.error()));
    return std::nullopt;
  }
  scalar->text = value.node->text;
  return *scalar;
}

void Reader::add(const std::string& path, std::string sentence, bool missing) {
  std::string_view nearest_path = path;
  auto found = places_.find(nearest_path);
  while (found == places_.end() && !nearest_path.empty()) {
    const std::size_t dot = nearest_path.rfind('.');
    nearest_path = nearest_path.substr(0, dot == std::string_view::npos ? 0 : dot);
    found = places_.find(nearest_path);
  }
  const Place place = found == places_.end() ? Place{} : found->second;
  if (errors_.size() < kErrorsMax) errors_.push_back({place, std::move(sentence), missing});
}

void Reader::fail_at(const std::string& path, std::string sentence) { add(path, std::move(sentence), false); }

void Reader::fail(const Place& place, std::string sentence) {
  if (errors_.size() < kErrorsMax) errors_.push_back({place, std::move(sentence)});
}

wire::Error Reader::first_error() const {
  const auto before = [](const Fault& a, const Fault& b) {
    return std::tuple(a.missing, a.place.line, a.place.column) < std::tuple(b.missing, b.place.line, b.place.column);
  };
  const Fault& first = *std::min_element(errors_.begin(), errors_.end(), before);
  return {wire::ErrorKind::usage, first.sentence, first.place.text()};
}

}  // namespace fleet::sim
