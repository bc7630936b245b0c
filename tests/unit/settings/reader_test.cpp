#include "settings/reader.h"

#include <gtest/gtest.h>

#include "settings/keys.h"

namespace fleet::settings {
namespace {

constexpr Language kLanguage{"file", 1u << 20, 1'000};

struct Inner {
  std::uint32_t count = 0;
  std::string name;
};

struct Outer {
  wire::Address listen;
  std::chrono::milliseconds wait{5};
  bool flag = true;
  Inner inner;
  std::vector<Inner> items;
};

const Table<Inner>& inner_table() {
  using Row = Key<Inner>;
  static const Table<Inner> table(
      "inner", "An inner mapping.",
      {
          Row::field<&Inner::count>(
              {.name = "count", .form = Form::integer, .fallback = kRequired, .sentence = "how many", .max = 9}),
          Row::field<&Inner::name>({.name = "na.me"}),
      });
  return table;
}

const Table<Outer>& outer_table() {
  using Row = Key<Outer>;
  static const Table<Outer> table(
      "the file", "All of it.",
      {
          Row::field<&Outer::listen>({.name = "listen", .form = Form::address}),
          Row::field<&Outer::wait>({.name = "wait", .form = Form::duration, .max = 60}),
          Row::field<&Outer::flag>({.name = "flag", .form = Form::flag, .fallback = "false"}),
          Row::mapping<&Outer::inner, &inner_table>({.name = "inner"}),
          Row::list<&Outer::items, &inner_table>({.name = "items", .entries_min = 1, .entries_max = 2}),
      });
  return table;
}

struct Outcome {
  Outer out;
  std::string error;
};

Outcome read(const std::string& text) {
  Outcome outcome;
  Reader reader(parse_yaml(text, kLanguage, "f").value(), kLanguage);
  read_mapping(reader, reader.root(), outer_table(), outcome.out);
  if (reader.failed()) outcome.error = reader.first_error().text();
  return outcome;
}

TEST(SettingsReader, FillsWhatIsGivenAndFallsBackWhereTheTableSaysSo) {
  const Outcome all =
      read("{listen: '[::1]:0', wait: 1.5s, flag: true, inner: {count: 3, na.me: x}, items: [{count: 1}]}");
  EXPECT_EQ(all.error, "");
  EXPECT_EQ(all.out.listen, (wire::Address{"::1", 0}));
  EXPECT_EQ(all.out.wait, std::chrono::milliseconds(1'500));
  EXPECT_EQ(all.out.inner.name, "x");
  EXPECT_EQ(all.out.items[0].count, 1u);
  const Outcome none = read("{}");
  EXPECT_EQ(none.error, "");
  EXPECT_FALSE(none.out.flag);
  EXPECT_EQ(none.out.wait, std::chrono::milliseconds(5));
}

TEST(SettingsReader, SaysWhatIsWrongFirst) {
  EXPECT_EQ(read("[]").error, "f:1:1: a file must be a mapping, not a list");
  EXPECT_EQ(read("{lisen: h:1}").error, "f:1:2: unknown key 'lisen' in the file; did you mean 'listen'?");
  EXPECT_EQ(read("{listen: h}").error, "f:1:10: 'listen': 'h' has no port of 0 .. 65535; write it like 127.0.0.1:8080");
  EXPECT_EQ(read("{inner: {}}").error, "f:1:2: inner has no 'count': how many");
  EXPECT_EQ(read("{inner: {cont: 1}}").error, "f:1:10: unknown key 'cont' in inner; did you mean 'count'?");
  EXPECT_EQ(read("{items: [{count: 1}, {count: 10}]}").error,
            "f:1:30: 'items.1.count': '10' is out of range; allowed is 0 .. 9");
  EXPECT_EQ(read("{items: []}").error, "f:1:9: 'items' is empty; name at least one");
  EXPECT_EQ(read("{items: [{count: 1}, {count: 1}, {count: 1}]}").error, "f:1:9: 'items' has more than 2 entries");
}

TEST(SettingsReader, FindsThePlaceOfAPath) {
  const std::string text = "inner:\n  count: 3\n  na.me: x\nitems:\n  - { count: 1 }\n";
  const auto place = [&](std::string_view path, bool of_key = false) {
    Reader reader(parse_yaml(text, kLanguage, "f").value(), kLanguage);
    of_key ? reader.fail_at_key(path, "") : reader.fail_at(path, "");
    return reader.first_error().where + (reader.given(path) ? " given" : "");
  };
  EXPECT_EQ(place(""), "f:1:1 given");
  EXPECT_EQ(place("inner"), "f:1:1 given");
  EXPECT_EQ(place("inner.count"), "f:2:10 given");
  EXPECT_EQ(place("inner.count", true), "f:2:3 given");
  EXPECT_EQ(place("inner.na.me"), "f:3:10 given");
  EXPECT_EQ(place("inner.na"), "f:1:1");
  EXPECT_EQ(place("inner.count.more"), "f:2:10");
  EXPECT_EQ(place("items.0"), "f:5:5 given");
  EXPECT_EQ(place("items.0.count"), "f:5:14 given");
  for (const char* path : {"items.1", "items.x", "items.0x", "items.-1"}) EXPECT_EQ(place(path), "f:4:1") << path;
  EXPECT_EQ(place("nothing"), "f:1:1");
}

}  // namespace
}  // namespace fleet::settings
