// The limits of the APIs: a key for each action and method.
#include "bridge/actions/action.h"
#include "bridge/config/tables.h"
#include "bridge/tmc/method.h"

namespace fleet::bridge {

using settings::Form;
using settings::Key;
using settings::Reader;
using settings::Table;
using settings::Value;

namespace {

// Every action and method has a quota.
std::vector<std::string_view> limited_names() {
  std::vector<std::string_view> names;
  for (const Action& action : actions()) names.push_back(action.name);
  for (const TopMethod& method : top_methods()) names.push_back(method.name);
  return names;
}

settings::KeyInfo rate_of(std::string_view name) {
  return {.name = name, .form = Form::rate, .sentence = "calls allowed", .min = 0.0001, .max = 1e6};
}

void read_rate(Reader& reader, const Value& value, CallRates& out) {
  if (const auto rate = reader.scalar(value)) out.emplace(value.key->name, rate->real);
}

}  // namespace

const Table<CallRates>& all_apps_table() {
  static const Table<CallRates> table = [] {
    std::vector<Key<CallRates>> rows;
    for (const TopMethod& method : top_methods()) rows.push_back({rate_of(method.name), read_rate});
    return Table<CallRates>("limits.all_apps", "Calls of a TOP method that all apps together may make.", rows);
  }();
  return table;
}

const Table<LimitsConfig>& limits_table() {
  using Row = Key<LimitsConfig>;
  static const Table<LimitsConfig> table = [] {
    std::vector<Row> rows;
    for (const std::string_view name : limited_names()) {
      rows.push_back({rate_of(name), [](Reader& reader, const Value& value, LimitsConfig& out) {
                        read_rate(reader, value, out.per_second);
                      }});
    }
    rows.push_back(Row::mapping<&LimitsConfig::per_second_of_all_apps, &all_apps_table>(
        {.name = "all_apps", .sentence = "the same of TOP methods, of all apps together; absent: no limit"}));
    rows.push_back(Row::field<&LimitsConfig::messages_to_a_device>(
        {.name = "messages_to_a_device",
         .form = Form::rate,
         .fallback = "50/s",
         .sentence = "messages that one device is sent by BatchPub and Pub; further ones: iot.messagebroker.RateLimit",
         .min = 0.0001,
         .max = 1e6}));
    return Table<LimitsConfig>("limits", "Calls allowed a second; what is absent has the API's own number.", rows);
  }();
  return table;
}

}  // namespace fleet::bridge
