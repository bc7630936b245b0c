// Walks a YAML tree by the tables of keys: finds unknown, missing and wrong values and collects what is to be said
// about them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "settings/yaml_tree.h"
#include "wire/clock.h"
#include "wire/error.h"
#include "wire/url.h"

namespace fleet::settings {

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
  share,          // 20%; min and max as fractions of one
  choice,         // one of `choices`
  url,            // scheme://host:port with one of the schemes in `choices`
  address,        // host:port; port 0 stands for any free one
  mapping,        // `inner`
  shorthand,      // `inner`, or a scalar: the key in `choices`; where that is empty with "://" in it the key `url`,
                  // otherwise the key `use`
  named,          // names the user chooses -> `inner`
  list,           // list of `inner`
  texts,          // list of text
  some_texts,     // a text, or a list of text
  names,          // a name, or a list of names
  named_choices,  // topic short names -> one of `choices`
};

// Written in `fallback`: the key must be there.
inline constexpr std::string_view kRequired = "(required)";

struct MappingInfo;

// One row of a table: everything that is to be known about a key but where its value goes.
struct KeyInfo {
  std::string_view name{};
  Form form = Form::text;
  std::string_view fallback{};  // where the key is absent: a scalar, {} or []; empty: it may stay away; or kRequired
  std::string_view sentence{};  // for people
  double min = 0;               // in the unit of the form
  double max = 0;
  std::string_view choices{};  // "a|b|c"
  const MappingInfo& (*inner)() = nullptr;
  std::size_t entries_min = 0;  // of a mapping with names, a list
  std::size_t entries_max = 1'000;
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
  double real = 0;         // rate a second, negative: `max`; share as a fraction of one
  wire::Url url;           // also host and port of an address
};

// Lives for one parse. How much it visits is bounded by the weight of the root.
class Reader {
 public:
  // `language` outlives the reader.
  Reader(NodePtr root, const Language& language) : root_(std::move(root)), language_(language) {}

  [[nodiscard]] Value root() const { return {nullptr, root_, {}, {}}; }
  // One value for each row of `info`; absent keys get their fallback. Says what is unknown or missing.
  [[nodiscard]] std::vector<Value> match(const Value& value, const MappingInfo& info);
  // Says where a value is no mapping, and which of its keys are unknown.
  void check_keys(const Value& value, const MappingInfo& info);
  // The entries of a mapping whose keys the user chooses; each name is checked.
  [[nodiscard]] std::vector<Value> named(const Value& value);
  [[nodiscard]] std::vector<Value> list(const Value& value);
  // The same, where a scalar stands for a list of one.
  [[nodiscard]] std::vector<Value> one_or_list(const Value& value);
  // Checks form, unit, range and choices; none when something was wrong.
  [[nodiscard]] std::optional<Scalar> scalar(const Value& value);

  // Adds an error at the value of a path: keys and list indexes with '.' between them. A scalar's place is its own,
  // anything else stands where its key does, and a path that the file does not hold where its parent does.
  void fail_at(std::string_view path, std::string sentence);
  // The same at the key that the path ends with.
  void fail_at_key(std::string_view path, std::string sentence);
  void fail(const Place& place, std::string sentence);
  [[nodiscard]] bool failed() const { return !errors_.empty(); }
  // True where the file (or what was set from outside) itself gives the key.
  [[nodiscard]] bool given(std::string_view path) const { return locate(path).whole; }
  // The file in which the value of a path stands.
  [[nodiscard]] std::string source_of(std::string_view path) const;
  // The error that stands first in the file; what is missing comes last, for a misspelt key may be what is missed. Only
  // when failed().
  [[nodiscard]] wire::Error first_error() const;

 private:
  struct Fault {
    Place place;
    std::string sentence;
    bool missing = false;
  };
  struct Location {
    Place place;         // of the value
    Place key;           // of the key in front of it
    bool whole = false;  // the file holds the whole path
  };
  [[nodiscard]] Location locate(std::string_view path) const;
  void add(const Place& place, std::string sentence, bool missing);
  [[nodiscard]] bool expect(const Value& value, YamlNode::Kind kind);
  [[nodiscard]] bool check_entries(const Value& value, std::size_t count);

  NodePtr root_;
  const Language& language_;
  std::vector<Fault> errors_;
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
  } else if constexpr (std::is_same_v<T, wire::Url>) {
    out = scalar.url;
  } else if constexpr (std::is_same_v<T, wire::Address>) {
    out = scalar.url.address();
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

}  // namespace fleet::settings
