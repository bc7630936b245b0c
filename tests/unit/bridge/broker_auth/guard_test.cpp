// Who may log in and do what, over the file that a bridge's registry writes at the same time.
#include "bridge/broker_auth/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bridge/registry/registry.h"
#include "tests/support/allocations.h"
#include "tests/support/device_login_as.h"
#include "tests/support/registry_fixture.h"
#include "tests/support/temp_dir.h"
#include "wire/device_login.h"

namespace fleet::bridge {
namespace {

using ::testing::HasSubstr;
using Access = TopicAccess;

constexpr DeviceName kGateway1{"gate", "gw01"};
constexpr DeviceName kGateway2{"gate", "gw02"};
constexpr const char* kUser1 = "gw01&gate";
constexpr const char* kUser2 = "gw02&gate";
constexpr const char* kSubTopic = "/lamp/lamp-3/user/get";

class GuardTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = Registry::open(
        {.sqlite_path = path_}, some_products(), kRegistryDay,
        {{.app_key = "87654321", .app_secret = "byeworld"}, {.app_key = "12345678", .app_secret = "helloworld"}});
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    registry_ = std::move(*opened);
    auto guard = Guard::open(options());
    ASSERT_TRUE(guard.has_value()) << guard.error().text();
    guard_ = std::move(*guard);
  }

  [[nodiscard]] GuardOptions options() const {
    return {.registry = path_, .bridge_username = "the-bridge", .bridge_password = "its password"};
  }

  // The sentence of the refusal to open.
  [[nodiscard]] std::string refusal() const {
    const auto guard = Guard::open(options());
    return guard ? "opened" : guard.error().text();
  }

  [[nodiscard]] LoginVerdict login(const wire::mqtt::Login& texts) {
    return guard_->login({.client_id = texts.client_id, .username = texts.username, .password = texts.password}, this);
  }
  // Of a device with the secret "s" and an ID of its choice.
  [[nodiscard]] LoginVerdict login_as(std::string_view id, const char* product_key, const char* name) {
    return login(tests::device_login_as(id, {.product_key = product_key, .device_name = name}, "s"));
  }
  [[nodiscard]] LoginVerdict login(const char* product_key, const char* name) {
    const Device* const device = registry_->device({product_key, name});
    return login(wire::device_login({.product_key = product_key, .device_name = name},
                                    device == nullptr ? "s" : device->secret(), "789"));
  }
  void log_in(const char* product_key, const char* name) {
    EXPECT_EQ(login(product_key, name).code, LoginCode::accepted) << login(product_key, name).why;
  }

  void attach(const DeviceName& gateway, std::string_view sub_device) {
    const DeviceName item{"lamp", sub_device};
    ASSERT_TRUE(registry_->add_sub_devices(gateway, {&item, 1}).has_value());
  }

  // A look at the registry, due, and all parts of what it brings about.
  void tick() {
    for (int part = 0; part < 5; ++part) {
      now_ += Guard::kLookEvery;
      ASSERT_TRUE(guard_->tick(now_).has_value());
    }
  }

  tests::TempDir dir_;
  std::string path_ = dir_.path() / "registry.db";
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Guard> guard_;
  wire::TimePoint now_{};
};

TEST_F(GuardTest, LetsInWhoCanProveIt) {
  log_in("lamp", "lamp-1");
  log_in("gate", "gw01");
  EXPECT_EQ(login({"anything", "the-bridge", "its password"}).code, LoginCode::accepted);
  EXPECT_EQ(login(wire::consumer_login("12345678", "helloworld", "c-1", "1")).code, LoginCode::accepted);
  ASSERT_TRUE(registry_->register_device("lamp", {.name = "new-1"}, kRegistryDay).has_value());
  log_in("lamp", "new-1");
}

