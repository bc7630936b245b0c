#include "sim/scenario/schema.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "settings/scalar.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

using settings::KeyInfo;
using settings::MappingInfo;
using settings::split_choices;

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNamePattern = "^[A-Za-z0-9_-]{1,64}$";
constexpr const char* kNumberPattern = "[0-9]+([.][0-9]+)?";

Json mapping_schema(const MappingInfo& info);

Json pattern(const std::string& text) { return {{"type", "string"}, {"pattern", text}}; }

// Choices are words; those that YAML reads as numbers or booleans may be written without quotes.
Json choice_schema(std::string_view choices) {
  Json values = Json::array();
  for (const std::string_view word : split_choices(choices)) {
    values.push_back(word);
    if (word.size() == 1 && word[0] >= '0' && word[0] <= '9') values.push_back(word[0] - '0');
    if (word == "off" || word == "on") values.push_back(word == "on");  // YAML 1.1
  }
  return {{"enum", values}};
}

Json scalar_schema(const KeyInfo& key) {
  switch (key.form) {
    case Form::name:
    case Form::names:
      return pattern(kNamePattern);
    case Form::flag:
      return {{"type", "boolean"}};
    case Form::integer:
      return {{"type", "integer"},
              {"minimum", static_cast<std::uint64_t>(key.min)},
              {"maximum", static_cast<std::uint64_t>(key.max)}};
    case Form::duration:
    case Form::whole_seconds:
      return pattern(fmt::format("^{}(us|ms|s|m|h)$", kNumberPattern));
    case Form::rate:
      return pattern(fmt::format("^{}/(s|m|h)$", kNumberPattern));
    case Form::rate_or_max:
      return pattern(fmt::format("^({}/(s|m|h)|max)$", kNumberPattern));
    case Form::size:
      return pattern(fmt::format("^{}(B|KB|MB|GB)$", kNumberPattern));
    case Form::share:
      return pattern(fmt::format("^{}%$", kNumberPattern));
    case Form::choice:
    case Form::named_choices:
      return choice_schema(key.choices);
    case Form::url:
      return pattern(fmt::format("^({})://[^/?#@]+/?$", key.choices));
    default:
      return {{"type", "string"}, {"minLength", 1}};
  }
}

// A scalar, or what the environment holds.
Json scalar_or_environment(const KeyInfo& key) {
  Json scalar = scalar_schema(key);
  if (scalar.contains("type") && scalar["type"] == "string" && !scalar.contains("pattern")) return scalar;
  return {{"anyOf", Json::array({scalar, Json{{"$ref", "#/definitions/environment"}}})}};
}

// The scalar that is short for the mapping.
Json shorthand_schema(const KeyInfo& key) {
  const KeyInfo* one = key.inner().find(key.choices);
  return one == nullptr ? Json{{"type", "string"}} : scalar_or_environment(*one);
}

Json texts_schema(const KeyInfo& key) {
  return {{"type", "array"}, {"minItems", key.entries_min}, {"items", {{"type", "string"}}}};
}

Json value_schema(const KeyInfo& key) {
  switch (key.form) {
    case Form::mapping:
      return mapping_schema(key.inner());
    case Form::shorthand:
      return {{"anyOf", Json::array({shorthand_schema(key), mapping_schema(key.inner())})}};
    case Form::named:
      return {{"type", "object"},
              {"minProperties", key.entries_min},
              {"propertyNames", {{"pattern", kNamePattern}}},
              {"additionalProperties", mapping_schema(key.inner())}};
    case Form::named_choices:
      return {
          {"type", "object"}, {"minProperties", key.entries_min}, {"additionalProperties", choice_schema(key.choices)}};
    case Form::list:
      return {{"type", "array"}, {"items", mapping_schema(key.inner())}};
    case Form::texts:
      return texts_schema(key);
    case Form::some_texts:
      return {{"anyOf", Json::array({Json{{"type", "string"}}, texts_schema(key)})}};
    case Form::names: {
      const Json one = scalar_or_environment(key);
      return {{"anyOf", Json::array({one, Json{{"type", "array"}, {"minItems", key.entries_min}, {"items", one}}})}};
    }
    default:
      return scalar_or_environment(key);
  }
}

// The fallback as JSON; containers have none worth showing.
Json default_of(const KeyInfo& key) {
  if (key.form == Form::integer) return std::stoll(std::string(key.fallback));
  if (key.form == Form::flag) return key.fallback == "true";
  return key.fallback;
}

Json mapping_schema(const MappingInfo& info) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const KeyInfo& key : info.keys) {
    Json value = value_schema(key);
    value["description"] = key.sentence;
    const bool container = key.fallback == "{}" || key.fallback == "[]";
    if (key.fallback == kRequired) {
      required.push_back(key.name);
    } else if (!key.fallback.empty() && !container) {
      value["default"] = default_of(key);
    }
    properties[std::string(key.name)] = std::move(value);
  }
  Json schema{{"type", "object"},
              {"description", info.sentence},
              {"properties", std::move(properties)},
              {"additionalProperties", false}};
  // Groups may have what they need from `defaults`, or from a file that is included.
  const bool is_group = &info == &fleet_table().info || &info == &call_table().info;
  if (!required.empty() && !is_group) schema["required"] = std::move(required);
  return schema;
}

}  // namespace

std::string scenario_schema() {
  // Draft 7 is what editors have known for longest.
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "fleet-sim scenario"}};
  schema.update(mapping_schema(scenario_table().info));
  // What is required may stand in a file that is included.
  schema["anyOf"] =
      Json::array({Json{{"required", std::move(schema["required"])}}, Json{{"required", Json::array({"include"})}}});
  schema.erase("required");
  schema["definitions"] = {{"environment", {{"type", "string"}, {"pattern", "\\$\\{env:[^}]+\\}"}}}};
  return schema.dump(2) + "\n";
}

}  // namespace fleet::sim
