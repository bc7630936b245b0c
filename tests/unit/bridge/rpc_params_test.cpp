#include "bridge/envelope/rpc_params.h"

#include <gmock/gmock.h>

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;

TEST(RpcParams, UnitesQueryAndBody) {
  RpcParams params;
  EXPECT_FALSE(params.decode("b=2&a=1", "c=3", 10));
  EXPECT_EQ(params.get("a"), "1");
  EXPECT_EQ(params.get("b"), "2");
  EXPECT_EQ(params.get("c"), "3");
  EXPECT_FALSE(params.get("d"));
}

TEST(RpcParams, TheLastOfARepeatedKeyWinsAndTheBodyIsBehindTheQuery) {
  RpcParams params;
  EXPECT_FALSE(params.decode("k=z&a=1&k=y", "", 10));
  EXPECT_EQ(params.get("k"), "y");
  EXPECT_FALSE(params.decode("k=query", "k=first&k=body", 10));
  EXPECT_EQ(params.get("k"), "body");
  EXPECT_EQ(params.all().size(), 1u);
  EXPECT_FALSE(params.decode("k=1&k=2&k=3", "", 10));
  EXPECT_EQ(params.get("k"), "3");
}

TEST(RpcParams, CountsQueryAndBodyTogether) {
  RpcParams params;
  EXPECT_FALSE(params.decode("a=1&b=2", "c=3", 3));
  EXPECT_EQ(params.decode("a=1&b=2", "c=3&d=4", 3), wire::FormError::too_many_params);
}

TEST(RpcParams, WhatStandsInFrontOfAnErrorCanBeRead) {
  RpcParams params;
  EXPECT_EQ(params.decode("Format=JSON&x=%zz", "y=1", 10), wire::FormError::bad_percent_encoding);
  EXPECT_EQ(params.get("Format"), "JSON");
}

TEST(RpcParams, BusinessParametersMayBeginSmall) {
  RpcParams params;
  EXPECT_FALSE(params.decode("productKey=small&Qos=1&qos=0", "", 10));
  EXPECT_EQ(params.get_business("ProductKey"), "small");
  EXPECT_EQ(params.get_business("Qos"), "1");
  EXPECT_FALSE(params.get("ProductKey"));
}

TEST(RpcParams, ListsAreInTheOrderOfTheirNumbers) {
  RpcParams params;
  std::vector<std::string_view> list;
  EXPECT_FALSE(params.decode("N.10=j&N.2=b&N.1=a&N.9=i", "N.100=z", 10));
  params.get_list("N", list);
  EXPECT_THAT(list, ElementsAre("a", "b", "i", "j", "z"));
}

TEST(RpcParams, AListTakesEitherSpellingAndCountsANumberOnce) {
  RpcParams params;
  std::vector<std::string_view> list;
  EXPECT_FALSE(params.decode("name.1=small&name.2=two&Name.1=capital&Name.3=three", "", 10));
  params.get_list("Name", list);
  EXPECT_THAT(list, ElementsAre("capital", "two", "three"));
}

TEST(RpcParams, OtherSuffixesAreOtherParameters) {
  RpcParams params;
  std::vector<std::string_view> list = {"left from the last call"};
  EXPECT_FALSE(params.decode("N.0=a&N.01=b&N.x=c&N.=d&N=e&N-1=f&N.1x=g&N.12345678=h&NN.1=i&N.-1=j&N.1.2=k", "", 20));
  params.get_list("N", list);
  EXPECT_TRUE(list.empty());
}

constexpr std::string_view kMembers[] = {"Name", "Nick"};

std::vector<StructItem> structs_of(std::string_view query) {
  static RpcParams params;  // the items look into it
  std::vector<StructItem> items(3);
  EXPECT_FALSE(params.decode(query, "", 100));
  params.get_structs("List", kMembers, items);
  return items;
}

TEST(RpcParams, StructsAreInTheOrderOfTheirNumbersWithGaps) {
  const auto items = structs_of("List.10.Name=j&List.2.Nick=b2&List.2.Name=b&List.9.Nick=i2");
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].number, 2u);
  EXPECT_EQ(items[0].members[0], "b");
  EXPECT_EQ(items[0].members[1], "b2");
  EXPECT_EQ(items[1].number, 9u);
  EXPECT_FALSE(items[1].has(0));
  EXPECT_EQ(items[1].members[1], "i2");
  EXPECT_EQ(items[2].number, 10u);
  EXPECT_FALSE(items[2].has(1));
}

TEST(RpcParams, AnEmptyMemberIsThere) {
  const auto items = structs_of("List.1.Name&List.2.Nick=");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_TRUE(items[0].has(0));
  EXPECT_FALSE(items[0].has(1));
  EXPECT_TRUE(items[1].has(1));
}

TEST(RpcParams, StructsTakeEitherSpellingAndTheCapitalOneWins) {
  const auto items = structs_of("list.1.name=small&List.1.name=half&List.1.Name=capital&list.2.nick=two");
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].members[0], "capital");
  EXPECT_EQ(items[1].members[1], "two");
}

TEST(RpcParams, OtherStructsAreOtherParameters) {
  EXPECT_TRUE(structs_of("List.0.Name=a&List.01.Name=b&List.x.Name=c&List.1=d&List.1.=e&List.1.Names=f&List.1.NAME=g&"
                         "List.-1.Name=h&Lists.1.Name=i&List.12345678.Name=j&List..Name=k&List.1.Name.x=l")
                  .empty());
}

}  // namespace
}  // namespace fleet::bridge