TEST_F(GuardTest, TellsWhyNot) {
  const wire::mqtt::Login good = wire::device_login({.product_key = "lamp", .device_name = "lamp-1"}, "s", "1");
  ASSERT_EQ(login(good).code, LoginCode::accepted);
  const auto expect = [this](const wire::mqtt::Login& texts, LoginCode code, const char* why) {
    const LoginVerdict verdict = login(texts);
    EXPECT_EQ(verdict.code, code) << why;
    EXPECT_THAT(std::string(verdict.why), HasSubstr(why));
  };
  expect({good.client_id, "", good.password}, LoginCode::bad_credentials, "no user name");
  expect({"lamp&lamp-1", good.username, good.password}, LoginCode::bad_client_id, "no extension");
  expect({good.client_id, "lamp-1", good.password}, LoginCode::bad_credentials, "DEVICENAME&PRODUCTKEY");
  expect({good.client_id, good.username, "secret"}, LoginCode::bad_credentials, "hexadecimal");
  expect({good.client_id, good.username, ""}, LoginCode::bad_credentials, "hexadecimal");
  expect({"other" + good.client_id, good.username, good.password}, LoginCode::not_authorized, "wrong password");
  expect({good.client_id, "lamp-2&lamp", good.password}, LoginCode::not_authorized, "wrong password");
  expect({good.client_id, "lamp-99&lamp", good.password}, LoginCode::not_authorized, "not registered");
  expect({good.client_id, "lamp-1&gate", good.password}, LoginCode::not_authorized, "not registered");
  expect({"x", "the-bridge", "its passwort"}, LoginCode::not_authorized, "of the bridge");
  expect({"x", "the-bridge", ""}, LoginCode::not_authorized, "of the bridge");
  expect(wire::consumer_login("12345678", "hello", "c-1", "1"), LoginCode::not_authorized, "wrong password");
  expect(wire::consumer_login("8", "helloworld", "c-1", "1"), LoginCode::not_authorized,
         "no app of the bridge's configuration");
  expect({"c-1", "tmc&12345678", good.password}, LoginCode::bad_client_id, "no extension");
  expect({good.client_id, "tmc&12345678", "x"}, LoginCode::bad_credentials, "hexadecimal");
}

TEST_F(GuardTest, RefusesAnAppThatTheConfigurationHasNoLonger) {
  const auto app = wire::consumer_login("12345678", "helloworld", "c-1", "1");
  ASSERT_EQ(login(app).code, LoginCode::accepted);
  registry_.reset();
  auto opened = Registry::open({.sqlite_path = path_}, some_products(), kRegistryDay,
                               {{.app_key = "87654321", .app_secret = "another"}});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  registry_ = std::move(*opened);
  EXPECT_EQ(login(app).why, "it is no app of the bridge's configuration (apps)");
  EXPECT_EQ(login(wire::consumer_login("87654321", "byeworld", "c-2", "1")).why, "wrong password");
  EXPECT_EQ(login(wire::consumer_login("87654321", "another", "c-2", "1")).code, LoginCode::accepted);
}

// Somebody has put a copy in its place, or begins with an empty one: the secrets that are read may be revoked.
TEST_F(GuardTest, LetsNobodyInByARegistryThatWasReplaced) {
  ASSERT_TRUE(guard_->tick(wire::TimePoint{}));
  ASSERT_EQ(login("lamp", "lamp-1").code, LoginCode::accepted);
  std::filesystem::copy_file(path_, path_ + ".copy");
  std::filesystem::rename(path_ + ".copy", path_);
  const auto told = guard_->tick(wire::TimePoint{} + Guard::kLookEvery);
  ASSERT_FALSE(told);
  EXPECT_THAT(told.error().text(), HasSubstr("the registry was replaced or removed while the broker reads it"));
  EXPECT_EQ(login("lamp", "lamp-1").why, "the registry was replaced; the broker must start anew");
  EXPECT_EQ(login(wire::consumer_login("12345678", "helloworld", "c-1", "1")).why,
            "the registry was replaced; the broker must start anew");
  EXPECT_EQ(guard_->login({.client_id = "b", .username = "the-bridge", .password = "its password"}, this).code,
            LoginCode::accepted);
  EXPECT_TRUE(guard_->tick(wire::TimePoint{} + 2 * Guard::kLookEvery)) << "told once";
}

