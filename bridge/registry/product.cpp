#include "bridge/registry/product.h"

#include <algorithm>

#include "bridge/registry/device_table.h"

namespace fleet::bridge {

// A product has at most some dozen classes (50 by the documentation of limits): walking along them is quick enough.
const TopicClass* Product::topic_class(std::string_view short_name) const {
  const auto found =
      std::find_if(facts_.topics.begin(), facts_.topics.end(),
                   [short_name](const TopicClass& topic_class) { return topic_class.short_name == short_name; });
  return found == facts_.topics.end() ? nullptr : &*found;
}

const Device* Product::device(std::string_view name) const { return table_.find(facts_.index, name); }

void Product::find_devices(std::span<const std::string_view> names, std::vector<const Device*>& out) const {
  table_.find_all(facts_.index, names, out);
}

std::vector<const Device*> Product::device_page(std::size_t first, std::size_t count) const {
  std::vector<const Device*> page;
  for (std::size_t i = first; i < devices_.size() && page.size() < count; ++i) page.push_back(table_.at(devices_[i]));
  return page;
}

}  // namespace fleet::bridge
