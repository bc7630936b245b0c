// References by name from one part of a scenario to another.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/spelling.h"
#include "sim/scenario/tables.h"

namespace fleet::sim {

// Place of the element called `name` among those that have a name; says at `path` when there is none.
template <class T>
std::optional<std::size_t> resolve(Reader& reader, const std::vector<T>& named, const std::string& name,
                                   const std::string& path, std::string_view what) {
  const auto found = std::find_if(named.begin(), named.end(), [&](const T& element) { return element.name == name; });
  if (found != named.end()) return static_cast<std::size_t>(found - named.begin());
  std::vector<std::string_view> names;
  for (const T& element : named) names.push_back(element.name);
  reader.fail_at(path, fmt::format("unknown {} '{}'{}", what, name, settings::suggestion(name, names)));
  return std::nullopt;
}

}  // namespace fleet::sim
