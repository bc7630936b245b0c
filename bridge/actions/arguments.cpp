#include "bridge/actions/arguments.h"

#include <algorithm>
#include <array>

namespace fleet::bridge {
namespace {

bool is_replaced(const ActionParam& param, const ActionContext& context) {
  return !param.replaced_by.empty() && !context.text(param.replaced_by).empty();
}

// Where the members of a struct stand in ActionContext::items: in the order of the row.
template <class F>
void for_each_member(const Action& action, F&& with) {
  std::size_t place = 0;
  for (const ActionParam& param : action.params) {
    if (param.is_member()) with(param, place++);
  }
}

std::size_t place_of(const Action& action, const ActionParam& wanted) {
  std::size_t found = 0;
  for_each_member(action, [&](const ActionParam& param, std::size_t place) {
    if (&param == &wanted) found = place;
  });
  return found;
}

}  // namespace

void read_lists(const Action& action, ActionContext& context) {
  context.list.clear();
  context.items.clear();
  std::array<std::string_view, StructItem::kMembersMax> members;
  std::size_t count = 0;
  std::string_view base;
  for (const ActionParam& param : action.params) {
    if (param.is_list()) context.params.get_list(param.base(), context.list);
    if (!param.is_member() || count == members.size()) continue;
    base = param.base();
    members[count++] = param.member();
  }
  if (count != 0) context.params.get_structs(base, std::span(members).first(count), context.items);
}

std::optional<std::string> absent_argument(const Action& action, const ActionContext& context) {
  for (const ActionParam& param : action.params) {
    if (param.need == Need::optional || is_replaced(param, context)) continue;
    if (param.is_list()) {
      if (context.list.empty()) return std::string(param.base());
    } else if (param.is_member()) {
      if (param.need == Need::mandatory && context.items.empty()) return std::string(param.base());
      const std::size_t place = place_of(action, param);
      for (const StructItem& item : context.items) {
        if (item.has(place)) continue;
        return std::string(param.base()) + '.' + std::to_string(item.number) + '.' + std::string(param.member());
      }
    } else if (!context.params.get_business(param.name)) {
      return std::string(param.name);
    }
  }
  return {};
}

const BusinessError* empty_argument(const Action& action, const ActionContext& context) {
  for (const ActionParam& param : action.params) {
    if (param.when_empty == nullptr || is_replaced(param, context)) continue;
    bool empty = false;
    if (param.is_list()) {
      empty = std::any_of(context.list.begin(), context.list.end(), [](auto value) { return value.empty(); });
    } else if (param.is_member()) {
      const std::size_t place = place_of(action, param);
      empty = std::any_of(context.items.begin(), context.items.end(),
                          [place](const StructItem& item) { return item.has(place) && item.members[place].empty(); });
    } else {
      const auto value = context.params.get_business(param.name);
      empty = value && value->empty();
    }
    if (empty) return param.when_empty;
  }
  return nullptr;
}

}  // namespace fleet::bridge