TEST_F(GuardTest, KeepsTheClientIdOfADeviceToIt) {
  ASSERT_EQ(login_as("sn-1", "lamp", "lamp-1").code, LoginCode::accepted);
  const LoginVerdict thief = login_as("sn-1", "lamp", "lamp-2");
  EXPECT_EQ(thief.code, LoginCode::bad_client_id);
  EXPECT_EQ(thief.why, "its client id belongs to");
  EXPECT_EQ(thief.whose, "lamp-1&lamp");
  EXPECT_EQ(login_as("sn-1", "lamp", "lamp-1").code, LoginCode::accepted);
  guard_->end(tests::device_login_as("sn-1", {"lamp", "lamp-1"}, "s").client_id, this);
  EXPECT_EQ(login_as("sn-1", "lamp", "lamp-2").code, LoginCode::bad_client_id) << "its owner is away";
  EXPECT_EQ(login_as("sn-2", "lamp", "lamp-2").code, LoginCode::accepted);

  ASSERT_EQ(login_as("sn-3", "lamp", "lamp-1").code, LoginCode::accepted);
  EXPECT_EQ(login_as("sn-1", "lamp", "lamp-2").code, LoginCode::accepted) << "it became free";
  EXPECT_EQ(login_as("sn-2", "lamp", "lamp-1").code, LoginCode::accepted);
}

TEST_F(GuardTest, ForgetsTheClientIdsOfRefusedLoginsAndOfDeletedDevices) {
  wire::mqtt::Login wrong = tests::device_login_as("sn-1", {"lamp", "lamp-1"}, "guess");
  EXPECT_EQ(login(wrong).code, LoginCode::not_authorized);
  ASSERT_EQ(login_as("sn-1", "lamp", "lamp-2").code, LoginCode::accepted);
  ASSERT_TRUE(registry_->set_disabled({"lamp", "lamp-2"}, true).has_value());
  EXPECT_EQ(login_as("sn-1", "lamp", "lamp-1").code, LoginCode::bad_client_id) << "it may be enabled again";
  ASSERT_TRUE(registry_->delete_device({"lamp", "lamp-2"}).has_value());
  EXPECT_EQ(login_as("sn-1", "lamp", "lamp-1").code, LoginCode::accepted) << "the same hardware under another name";
}

TEST_F(GuardTest, KeepsTheNamesOfDevicesToThem) {
  const wire::mqtt::Login texts = tests::device_login_as("lamp&lamp-1", {"lamp", "lamp-2"}, "s");
  const LoginVerdict thief = login(texts);
  EXPECT_EQ(thief.code, LoginCode::bad_client_id) << "lamp-1 has not logged in since the broker started";
  EXPECT_EQ(thief.why, "its client id is the name of another device:");
  EXPECT_EQ(thief.whose, "lamp&lamp-1");
  EXPECT_EQ(login(wire::consumer_login("12345678", "helloworld", "lamp&lamp-1", "1")).code, LoginCode::bad_client_id);
  EXPECT_EQ(login_as("lamp&lamp-1", "lamp", "lamp-1").code, LoginCode::accepted);
  for (const char* nobodys : {"lamp&lamp-99", "lamp&x", "sn&1", "&", "lamp-1&lamp"}) {
    EXPECT_EQ(login_as(nobodys, "lamp", "lamp-2").code, LoginCode::accepted) << nobodys;
  }
}

