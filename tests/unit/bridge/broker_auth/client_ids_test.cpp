// Whose a client id is, and what of that is kept.
#include "bridge/broker_auth/client_ids.h"

#include <gtest/gtest.h>

#include <string>

namespace fleet::bridge {
namespace {

constexpr const char* kLamp1 = "lamp-1&lamp";
constexpr const char* kLamp2 = "lamp-2&lamp";
constexpr const char* kApp = "tmc&12345678";

TEST(ClientIds, ThrowOutTheFirstConnectionOfADevice) {
  ClientIds ids;
  const int first = 0, second = 0, third = 0;
  EXPECT_FALSE(ids.begin_device(kLamp1, "one", &first));
  EXPECT_FALSE(ids.begin_device(kLamp2, "two", &second));
  EXPECT_EQ(ids.begin_device(kLamp1, "three", &third), "one");
  ids.end("one", &first);  // its end comes later
  EXPECT_EQ(ids.begin_device(kLamp1, "four", &first), "three");
  EXPECT_FALSE(ids.begin_device(kLamp1, "four", &third)) << "the broker takes over what has the same identifier";
  ids.end("four", &first);
  EXPECT_EQ(ids.begin_device(kLamp1, "five", &first), "four") << "the later one was still there";
  ids.end("five", &first);
  EXPECT_FALSE(ids.begin_device(kLamp1, "six", &first)) << "nobody is there to be thrown out";
  EXPECT_EQ(ids.size(), 2u);
}

TEST(ClientIds, KeepTheLastOneOfADevice) {
  ClientIds ids;
  const int first = 0, second = 0;
  EXPECT_EQ(ids.owner("one"), "");
  static_cast<void>(ids.begin_device(kLamp1, "one", &first));
  EXPECT_EQ(ids.owner("one"), kLamp1);
  ids.end("one", &second);
  ids.end("one", &first);
  EXPECT_EQ(ids.owner("one"), kLamp1) << "its session may be waiting";
  static_cast<void>(ids.begin_device(kLamp1, "two", &first));
  EXPECT_EQ(ids.owner("one"), "");
  static_cast<void>(ids.begin_device(kLamp2, "one", &second));
  EXPECT_EQ(ids.owner("one"), kLamp2);
  EXPECT_EQ(ids.owner("two"), kLamp1);
  ids.forget_device(ids.owner("two"));
  ids.forget_device(kLamp1);
  EXPECT_EQ(ids.owner("two"), "");
  EXPECT_EQ(ids.size(), 1u);
}

TEST(ClientIds, KeepThoseOfConsumersThatLeftLast) {
  ClientIds ids;
  const int here = 0, away = 0;
  ids.begin_consumer(kApp, "here", &here);
  const auto name = [](std::size_t i) { return "c-" + std::to_string(i); };
  for (std::size_t i = 0; i < ClientIds::kAwayMax; ++i) ids.begin_consumer(kApp, name(i), &away);
  for (std::size_t i = 0; i < ClientIds::kAwayMax; ++i) ids.end(name(i), &away);
  EXPECT_EQ(ids.owner(name(0)), kApp);
  EXPECT_EQ(ids.size(), ClientIds::kAwayMax + 1);
  ids.begin_consumer(kApp, name(0), &away);  // is back, and the next to leave comes behind all
  ids.end(name(0), &away);
  ids.begin_consumer(kApp, "one more", &away);
  ids.end("one more", &away);
  EXPECT_EQ(ids.owner(name(1)), "");
  EXPECT_EQ(ids.owner(name(0)), kApp);
  EXPECT_EQ(ids.owner("one more"), kApp);
  EXPECT_EQ(ids.owner("here"), kApp);
  EXPECT_EQ(ids.size(), ClientIds::kAwayMax + 1);
}

TEST(ClientIds, LeaveAConsumersLaterConnectionAlone) {
  ClientIds ids;
  const int first = 0, second = 0;
  ids.begin_consumer(kApp, "one", &first);
  ids.begin_consumer(kApp, "one", &second);
  ids.end("one", &first);
  for (std::size_t i = 0; i <= ClientIds::kAwayMax; ++i) {
    ids.begin_consumer(kApp, std::to_string(i), &first);
    ids.end(std::to_string(i), &first);
  }
  EXPECT_EQ(ids.owner("one"), kApp) << "it is connected, and none of those that are away";
  EXPECT_EQ(ids.owner("0"), "");
}

}  // namespace
}  // namespace fleet::bridge
