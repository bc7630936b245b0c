// One scenario on top of another: what files include, and what groups inherit.
#pragma once

#include "settings/reader.h"
#include "settings/yaml_tree.h"
#include "wire/error.h"

namespace fleet::sim {

// `under` with `over` on top of it: what both give is over's. Mappings are laid upon each other key by key, as deep as
// `info` knows them as mappings; lists, and mappings that are one of several shapes, are taken as they are. Everything
// keeps its place.
[[nodiscard]] settings::NodePtr laid_over(const settings::NodePtr& over, const settings::NodePtr& under,
                                          const settings::MappingInfo& info);

// `root` with every fleet group on top of defaults.fleet, and every call group on top of defaults.calls. Errors: usage;
// more values than a scenario may have, defaults counted in each group.
[[nodiscard]] wire::Result<settings::NodePtr> with_defaults(const settings::NodePtr& root,
                                                            const settings::MappingInfo& info);

}  // namespace fleet::sim