TEST_F(GuardTest, KeepsTheClientIdsOfConsumersToTheirApplication) {
  const wire::mqtt::Login first = wire::consumer_login("12345678", "helloworld", "c-1", "789");
  const wire::mqtt::Login second = wire::consumer_login("12345678", "helloworld", "c-2", "789");
  ASSERT_EQ(login(first).code, LoginCode::accepted);
  ASSERT_EQ(login(second).code, LoginCode::accepted);
  EXPECT_EQ(login(first).code, LoginCode::accepted);
  EXPECT_EQ(login(wire::consumer_login("87654321", "byeworld", "c-1", "789")).whose, "tmc&12345678");
  EXPECT_EQ(login_as("c-1", "lamp", "lamp-1").whose, "tmc&12345678");
  guard_->end(first.client_id, this);
  EXPECT_EQ(login_as("c-1", "lamp", "lamp-1").code, LoginCode::bad_client_id) << "its owner is away";
  ASSERT_EQ(login_as("sn-1", "lamp", "lamp-1").code, LoginCode::accepted);
  EXPECT_EQ(login(wire::consumer_login("12345678", "helloworld", "sn-1", "789")).whose, "lamp-1&lamp");
}

TEST_F(GuardTest, GivesTheBridgeNoClientIdOfADevice) {
  const std::string id = tests::device_login_as("sn-1", {"lamp", "lamp-1"}, "s").client_id;
  EXPECT_EQ(login({id, "the-bridge", "its password"}).code, LoginCode::bad_client_id);
  EXPECT_EQ(login({id, "the-bridge", "its passwort"}).code, LoginCode::not_authorized);
  EXPECT_EQ(login({"fleet-bridge-0", "the-bridge", "its password"}).code, LoginCode::accepted);
  EXPECT_EQ(login({"fleet-bridge-0", "lamp-1&lamp", std::string(64, '0')}).code, LoginCode::bad_client_id);
}

TEST_F(GuardTest, RefusesWhoIsDisabledOrDeletedMeanwhile) {
  log_in("lamp", "lamp-1");
  ASSERT_TRUE(registry_->set_disabled({"lamp", "lamp-1"}, true).has_value());
  EXPECT_EQ(login("lamp", "lamp-1").why, "it is disabled");
  ASSERT_TRUE(registry_->set_disabled({"lamp", "lamp-1"}, false).has_value());
  log_in("lamp", "lamp-1");
  ASSERT_TRUE(registry_->delete_device({"lamp", "lamp-1"}).has_value());
  EXPECT_EQ(login("lamp", "lamp-1").why, "it is not registered");
}

TEST_F(GuardTest, GivesADeviceItsOwnTopicsOnly) {
  constexpr const char* kUser = "lamp-1&lamp";
  for (const Access access : {Access::read, Access::write, Access::subscribe}) {
    EXPECT_TRUE(guard_->may(kUser, access, "/lamp/lamp-1/user/get"));
    EXPECT_TRUE(guard_->may(kUser, access, "/sys/lamp/lamp-1/thing/event/property/post"));
    EXPECT_TRUE(guard_->may(kUser, access, "/ext/session/lamp/lamp-1/combine/login"));
    for (const char* topic :
         {"/lamp/lamp-2/user/get", "/gate/lamp-1/user/get", "/lamp/lamp-10/user/get", "/lamp/lamp-/user/get",
          "/sys/lamp/lamp-2/thing/topo/get", "/ext/session/lamp/lamp-2/combine/login", "/ext/error/lamp/lamp-2",
          "/broadcast/gate/x", "tmc/12345678/default/trade", "$SYS/broker/uptime", "anything"}) {
      EXPECT_FALSE(guard_->may(kUser, access, topic)) << topic;
    }
  }
  EXPECT_TRUE(guard_->may(kUser, Access::subscribe, "/lamp/lamp-1/user/#"));
  for (const char* filter : {"#", "/#", "/lamp/#", "/lamp/+/user/get", "/+/lamp-1/user/get", "/lamp/lamp-1/#",
                             "$share/g/#", "$share/g//lamp/+/user/get"}) {
    EXPECT_FALSE(guard_->may(kUser, Access::subscribe, filter)) << filter;
  }
  EXPECT_TRUE(guard_->may(kUser, Access::unsubscribe, "/lamp/lamp-2/user/get"));
}

