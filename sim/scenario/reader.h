// Walks a YAML tree by the tables of keys: finds unknown, missing and wrong values and collects what is to be said
// about them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/scenario/yaml_tree.h"
#include "wire/error.h"

namespace fleet::sim {

// How the value of a key is written.
enum class Form : std::uint8_t {
  text,           // any word or sentence, 1 .. `max` bytes
  name,           // [A-Za-z0-9_-], 1 .. 64
  flag,           // true | false
  integer,        // whole number
  duration,       // 250ms; min and max in seconds
  whole_seconds,  // a duration without a fraction of a second; min and max in seconds
  rate,           // 50/s; min and max a second
  rate_or_max,    // the same, or `max`
  size,           // 256B; min and max in bytes
  choice,         // one of `choices`
  url,            // scheme://host:port with one of the schemes in `choices`
  mapping,        // `inner`
  shorthand,      // `inner`, or a scalar: with "://" in it the key `url`, otherwise the key `use`
  named,          // names the user chooses -> `inner`
  list,           // list of `inner`
  texts,          // list of text
  named_choices,  // topic short names -> one of `choices`
};

// Written in `fallback`: the key must be there.
inline constexpr std::string_view kRequired = "(required)";

struct MappingInfo;

// One row of a table: everything that is to be known about a key but where its value goes.
struct KeyInfo {
  std::string_view name{};
  Form form = Form::text;
  std::string_view fallback{};  // YAML read where the key is absent; empty: the key may stay away; or kRequired
  std::string_view sentence{};  // for people
  double min = 0;               // in the unit of the form
  double max = 0;
  std::string_view choices{};  // "a|b|c"
  const MappingInfo& (*inner)() = nullptr;
};

struct MappingInfo {
  std::string_view what;      // "fleet group"
  std::string_view sentence;  // for people
  std::vector<KeyInfo> keys;

  [[nodiscard]] const KeyInfo* find(std::string_view key) const;
};

// A node on its way into a struct.
struct Value {
  const KeyInfo* key = nullptr;
  NodePtr node;       // null: absent, and nothing stands for it
  std::string path;   // "fleet.lamps.count"
  std::string label;  // the name that the user chose, in named mappings
};

// A scalar, checked against its row. Which members are set depends on the form.
struct Scalar {
  std::string text;
  std::int64_t whole = 0;  // integer; size in bytes; duration in ns; place in the choices; flag: 1 is true
  double real = 0;         // rate a second; negative: `max`
  Url url;
};

// Lives for one parse.
class Reader {
 public:
  // One value for each row of `info`; absent keys get their fallback. Says what is unknown or missing.
  [[nodiscard]] std::vector<Value> match(const Value& value, const MappingInfo& info);
  // The entries of a mapping whose keys the user chooses; each name is checked.
  [[nodiscard]] std::vector<Value> named(const Value& value);
  [[nodiscard]] std::vector<Value> list(const Value& value);
  // Checks form, unit, range and choices; none when something was wrong.
  [[nodiscard]] std::optional<Scalar> scalar(const Value& value);

  // Adds an error at a path that was read; a path that the file does not hold is put where its parent stands.
  void fail_at(const std::string& path, std::string sentence);
  void fail(const Place& place, std::string sentence);
  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  // True where the file (or --set) itself gives the key.
  [[nodiscard]] bool given(const std::string& path) const { return places_.count(path) != 0; }
  // The error that stands first in the file; what is missing comes last, for a misspelt key may be what is missed. Only
  // when failed().
  [[nodiscard]] wire::Error first_error() const;

 private:
  struct Fault {
    Place place;
    std::string sentence;
    bool missing = false;
  };
  void add(const std::string& path, std::string sentence, bool missing);
  [[nodiscard]] bool visit();
  [[nodiscard]] bool expect(const Value& value, YamlNode::Kind kind);

  std::map<std::string, Place, std::less<>> places_;  // path -> value, or key for mappings
  std::vector<Fault> errors_;
  std::uint64_t visited_ = 0;
};

// A node for a sentence: "a mapping", "a list", "'text'", "nothing".
[[nodiscard]] std::string describe(const YamlNode& node);

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

// Gives a member what its type can take of a checked scalar; enums take the place in the choices.
template <class T>
void assign(const Scalar& scalar, T& out) {
  if constexpr (IsOptional<T>::value) {
    assign(scalar, out.emplace());
  } else if constexpr (std::is_same_v<T, std::string>) {
    out = scalar.text;
  } else if constexpr (std::is_same_v<T, Url>) {
    out = scalar.url;
  } else if constexpr (std::is_same_v<T, bool>) {
    out = scalar.whole != 0;
  } else if constexpr (IsDuration<T>::value) {
    out = std::chrono::duration_cast<T>(wire::Nanos(scalar.whole));
  } else if constexpr (std::is_floating_point_v<T>) {
    out = scalar.real;
  } else if constexpr (std::is_enum_v<T>) {
    out = static_cast<T>(scalar.whole);
  } else {
    static_assert(std::is_integral_v<T>);
    out = static_cast<T>(scalar.whole);
  }
}

}  // namespace fleet::sim
