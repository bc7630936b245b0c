#include "settings/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "settings/scalar.h"
#include "settings/spelling.h"

namespace fleet::settings {

namespace {

constexpr std::size_t kErrorsMax = 100;

std::string child_path(const std::string& path, std::string_view key) {
  if (path.empty()) return std::string(key);
  std::string child;
  child.reserve(path.size() + 1 + key.size());
  return child.append(path).append(1, '.').append(key);
}

// "fleet group 'lamps'", "phases", "the scenario"
std::string label_of(const Value& value, const MappingInfo& info) {
  return value.label.empty() ? std::string(info.what) : fmt::format("{} '{}'", info.what, shortened(value.label));
}

// The key that a scalar stands for.
std::string_view shorthand_key(const KeyInfo& row, const YamlNode& scalar) {
  if (!row.choices.empty()) return row.choices;
  return scalar.text.find("://") != std::string::npos ? "url" : "use";
}

// `local` -> {use: local}, `http://host` -> {url: http://host}.
NodePtr longhand(std::string_view key, const NodePtr& scalar) {
  auto mapping = std::make_shared<YamlNode>();
  mapping->kind = YamlNode::Kind::mapping;
  mapping->place = scalar->place;
  mapping->entries.push_back(YamlEntry{std::string(key), scalar->place, scalar});
  return mapping;
}

NodePtr fallback_node(std::string_view fallback) {
  auto node = std::make_shared<YamlNode>();
  node->kind = fallback == "{}"   ? YamlNode::Kind::mapping
               : fallback == "[]" ? YamlNode::Kind::list
                                  : YamlNode::Kind::scalar;
  node->text = fallback;
  return node;
}

// What of `path` is left behind `key`, its first segment; none where it begins otherwise.
std::optional<std::string_view> behind(std::string_view path, std::string_view key) {
  if (!path.starts_with(key)) return std::nullopt;
  if (path.size() == key.size()) return "";
  return path[key.size()] == '.' ? std::optional(path.substr(key.size() + 1)) : std::nullopt;
}

// One step of a path.
struct Step {
  Place key;
  const YamlNode* value = nullptr;
  std::string_view rest;
};

std::optional<Step> step_into(const YamlNode& node, std::string_view path) {
  std::optional<Step> step;
  for (const YamlEntry& entry : node.entries) {
    const auto rest = behind(path, entry.key);
    // Keys may hold dots: the longest one that fits.
    if (rest && (!step || rest->size() < step->rest.size())) step = Step{entry.place, entry.value.get(), *rest};
  }
  if (node.kind != YamlNode::Kind::list) return step;
  std::size_t index = 0;
  const auto [stop, failure] = std::from_chars(path.data(), path.data() + path.size(), index);
  if (failure != std::errc{} || index >= node.items.size()) return std::nullopt;
  const auto rest = behind(path, path.substr(0, static_cast<std::size_t>(stop - path.data())));
  if (!rest) return std::nullopt;
  return Step{node.items[index]->place, node.items[index].get(), *rest};
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

Reader::Location Reader::locate(std::string_view path) const {
  Location found{root_->place, root_->place, path.empty()};
  const YamlNode* node = root_.get();
  while (!path.empty()) {
    const auto step = step_into(*node, path);
    if (!step) return found;
    node = step->value;
    path = step->rest;
    found = {node->kind == YamlNode::Kind::scalar ? node->place : step->key, step->key, path.empty()};
  }
  return found;
}

bool Reader::expect(const Value& value, YamlNode::Kind kind) {
  if (value.node->kind == kind) return true;
  const char* wanted = kind == YamlNode::Kind::mapping ? "a mapping"
                       : kind == YamlNode::Kind::list  ? "a list"
                                                       : "a value";
  const std::string what = value.path.empty() ? fmt::format("a {}", language_.word) : fmt::format("'{}'", value.path);
  fail(value.node->place, fmt::format("{} must be {}, not {}", what, wanted, describe(*value.node)));
  return false;
}

void Reader::check_keys(const Value& value, const MappingInfo& info) {
  if (!expect(value, YamlNode::Kind::mapping)) return;
  for (const YamlEntry& entry : value.node->entries) {
    if (info.find(entry.key) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const KeyInfo& key : info.keys) known.push_back(key.name);
    fail(entry.place, fmt::format("unknown key '{}' in {}{}", shortened(entry.key), label_of(value, info),
                                  suggestion(entry.key, known)));
  }
}

std::vector<Value> Reader::match(const Value& value, const MappingInfo& info) {
  NodePtr node = value.node;
  const bool shorthand = value.key != nullptr && value.key->form == Form::shorthand;
  // Where one key alone may be short for its mapping, sentences name what the file does.
  bool nameless = false;
  if (shorthand && node->kind == YamlNode::Kind::scalar) {
    nameless = !value.key->choices.empty();
    node = longhand(shorthand_key(*value.key, *node), node);
  }
  const Value mapping{value.key, node, value.path, value.label};
  check_keys(mapping, info);
  if (node->kind != YamlNode::Kind::mapping) return {};
  std::vector<Value> rows;
  rows.reserve(info.keys.size());
  for (const KeyInfo& key : info.keys) {
    Value row{&key, nullptr, nameless ? value.path : child_path(value.path, key.name), {}};
    if (const YamlEntry* entry = node->find(key.name)) {
      row.node = entry->value;
      if (entry->value->kind == YamlNode::Kind::empty) {
        fail(entry->place, fmt::format("'{}' has no value", row.path));
        row.node = nullptr;
      }
    } else if (key.fallback == kRequired) {
      add(locate(value.path).place, fmt::format("{} has no '{}': {}", label_of(value, info), key.name, key.sentence),
          true);
    } else if (!key.fallback.empty()) {
      row.node = fallback_node(key.fallback);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

bool Reader::check_entries(const Value& value, std::size_t count) {
  if (count < value.key->entries_min) {
    fail(value.node->place, fmt::format("'{}' is empty; name at least one", value.path));
  }
  if (count <= value.key->entries_max) return true;
  fail(value.node->place, fmt::format("'{}' has more than {} entries", value.path, value.key->entries_max));
  return false;
}

std::vector<Value> Reader::named(const Value& value) {
  if (!expect(value, YamlNode::Kind::mapping) || !check_entries(value, value.node->entries.size())) return {};
  std::vector<Value> entries;
  for (const YamlEntry& entry : value.node->entries) {
    // Topic short names have rules of their own, checked with the product.
    if (value.key->form == Form::named && !is_name(entry.key)) {
      fail(entry.place, fmt::format("'{}' is not a name; allowed are letters, digits, '_' and '-', at most 64",
                                    shortened(entry.key)));
      continue;
    }
    Value row{value.key, entry.value, child_path(value.path, entry.key), entry.key};
    if (entry.value->kind == YamlNode::Kind::empty) {
      fail(entry.place, fmt::format("'{}' has no value", row.path));
      continue;
    }
    entries.push_back(std::move(row));
  }
  return entries;
}

std::vector<Value> Reader::list(const Value& value) {
  if (!expect(value, YamlNode::Kind::list) || !check_entries(value, value.node->items.size())) return {};
  std::vector<Value> items;
  items.reserve(value.node->items.size());
  for (std::size_t i = 0; i < value.node->items.size(); ++i) {
    items.push_back({value.key, value.node->items[i], child_path(value.path, std::to_string(i)), {}});
  }
  return items;
}

std::vector<Value> Reader::one_or_list(const Value& value) {
  if (value.node->kind == YamlNode::Kind::scalar) return {value};
  return list(value);
}

std::optional<Scalar> Reader::scalar(const Value& value) {
  if (!expect(value, YamlNode::Kind::scalar)) return std::nullopt;
  Parsed<Scalar> scalar = read_scalar(*value.key, value.node->text);
  if (!scalar) {
    fail(value.node->place, fmt::format("'{}': {}", value.path, scalar.error()));
    return std::nullopt;
  }
  scalar->text = value.node->text;
  return *scalar;
}

void Reader::add(const Place& place, std::string sentence, bool missing) {
  if (errors_.size() < kErrorsMax) errors_.push_back({place, std::move(sentence), missing});
}

void Reader::fail_at(std::string_view path, std::string sentence) { fail(locate(path).place, std::move(sentence)); }

void Reader::fail_at_key(std::string_view path, std::string sentence) { fail(locate(path).key, std::move(sentence)); }

std::string Reader::source_of(std::string_view path) const {
  const Place place = locate(path).place;
  return place.source ? *place.source : std::string();
}

void Reader::fail(const Place& place, std::string sentence) { add(place, std::move(sentence), false); }

wire::Error Reader::first_error() const {
  const auto before = [](const Fault& a, const Fault& b) {
    return std::tuple(a.missing, a.place.line, a.place.column) < std::tuple(b.missing, b.place.line, b.place.column);
  };
  const Fault& first = *std::min_element(errors_.begin(), errors_.end(), before);
  return {wire::ErrorKind::usage, first.sentence, first.place.text()};
}

}  // namespace fleet::settings