TEST_F(GuardTest, LetsOnlyThePlatformTalkInItsPlaces) {
  for (const char* topic : {"/ext/error/lamp/lamp-1", "/broadcast/lamp/news", "/sys/broadcast/lamp"}) {
    EXPECT_TRUE(guard_->may("lamp-1&lamp", Access::read, topic)) << topic;
    EXPECT_TRUE(guard_->may("lamp-1&lamp", Access::subscribe, topic)) << topic;
    EXPECT_FALSE(guard_->may("lamp-1&lamp", Access::write, topic)) << topic;
    EXPECT_TRUE(guard_->may("the-bridge", Access::write, topic)) << topic;
  }
  EXPECT_TRUE(guard_->may("the-bridge", Access::write, "/lamp/lamp-1/user/get"));
  EXPECT_TRUE(guard_->may("the-bridge", Access::subscribe, "/sys/+/+/thing/topo/add"));
}

TEST_F(GuardTest, GivesConsumersTheirApplication) {
  for (const Access access : {Access::read, Access::subscribe}) {
    EXPECT_TRUE(guard_->may("tmc&12345678", access, "tmc/12345678/default/trade"));
    EXPECT_FALSE(guard_->may("tmc&12345678", access, "tmc/1234567/default/trade"));
    EXPECT_FALSE(guard_->may("tmc&12345678", access, "/lamp/lamp-1/user/get"));
    EXPECT_FALSE(guard_->may("tmc&lamp", access, "/broadcast/lamp/news"));
  }
  EXPECT_TRUE(guard_->may("tmc&12345678", Access::subscribe, "$share/default/tmc/12345678/default/trade"));
  EXPECT_FALSE(guard_->may("tmc&12345678", Access::write, "tmc/12345678/default/trade"));
}

TEST_F(GuardTest, LetsAGatewaySpeakForItsSubDevices) {
  attach(kGateway1, "lamp-3");
  log_in("gate", "gw01");
  log_in("gate", "gw02");
  for (const Access access : {Access::read, Access::write, Access::subscribe}) {
    EXPECT_TRUE(guard_->may(kUser1, access, kSubTopic));
    EXPECT_TRUE(guard_->may(kUser1, access, "/sys/lamp/lamp-3/thing/event/property/post"));
    EXPECT_FALSE(guard_->may(kUser2, access, kSubTopic));
    EXPECT_FALSE(guard_->may(kUser1, access, "/lamp/lamp-4/user/get"));
    EXPECT_FALSE(guard_->may(kUser1, access, "/ext/session/lamp/lamp-3/combine/login"));
    EXPECT_FALSE(guard_->may("lamp-4&lamp", access, kSubTopic));
  }
}

TEST_F(GuardTest, FollowsASubDeviceThatMoves) {
  log_in("gate", "gw01");
  log_in("gate", "gw02");
  attach(kGateway1, "lamp-3");
  EXPECT_FALSE(guard_->may(kUser1, Access::read, kSubTopic)) << "reading asks nobody";
  EXPECT_TRUE(guard_->may(kUser1, Access::subscribe, kSubTopic)) << "subscribing asks the registry";
  EXPECT_TRUE(guard_->may(kUser1, Access::read, kSubTopic));

  attach(kGateway2, "lamp-3");
  EXPECT_FALSE(guard_->may(kUser1, Access::subscribe, kSubTopic));
  tick();
  EXPECT_FALSE(guard_->may(kUser1, Access::read, kSubTopic));
  EXPECT_FALSE(guard_->may(kUser1, Access::write, kSubTopic));
  EXPECT_TRUE(guard_->may(kUser2, Access::read, kSubTopic));

  ASSERT_TRUE(registry_->set_disabled({"lamp", "lamp-3"}, true).has_value());
  tick();
  EXPECT_FALSE(guard_->may(kUser2, Access::read, kSubTopic));
  EXPECT_FALSE(guard_->may(kUser2, Access::write, kSubTopic));
}

