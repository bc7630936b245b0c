// The table of keys: one row says everything about a key. Rows drive the reader, its errors and the JSON Schema.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "settings/reader.h"

namespace fleet::settings {

// One row and where its value goes. T owns the member.
template <class T>
struct Key {
  KeyInfo info;
  void (*store)(Reader& reader, const Value& value, T& owner);

  // A scalar of any form; the member's type takes what Scalar holds for it.
  template <auto Member>
  static Key field(KeyInfo info) {
    return {info, [](Reader& reader, const Value& value, T& owner) {
              if (const auto scalar = reader.scalar(value)) assign(*scalar, owner.*Member);
            }};
  }
  // A mapping with keys of its own.
  template <auto Member, auto InnerTable>
  static Key mapping(KeyInfo info) {
    info.form = info.form == Form::shorthand ? Form::shorthand : Form::mapping;
    info.inner = &inner_info<InnerTable>;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              read_mapping(reader, value, InnerTable(), owner.*Member);
            }};
  }
  // A mapping whose keys fill the owner itself.
  template <auto InnerTable>
  static Key part(KeyInfo info) {
    info.form = Form::mapping;
    info.inner = &inner_info<InnerTable>;
    return {info,
            [](Reader& reader, const Value& value, T& owner) { read_mapping(reader, value, InnerTable(), owner); }};
  }
  // Names that the user chooses, each with a mapping: the member is a vector of structs with a `name`.
  template <auto Member, auto InnerTable>
  static Key named(KeyInfo info) {
    info.form = Form::named;
    info.inner = &inner_info<InnerTable>;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              for (const Value& entry : reader.named(value)) {
                auto& element = (owner.*Member).emplace_back();
                element.name = entry.label;
                read_mapping(reader, entry, InnerTable(), element);
              }
            }};
  }
  // A list of mappings: the member is a vector of structs.
  template <auto Member, auto InnerTable>
  static Key list(KeyInfo info) {
    info.form = Form::list;
    info.inner = &inner_info<InnerTable>;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              for (const Value& item : reader.list(value)) {
                read_mapping(reader, item, InnerTable(), (owner.*Member).emplace_back());
              }
            }};
  }
  // A list of scalars, all of the row's own rules: the member is a vector of strings.
  template <auto Member>
  static Key texts(KeyInfo info) {
    info.form = Form::texts;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              for (const Value& item : reader.list(value)) {
                if (const auto scalar = reader.scalar(item)) (owner.*Member).push_back(scalar->text);
              }
            }};
  }
  // A name or a list of names: the member is a vector of strings.
  template <auto Member>
  static Key names(KeyInfo info) {
    info.form = Form::names;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              for (const Value& item : reader.one_or_list(value)) {
                if (const auto scalar = reader.scalar(item)) (owner.*Member).push_back(scalar->text);
              }
            }};
  }
  // A text or a list of texts: the member is a vector of strings.
  template <auto Member>
  static Key some_texts(KeyInfo info) {
    Key key = names<Member>(info);
    key.info.form = Form::some_texts;
    return key;
  }
  // Some keys of a table, none of them required, which somebody else reads: here they are only known.
  template <auto InnerTable>
  static Key inherited(KeyInfo info) {
    info.form = Form::mapping;
    info.inner = &inner_info<InnerTable>;
    return {info, [](Reader& reader, const Value& value, T&) { reader.check_keys(value, InnerTable().info); }};
  }
  // Words that the user chooses, each with one of the row's choices: the member is a map from string to an enum, or to
  // size_t.
  template <auto Member>
  static Key choices_by_name(KeyInfo info) {
    using Choice = typename std::remove_reference_t<decltype(std::declval<T&>().*Member)>::mapped_type;
    info.form = Form::named_choices;
    return {info, [](Reader& reader, const Value& value, T& owner) {
              for (const Value& entry : reader.named(value)) {
                if (const auto scalar = reader.scalar(entry))
                  (owner.*Member).emplace(entry.label, static_cast<Choice>(scalar->whole));
              }
            }};
  }

 private:
  template <auto InnerTable>
  static const MappingInfo& inner_info() {
    return InnerTable().info;
  }
};

// All keys of one kind of mapping.
template <class T>
struct Table {
  MappingInfo info;
  std::vector<void (*)(Reader&, const Value&, T&)> stores;  // by row

  Table(std::string_view what, std::string_view sentence, const std::vector<Key<T>>& keys) : info{what, sentence, {}} {
    for (const Key<T>& key : keys) {
      info.keys.push_back(key.info);
      stores.push_back(key.store);
    }
  }
};

// Reads a mapping into `out` by its table. Errors are collected in the reader; `out` is then incomplete.
template <class T, class U>
void read_mapping(Reader& reader, const Value& value, const Table<T>& table, U& out) {
  const std::vector<Value> rows = reader.match(value, table.info);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].node) table.stores[i](reader, rows[i], out);
  }
}

}  // namespace fleet::settings
