// --set path.to.key=value on a YAML tree.
#pragma once

#include "settings/reader.h"
#include "settings/yaml_tree.h"
#include "sim/scenario/scenario.h"

namespace fleet::sim {

// A copy of `root` in which the value at `set.path` is `set.value`; nodes that aliases share stay as they are
// elsewhere. Path segments are mapping keys and list indexes. A key that `info` knows is made where it is absent; names
// that the user chose and list entries must exist. Errors: usage, placed at "--set PATH".
[[nodiscard]] wire::Result<settings::NodePtr> apply_override(const settings::NodePtr& root, const Override& set,
                                                             const settings::MappingInfo& info);

}  // namespace fleet::sim
