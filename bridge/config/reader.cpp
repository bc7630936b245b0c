#include "bridge/config/reader.h"

#include <cstdlib>

namespace fleet::bridge {

std::string ConfigReader::text(std::string_view name, const YamlNode& node) {
  if (node.kind != YamlKind::scalar || node.text.empty()) {
    fail(node, fmt::format("{} must be a word or a number, and not empty", name));
    return {};
  }
  constexpr std::string_view kOpen = "${env:";
  if (node.text.find(kOpen) == std::string::npos) return node.text;
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t open = node.text.find(kOpen, at);
    out.append(node.text, at, open - at);
    if (open == std::string::npos) break;
    const std::size_t close = node.text.find('}', open);
    if (close == std::string::npos) {
      fail(node, fmt::format("{}: ${{env:NAME}} lacks its closing brace", name));
      return {};
    }
    const std::string variable = node.text.substr(open + kOpen.size(), close - open - kOpen.size());
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr) {
      fail(node, fmt::format("{}: the environment has no variable '{}'", name, variable));
      return {};
    }
    out.append(value);
    at = close + 1;
  }
  if (out.empty()) fail(node, fmt::format("{} must not be empty", name));
  return out;
}

std::uint32_t ConfigReader::whole(std::string_view name, const YamlNode& node, std::uint32_t min, std::uint32_t max) {
  const std::string word = text(name, node);
  const auto number = parse_whole(word);
  if (!number || *number < min || *number > max) {
    fail(node, fmt::format("{} must be a whole number from {} to {}, not '{}'", name, min, max, word));
    return min;
  }
  return static_cast<std::uint32_t>(*number);
}

std::chrono::milliseconds ConfigReader::duration(std::string_view name, const YamlNode& node) {
  const std::string word = text(name, node);
  const auto value = parse_duration(word);
  if (!value) {
    const bool bare = parse_whole(word).has_value();
    fail(node, bare ? fmt::format("{} needs a unit: {}s or {}ms", name, word, word)
                    : fmt::format("{} must be a time such as 250ms, 10s or 5m, not '{}'", name, word));
    return {};
  }
  if (value->count() < 1 || *value > std::chrono::hours(24)) {
    fail(node, fmt::format("{} must lie between 1ms and 24h", name));
  }
  return *value;
}

std::uint32_t ConfigReader::bytes(std::string_view name, const YamlNode& node, std::uint32_t min, std::uint32_t max) {
  const std::string word = text(name, node);
  const auto value = parse_bytes(word);
  if (!value) {
    const bool bare = parse_whole(word).has_value();
    fail(node, bare ? fmt::format("{} needs a unit: {}B, {}KB or {}MB", name, word, word, word)
                    : fmt::format("{} must be a size such as 256B, 64KB or 1MB, not '{}'", name, word));
    return min;
  }
  if (*value < min || *value > max) {
    fail(node, fmt::format("{} must lie between {}B and {}MB, not '{}'", name, min, max >> 20, word));
    return min;
  }
  return static_cast<std::uint32_t>(*value);
}

bool ConfigReader::boolean(std::string_view name, const YamlNode& node) {
  static constexpr std::pair<std::string_view, bool> kWords[] = {{"true", true}, {"false", false}};
  return choice(name, node, kWords);
}

}  // namespace fleet::bridge