TEST_F(GuardTest, ForgetsAGatewayThatIsDeleted) {
  attach(kGateway1, "lamp-3");
  log_in("gate", "gw01");
  ASSERT_TRUE(registry_->delete_device(kGateway1).has_value());
  tick();
  EXPECT_FALSE(guard_->may(kUser1, Access::read, kSubTopic));
  EXPECT_FALSE(guard_->may(kUser1, Access::subscribe, kSubTopic));
}

TEST_F(GuardTest, RefreshesManySubDevicesInParts) {
  std::vector<NewDevice> many(1'400);
  for (const DeviceName& gateway : {kGateway1, kGateway2, DeviceName{"gate", "gw03"}}) {
    const auto made = registry_->register_devices("lamp", many, kRegistryDay);
    ASSERT_TRUE(made.has_value());
    std::vector<DeviceName> items;
    for (const Device* device : *made) items.push_back({"lamp", device->name()});
    ASSERT_TRUE(registry_->add_sub_devices(gateway, items).has_value());
    log_in("gate", std::string(gateway.name).c_str());
  }
  attach(kGateway1, "lamp-3");
  attach(kGateway2, "lamp-4");
  tick();
  EXPECT_TRUE(guard_->may(kUser1, Access::read, kSubTopic));
  EXPECT_TRUE(guard_->may(kUser2, Access::read, "/lamp/lamp-4/user/get"));
}

TEST_F(GuardTest, KnowsAGatewayWhoseSessionIsOlderThanTheBroker) {
  attach(kGateway1, "lamp-3");
  EXPECT_TRUE(guard_->may(kUser1, Access::read, kSubTopic));
  EXPECT_FALSE(guard_->may(kUser1, Access::read, "/lamp/lamp-4/user/get"));
  EXPECT_FALSE(guard_->may("lamp-4&lamp", Access::read, kSubTopic));
}

TEST_F(GuardTest, ReadsWithoutAllocating) {
  attach(kGateway1, "lamp-3");
  log_in("gate", "gw01");
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(guard_->may(kUser1, Access::read, kSubTopic));
    ASSERT_TRUE(guard_->may("lamp-1&lamp", Access::read, "/lamp/lamp-1/user/get"));
    ASSERT_FALSE(guard_->may(kUser1, Access::read, "/lamp/lamp-4/user/get"));
  }
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
}

TEST_F(GuardTest, RefusesFilesThatAreNoRegistryOfItsVersion) {
  EXPECT_EQ(refusal(), "opened");
  path_ = dir_.path() / "none.db";
  EXPECT_THAT(refusal(), HasSubstr("none.db: there is no registry; start fleet-bridge with registry.store: sqlite:"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  path_ = dir_.path() / "text.db";
  std::ofstream(path_) << std::string(5'000, 'x');
  EXPECT_THAT(refusal(), HasSubstr("this is no SQLite database"));
  path_ = dir_.path() / "empty.db";
  std::ofstream{path_};
  EXPECT_THAT(refusal(), HasSubstr("this is no registry of fleet-bridge"));
}

TEST_F(GuardTest, RefusesOtherVersionsAndDamage) {
  registry_.reset();
  guard_.reset();
  const auto set_version = [this](const char* sql) {
    auto connection = SqliteConnection::open(path_);
    ASSERT_TRUE(connection.has_value());
    ASSERT_TRUE(connection->run(sql).has_value());
  };
  set_version("PRAGMA user_version=99");
  EXPECT_THAT(refusal(), HasSubstr("has version 99, and this plugin knows"));
  set_version("PRAGMA user_version=1");
  EXPECT_THAT(refusal(), HasSubstr("has version 1, and this plugin reads"));
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) / 2);
  EXPECT_THAT(refusal(), HasSubstr("damaged"));
}

}  // namespace
}  // namespace fleet::bridge
