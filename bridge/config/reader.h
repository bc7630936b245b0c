// Reads a YAML tree into structs by tables of keys. The first error is kept; everything after it is passed over.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/config/values.h"
#include "bridge/config/yaml_tree.h"
#include "wire/error.h"

namespace fleet::bridge {

class ConfigReader;

// One key of a map: its name and what its value does to the struct.
template <class T>
struct ConfigKey {
  std::string_view name;
  void (*read)(ConfigReader& reader, std::string_view name, const YamlNode& value, T& out);
  bool required = false;
};

class ConfigReader {
 public:
  // `tree` outlives the reader.
  explicit ConfigReader(const YamlTree& tree) : tree_(tree) {}

  [[nodiscard]] const std::optional<wire::Error>& error() const { return error_; }

  // Keeps the error unless there is one already.
  void fail(const YamlNode& node, std::string message) {
    if (!error_) error_ = wire::Error{wire::ErrorKind::usage, std::move(message), tree_.where(node)};
  }

  // Reads the map `node`, called `what` in errors, by a table of keys. Unknown keys and missing required ones are
  // errors.
  template <class T, std::size_t N>
  void read_map(const YamlNode& node, std::string_view what, const ConfigKey<T> (&keys)[N], T& out) {
    if (error_) return;
    if (node.kind != YamlKind::map) return fail(node, fmt::format("{} must be a map of keys and values", what));
    bool seen[N] = {};
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& key = tree_.at(node.children[i]);
      std::size_t index = 0;
      while (index < N && keys[index].name != key.text) ++index;
      if (index == N) {
        std::vector<std::string_view> known;
        for (const auto& row : keys) known.push_back(row.name);
        return fail(key, fmt::format("unknown key '{}' in {}{}", key.text, what, suggestion(key.text, known)));
      }
      seen[index] = true;
      keys[index].read(*this, keys[index].name, tree_.at(node.children[i + 1]), out);
      if (error_) return;
    }
    for (std::size_t index = 0; index < N; ++index) {
      if (keys[index].required && !seen[index])
        return fail(node, fmt::format("{} lacks its {}", what, keys[index].name));
    }
  }

  // Calls read_item(node) for each item of a list.
  template <class F>
  void read_list(std::string_view name, const YamlNode& node, F&& read_item) {
    if (node.kind == YamlKind::null || error_) return;
    if (node.kind != YamlKind::list) return fail(node, fmt::format("{} must be a list", name));
    for (const std::uint32_t item : node.children) {
      read_item(tree_.at(item));
      if (error_) return;
    }
  }

  // Calls read_pair(key, value) for each pair of a map with free keys.
  template <class F>
  void read_pairs(std::string_view name, const YamlNode& node, F&& read_pair) {
    if (node.kind == YamlKind::null || error_) return;
    if (node.kind != YamlKind::map) return fail(node, fmt::format("{} must be a map", name));
    for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
      read_pair(tree_.at(node.children[i]), tree_.at(node.children[i + 1]));
      if (error_) return;
    }
  }

  // The scalar with each ${env:NAME} replaced. Empty text and an unset variable are errors.
  [[nodiscard]] std::string text(std::string_view name, const YamlNode& node);
  // A whole number within [min, max].
  [[nodiscard]] std::uint32_t whole(std::string_view name, const YamlNode& node, std::uint32_t min, std::uint32_t max);
  // A duration with a unit within [1ms, 24h].
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view name, const YamlNode& node);
  // A size with a unit within [min, max] bytes.
  [[nodiscard]] std::uint32_t bytes(std::string_view name, const YamlNode& node, std::uint32_t min, std::uint32_t max);
  // true or false.
  [[nodiscard]] bool boolean(std::string_view name, const YamlNode& node);
  // The value that `words` gives to the scalar.
  template <class E, std::size_t N>
  [[nodiscard]] E choice(std::string_view name, const YamlNode& node,
                         const std::pair<std::string_view, E> (&words)[N]) {
    const std::string word = text(name, node);
    std::vector<std::string_view> known;
    for (const auto& [text_of, value] : words) {
      if (text_of == word) return value;
      known.push_back(text_of);
    }
    fail(node, fmt::format("{} cannot be '{}'{}", name, word, suggestion(word, known)));
    return words[0].second;
  }

 private:
  const YamlTree& tree_;
  std::optional<wire::Error> error_;
};

}  // namespace fleet::bridge
