// Whose is a topic? Everything that is not plainly somebody's is nobody's.
#include "bridge/broker_auth/topic_owner.h"

#include <gtest/gtest.h>

namespace fleet::bridge {
namespace {

struct Row {
  const char* topic;
  TopicSpace space;
  const char* product_key;
  const char* device_name;
};

TEST(TopicOwner, IsReadFromTheTopic) {
  const Row rows[] = {
      {"/lamp/dev-1/user/get", TopicSpace::own, "lamp", "dev-1"},
      {"/lamp/dev-1/user/a/b/+", TopicSpace::own, "lamp", "dev-1"},
      {"/lamp/dev-1/user/#", TopicSpace::own, "lamp", "dev-1"},
      {"/sys/lamp/dev-1/thing/topo/add", TopicSpace::own, "lamp", "dev-1"},
      {"/sys/lamp/dev-1/#", TopicSpace::own, "lamp", "dev-1"},
      {"/ext/rrpc/123/lamp/dev-1/user/get", TopicSpace::own, "lamp", "dev-1"},
      {"/ext/rrpc/+/sys/lamp/dev-1/rrpc", TopicSpace::own, "lamp", "dev-1"},
      {"$share/group/lamp/dev-1/user/get", TopicSpace::own, "none", "none"},
      {"$share/group//lamp/dev-1/user/get", TopicSpace::own, "lamp", "dev-1"},
      {"/ext/session/lamp/dev-1/combine/login", TopicSpace::session, "lamp", "dev-1"},
      {"/ext/error/lamp/dev-1", TopicSpace::errors, "lamp", "dev-1"},
      {"/broadcast/lamp/news", TopicSpace::broadcast, "lamp", ""},
      {"/sys/broadcast/lamp", TopicSpace::broadcast, "lamp", ""},
  };
  for (const Row& row : rows) {
    const auto owner = owner_of(row.topic);
    if (std::string_view(row.product_key) == "none") {
      EXPECT_FALSE(owner.has_value()) << row.topic;
      continue;
    }
    ASSERT_TRUE(owner.has_value()) << row.topic;
    EXPECT_EQ(owner->space, row.space) << row.topic;
    EXPECT_EQ(owner->device.product_key, row.product_key) << row.topic;
    EXPECT_EQ(owner->device.device_name, row.device_name) << row.topic;
    if (row.space == TopicSpace::own) {
      EXPECT_EQ(owner->path, "lamp/dev-1") << row.topic;
    }
  }
}

TEST(TopicOwner, OfConsumersIsTheApplication) {
  for (const char* topic :
       {"tmc/12345678/default/trade", "tmc/12345678/+/#", "$share/default/tmc/12345678/default/+"}) {
    const auto owner = owner_of(topic);
    ASSERT_TRUE(owner.has_value()) << topic;
    EXPECT_EQ(owner->space, TopicSpace::consumers) << topic;
    EXPECT_EQ(owner->app_key, "12345678") << topic;
  }
}

TEST(TopicOwner, IsNobodyElsewhere) {
  for (const char* topic : {"",
                            "/",
                            "#",
                            "+",
                            "/#",
                            "/+/+/user/get",
                            "/lamp/+/user/get",
                            "/+/dev-1/user/get",
                            "/lamp/dev-1",
                            "/lamp/dev-1/",
                            "/lamp/dev-1/user",
                            "/lamp/dev-1/user/",
                            "/lamp/dev-1/+/get",
                            "/lamp/dev-1/#",
                            "lamp/dev-1/user/get",
                            "//lamp/dev-1/user/get",
                            "/lamp/dev/user/get",
                            "/sys/lamp/dev-1",
                            "/sys/lamp/dev-1/",
                            "/sys/+/dev-1/x",
                            "/sys/#",
                            "/ext/#",
                            "/ext/session/+/+/combine/login",
                            "/ext/session/lamp/dev-1",
                            "/ext/error/lamp/+",
                            "/ext/error/lamp/dev-1/x",
                            "/ext/rrpc/1",
                            "/ext/rrpc//lamp/dev-1/user/get",
                            "/ext/rrpc/1/ext/rrpc/2/lamp/dev-1/user/get",
                            "/ext/other/lamp/dev-1/x",
                            "/broadcast/+/x",
                            "/broadcast/lamp",
                            "/broadcast/lamp/",
                            "/sys/broadcast/+",
                            "tmc/#",
                            "tmc/+/default/trade",
                            "tmc/12345678",
                            "tmc/12345678/",
                            "tmc//x",
                            "$SYS/#",
                            "$SYS/broker/uptime",
                            "$CONTROL/x",
                            "$share",
                            "$share/group",
                            "$share/g/#",
                            "$share/g/+/x",
                            "$share/a/$share/b/tmc/12345678/x/y",
                            "open/x"}) {
    EXPECT_FALSE(owner_of(topic).has_value()) << topic;
  }
}

}  // namespace
}  // namespace fleet::bridge
