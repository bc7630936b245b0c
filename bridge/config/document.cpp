#include "bridge/config/document.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string_view>
#include <vector>

#include "bridge/config/tables.h"
#include "settings/scalar.h"

namespace fleet::bridge {
namespace {

using settings::Form;
using settings::KeyInfo;
using settings::kRequired;
using settings::MappingInfo;

constexpr std::string_view kHead = R"(# Configuration

Made by `fleet-bridge keys` from the tables of the bridge; a test fails when this file is not what it prints.

`fleet-bridge check FILE` reads a file and prints what was found; `fleet-bridge --config FILE` serves by it. One YAML document:

```
http: { listen: 127.0.0.1:8080 }
mqtt: { broker: "mqtt://127.0.0.1:1883", username: bridge, password: "${env:BROKER_PASSWORD}" }
registry: { store: "sqlite:./registry.db" }
accounts: [ { access_key_id: id, access_key_secret: "${env:KEY_SECRET}", batch_pub: true } ]
products: [ { key: a1BwAGVdemo, topics: { get: subscribe, update: publish } } ]
```

- A key that is not below is an error, told as `file:line:col: sentence`; so is a key given twice, a value out of range, a number without its unit.
- Durations: `250ms 10s 5m 1h`. Rates: `50/s 30/m 100/h`. Sizes: `256B 64KB 1MB`, 1 KB is 1,024 B.
- `${env:NAME}` inside a value is replaced by the environment variable; one that is not set is an error.
- Files that the bridge makes are readable by its own user alone, for the registry holds secrets.
)";

// What may stand there.
std::string value_text(const KeyInfo& key) {
  switch (key.form) {
    case Form::choice:
      return fmt::format("`{}`", fmt::join(settings::split_choices(key.choices), "`, `"));
    case Form::flag:
      return "`true`, `false`";
    case Form::integer:
    case Form::duration:
    case Form::whole_seconds:
    case Form::rate:
    case Form::size:
      return settings::range_text(key);
    case Form::url:
      return fmt::format("`{}://HOST:PORT`", fmt::join(settings::split_choices(key.choices), "://HOST:PORT`, `"));
    case Form::address:
      return "`HOST:PORT`";
    case Form::mapping:
      return "mapping";
    case Form::list:
      return "list of mappings";
    case Form::texts:
      return "list of text";
    case Form::named_choices:
      return fmt::format("mapping: names to `{}`", fmt::join(settings::split_choices(key.choices), "`, `"));
    default:
      return "text";
  }
}

std::string default_text(const KeyInfo& key) {
  if (key.fallback == kRequired) return "required";
  return key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback);
}

void append_mapping(std::string_view title, const MappingInfo& info, std::string& out) {
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "\n## {}\n\n{}\n\n| key | value | default | |\n|---|---|---|---|\n", title, info.sentence);
  // Keys in a row that say the same, as the limits do, stand together.
  for (std::size_t i = 0; i < info.keys.size();) {
    const KeyInfo& key = info.keys[i];
    std::vector<std::string_view> names;
    for (; i < info.keys.size() && info.keys[i].sentence == key.sentence; ++i) names.push_back(info.keys[i].name);
    fmt::format_to(to, "| `{}` | {} | {} | {} |\n", fmt::join(names, "`, `"), value_text(key), default_text(key),
                   key.sentence);
  }
}

// The mapping, then those inside it, each under its path.
void append_tree(const std::string& path, const MappingInfo& info, std::string& out) {
  append_mapping(path.empty() ? "The whole file" : path, info, out);
  for (const KeyInfo& key : info.keys) {
    if (key.inner == nullptr) continue;
    append_tree(fmt::format("{}{}{}{}", path, path.empty() ? "" : ".", key.name, key.form == Form::list ? "[]" : ""),
                key.inner(), out);
  }
}

}  // namespace

std::string config_document() {
  std::string out(kHead);
  append_tree("", config_table().info, out);
  return out;
}

}  // namespace fleet::bridge
