// Does Mosquitto with the plugin keep every device to itself, and let all through that is right?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bridge/registry/registry.h"
#include "tests/support/device_login_as.h"
#include "tests/support/event_recorder.h"
#include "tests/support/mosquitto.h"
#include "tests/support/registry_fixture.h"
#include "tests/support/run_loop.h"
#include "tests/support/temp_dir.h"
#include "wire/device_login.h"
#include "wire/mqtt/connection.h"

namespace fleet::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::EventRecorder;
using tests::Mosquitto;
using wire::mqtt::Login;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;
using wire::mqtt::Version;

constexpr const char* kTopic1 = "/lamp/lamp-1/user/get";
constexpr const char* kTopic2 = "/lamp/lamp-2/user/get";
constexpr const char* kSubTopic = "/lamp/lamp-3/user/get";

// One connection with its recorder and options, in the order in which they must die.
struct Party {
  wire::mqtt::EndpointOptions options;
  EventRecorder seen;
  Login login;
  std::unique_ptr<wire::mqtt::Endpoint> endpoint;

  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    for (const EventRecorder::Message& message : seen.messages) all.push_back(message.payload);
    return all;
  }
};
using PartyPtr = std::unique_ptr<Party>;

std::string plugin_lines(const std::string& registry) {
  return "plugin " FLEET_BROKER_AUTH_PLUGIN "\nplugin_opt_registry " + registry +
         "\nplugin_opt_bridge_username the-bridge\nplugin_opt_bridge_password its password\n";
}

// Mosquitto with the plugin over the registry of "gate" (gw01 to gw03) and "lamp" (lamp-0 to lamp-9), which the test
// changes as a bridge would.
class BrokerAuth : public testing::TestWithParam<Version> {
 protected:
  void SetUp() override {
    auto opened = Registry::open({.sqlite_path = registry_path_}, some_products(), kRegistryDay,
                                 {{.app_key = "12345678", .app_secret = "helloworld"}});
    ASSERT_TRUE(opened.has_value()) << opened.error().text();
    registry_ = std::move(*opened);
    broker_ = std::make_unique<Mosquitto>(
        tests::MosquittoOptions{.allow_anonymous = false, .persistence = true, .more = plugin_lines(registry_path_)});
    // The question whether it is up.
    broker_->explain("fleet_broker_auth: login of '' from 127.0.0.1 refused (4): it gave no user name");
    broker_->explain("disconnected, not authorised.");
  }

  // `lasting`: it goes on with its session, which waits for it for an hour.
  PartyPtr start(const Login& login, bool lasting = false) {
    auto made = std::make_unique<Party>();
    made->options.version = GetParam();
    made->options.clean_start = !lasting;
    made->options.session_expiry_s = lasting ? 3'600 : 0;
    made->login = login;
    const wire::mqtt::NativeOptions native{{boost::asio::ip::address_v4::loopback(), broker_->port()}, std::nullopt};
    made->endpoint = std::make_unique<wire::mqtt::Connection>(context_, made->options, native, made->seen);
    made->endpoint->connect(made->login);
    return made;
  }
  PartyPtr connected(const Login& login, bool lasting = false) {
    auto party = start(login, lasting);
    EXPECT_TRUE(loop_.until([&] { return party->seen.connects == 1 || !party->seen.ends.empty(); }));
    EXPECT_EQ(party->seen.connects, 1) << login.username;
    return party;
  }
  PartyPtr device(const char* product_key, const char* name) {
    return connected(
        wire::device_login({.product_key = product_key, .device_name = name}, secret(product_key, name), "7"));
  }
  PartyPtr bridge() { return connected({"fleet-bridge-0", "the-bridge", "its password"}); }

  [[nodiscard]] std::string secret(const char* product_key, const char* name) const {
    const Device* const found = registry_->device({product_key, name});
    return found == nullptr ? "none" : std::string(found->secret());
  }

  // The answer to one SUBSCRIBE.
  ReasonCode subscribe(Party& who, const std::string& filter) {
    const std::size_t before = who.seen.subscribed.size();
    const wire::mqtt::Subscription subscription{filter, Qos::at_least_once};
    who.endpoint->subscribe({&subscription, 1}, 1);
    EXPECT_TRUE(loop_.until([&] { return who.seen.subscribed.size() > before; })) << filter;
    return who.seen.subscribed.back().second.at(0);
  }
  void expect_subscribed(Party& who, const std::string& filter) {
    EXPECT_EQ(subscribe(who, filter), static_cast<ReasonCode>(Qos::at_least_once)) << filter;
  }
  void expect_not_subscribed(Party& who, const std::string& filter) {
    broker_->explain("may not subscribe to '" + filter + "'");
    EXPECT_TRUE(is_failure(subscribe(who, filter))) << filter;
  }

  // At QoS 1, and acknowledged; MQTT 3.1.1 acknowledges what it does not pass on too.
  void publish(Party& who, const std::string& topic, std::string_view payload) {
    auto batch = std::make_shared<wire::mqtt::PublishBatch>();
    batch->add_topic(topic);
    const auto bytes = std::as_bytes(std::span(payload));
    batch->set_payload({bytes.begin(), bytes.end()});
    batch->qos = Qos::at_least_once;
    const std::uint64_t before = who.seen.publishes;
    ASSERT_EQ(who.endpoint->publish(batch, 1), wire::mqtt::Offer::queued);
    ASSERT_TRUE(loop_.until([&] { return who.seen.publishes > before; })) << topic;
  }
  void publish_in_vain(Party& who, const std::string& topic) {
    broker_->explain("may not publish to '" + topic + "'");
    publish(who, topic, "forged");
    if (GetParam() == Version::v5) {
      EXPECT_EQ(who.seen.published.back().second, ReasonCode::not_authorized) << topic;
    }
  }
  // Everything that was published before has arrived when this has.
  void mark(Party& from, Party& to, const std::string& topic) {
    const std::string end = "mark " + std::to_string(++marks_);
    publish(from, topic, end);
    ASSERT_TRUE(loop_.until([&] { return !to.seen.messages.empty() && to.seen.messages.back().payload == end; }));
    to.seen.messages.pop_back();
  }

  void attach(const DeviceName& gateway, std::string_view sub_device) {
    const DeviceName item{"lamp", sub_device};
    ASSERT_TRUE(registry_->add_sub_devices(gateway, {&item, 1}).has_value());
  }

  void leave(Party& who) {
    who.endpoint->disconnect();
    ASSERT_TRUE(loop_.until([&] { return !who.seen.ends.empty(); }));
  }

  void expect_refused(const Login& login, const std::string& why, bool lasting = false) {
    broker_->explain("refused (");
    const auto party = start(login, lasting);
    ASSERT_TRUE(loop_.until([&] { return !party->seen.ends.empty() || party->seen.connects > 0; }));
    ASSERT_EQ(party->seen.connects, 0) << why;
    EXPECT_EQ(party->seen.ends[0].reason, ReasonCode::not_authorized) << why;
    EXPECT_TRUE(broker_->wait_for_log(why)) << why;
  }

  tests::TempDir dir_;
  std::string registry_path_ = dir_.path() / "registry.db";
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Mosquitto> broker_;
  tests::RunLoop loop_;
  wire::mqtt::ConnectionContext context_{loop_.io()};
  int marks_ = 0;
};

TEST_P(BrokerAuth, LetsInWhoIsRegisteredAndNobodyElse) {
  auto lamp = device("lamp", "lamp-1");
  auto consumer = connected(wire::consumer_login("12345678", "helloworld", "warehouse-1", "7"));
  const Login good = wire::device_login({.product_key = "lamp", .device_name = "lamp-2"}, "s", "7");
  expect_refused({"lamp-2", "", ""}, "it gave no user name");
  expect_refused({good.client_id, good.username, std::string(64, '0')},
                 "login of 'lamp-2&lamp' from 127.0.0.1 refused (5): wrong password");
  expect_refused(wire::device_login({.product_key = "lamp", .device_name = "lamp-99"}, "s", "7"),
                 "login of 'lamp-99&lamp' from 127.0.0.1 refused (5): it is not registered");
  expect_refused({"lamp-2", good.username, good.password}, "refused (2): it has no extension");
  expect_refused({good.client_id, "lamp-2", good.password}, "refused (4): its user name is not DEVICENAME&PRODUCTKEY");
  expect_refused({"b", "the-bridge", "guess"}, "this is not the password of the bridge");
  expect_refused(wire::consumer_login("12345678", "guess", "c", "7"), "login of 'tmc&12345678' from 127.0.0.1");
  ASSERT_TRUE(registry_->register_device("lamp", {.name = "new-1"}, kRegistryDay).has_value());
  auto fresh = device("lamp", "new-1");
  ASSERT_TRUE(registry_->set_disabled({"lamp", "new-1"}, true).has_value());
  expect_refused(wire::device_login({.product_key = "lamp", .device_name = "new-1"}, secret("lamp", "new-1"), "8"),
                 "it is disabled");
}

TEST_P(BrokerAuth, ADeviceReadsNoMessagesOfAnother) {
  auto platform = bridge();
  auto victim = device("lamp", "lamp-1");
  auto spy = device("lamp", "lamp-2");
  expect_subscribed(*victim, kTopic1);
  expect_subscribed(*spy, kTopic2);
  for (const char* filter :
       {kTopic1, "#", "+/#", "/#", "/lamp/#", "/lamp/+/user/get", "/+/lamp-1/user/get", "/lamp/lamp-1/user/#",
        "/sys/lamp/lamp-1/#", "/ext/session/#", "/ext/error/lamp/lamp-1", "/broadcast/gate/x", "$SYS/#",
        "tmc/12345678/default/trade", "$share/spies//lamp/lamp-1/user/get", "$share/spies/#"}) {
    expect_not_subscribed(*spy, filter);
  }
  publish(*platform, kTopic1, "for lamp-1");
  mark(*platform, *spy, kTopic2);
  mark(*platform, *victim, kTopic1);
  EXPECT_THAT(spy->payloads(), IsEmpty());
  EXPECT_THAT(victim->payloads(), ElementsAre("for lamp-1"));
}

TEST_P(BrokerAuth, ADeviceForgesNoMessages) {
  auto platform = bridge();
  auto victim = device("lamp", "lamp-1");
  auto forger = device("lamp", "lamp-2");
  expect_subscribed(*victim, "/lamp/lamp-1/user/#");
  expect_subscribed(*victim, "/broadcast/lamp/+");
  expect_subscribed(*victim, "/ext/error/lamp/lamp-1");
  for (const char* filter : {"/sys/+/+/thing/topo/add", "/ext/session/+/+/combine/login"}) {
    expect_subscribed(*platform, filter);
  }
  for (const char* topic :
       {kTopic1, "/lamp/lamp-1/user/update", "/broadcast/lamp/news", "/ext/error/lamp/lamp-1", "/ext/error/lamp/lamp-2",
        "/sys/lamp/lamp-1/thing/topo/add", "/ext/session/lamp/lamp-1/combine/login", "tmc/12345678/default/trade"}) {
    publish_in_vain(*forger, topic);
  }
  publish(*forger, "/sys/lamp/lamp-2/thing/topo/add", "its own");
  mark(*platform, *victim, kTopic1);
  mark(*platform, *platform, "/sys/lamp/lamp-9/thing/topo/add");
  EXPECT_THAT(victim->payloads(), IsEmpty());
  EXPECT_THAT(platform->payloads(), ElementsAre("its own"));
}

TEST_P(BrokerAuth, AGatewaySpeaksForItsSubDevicesAlone) {
  auto platform = bridge();
  attach({"gate", "gw01"}, "lamp-3");
  auto gateway = device("gate", "gw01");
  auto other = device("gate", "gw02");
  expect_subscribed(*gateway, kSubTopic);
  expect_not_subscribed(*gateway, "/lamp/lamp-4/user/get");
  expect_not_subscribed(*other, kSubTopic);
  attach({"gate", "gw01"}, "lamp-4");  // with the gateway connected
  expect_subscribed(*gateway, "/lamp/lamp-4/user/get");
  expect_subscribed(*platform, "/lamp/+/user/update");
  publish(*gateway, "/lamp/lamp-3/user/update", "of lamp-3");
  publish_in_vain(*other, "/lamp/lamp-3/user/update");
  publish(*platform, kSubTopic, "for lamp-3");
  mark(*platform, *gateway, "/lamp/lamp-4/user/get");
  mark(*platform, *platform, "/lamp/lamp-9/user/update");
  EXPECT_THAT(gateway->payloads(), ElementsAre("for lamp-3"));
  EXPECT_THAT(platform->payloads(), ElementsAre("of lamp-3"));
}

TEST_P(BrokerAuth, AMovedSubDeviceIsLostToItsOldGateway) {
  auto platform = bridge();
  attach({"gate", "gw01"}, "lamp-3");
  auto before = device("gate", "gw01");
  auto after = device("gate", "gw02");
  expect_subscribed(*before, kSubTopic);
  expect_subscribed(*before, "/gate/gw01/user/get");
  attach({"gate", "gw02"}, "lamp-3");
  expect_subscribed(*after, kSubTopic);
  expect_subscribed(*after, "/gate/gw02/user/get");
  expect_not_subscribed(*before, "/lamp/lamp-3/user/#");
  // It keeps its old subscription; the broker learns of the move within a tenth of a second.
  const auto deadline = std::chrono::steady_clock::now() + tests::RunLoop::kPatience;
  do {
    before->seen.messages.clear();
    publish(*platform, kSubTopic, "for lamp-3");
    mark(*platform, *before, "/gate/gw01/user/get");
  } while (!before->seen.messages.empty() && std::chrono::steady_clock::now() < deadline);
  EXPECT_THAT(before->payloads(), IsEmpty());
  publish_in_vain(*before, "/lamp/lamp-3/user/update");
  after->seen.messages.clear();
  publish(*platform, kSubTopic, "again");
  mark(*platform, *after, "/gate/gw02/user/get");
  EXPECT_THAT(after->payloads(), testing::Contains("again"));
}

TEST_P(BrokerAuth, ConsumersShareTheMessagesOfTheirApplication) {
  auto platform = bridge();
  auto consumer = connected(wire::consumer_login("12345678", "helloworld", "warehouse-1", "7"));
  expect_subscribed(*consumer, "$share/warehouse/tmc/12345678/warehouse/trade");
  expect_subscribed(*consumer, "tmc/12345678/default/+");
  expect_not_subscribed(*consumer, "tmc/87654321/default/+");
  expect_not_subscribed(*consumer, kTopic1);
  publish_in_vain(*consumer, "tmc/12345678/default/trade");
  publish(*platform, "tmc/12345678/warehouse/trade", "a trade");
  mark(*platform, *consumer, "tmc/12345678/default/trade");
  EXPECT_THAT(consumer->payloads(), ElementsAre("a trade"));
}

TEST_P(BrokerAuth, ADeviceHasOneConnection) {
  broker_->explain("been disconnected by administrative action.");
  const wire::DeviceId id{.product_key = "lamp", .device_name = "lamp-1"};
  auto first = connected(wire::device_login(id, "s", "1"));
  auto second = connected(wire::device_login(id, "s", "2"));  // another client identifier
  ASSERT_TRUE(loop_.until([&] { return !first->seen.ends.empty(); }));
  expect_subscribed(*second, kTopic1);
  second->endpoint->abort();
  ASSERT_TRUE(loop_.until([&] { return !second->seen.ends.empty(); }));
  auto third = connected(wire::device_login(id, "s", "3"));
  expect_subscribed(*third, kTopic1);
}

TEST_P(BrokerAuth, SessionsOutliveTheBroker) {
  auto platform = bridge();
  attach({"gate", "gw01"}, "lamp-3");
  const Login login = wire::device_login({.product_key = "gate", .device_name = "gw01"}, secret("gate", "gw01"), "7");
  auto gateway = connected(login, true);
  expect_subscribed(*gateway, kSubTopic);
  gateway->endpoint->disconnect();
  platform->endpoint->disconnect();
  ASSERT_TRUE(loop_.until([&] { return !gateway->seen.ends.empty() && !platform->seen.ends.empty(); }));
  broker_->stop();
  broker_->start_again();
  auto later = bridge();
  publish(*later, kSubTopic, "while it was away");
  gateway->endpoint->connect(login);
  ASSERT_TRUE(loop_.until([&] { return !gateway->seen.messages.empty(); }));
  EXPECT_THAT(gateway->payloads(), ElementsAre("while it was away"));
}

// A device that may log in wants another's connection and session, by its complete client id.
TEST_P(BrokerAuth, ADeviceTakesNoClientIdOfAnother) {
  auto platform = bridge();
  const Login login = tests::device_login_as("sn-1", {.product_key = "lamp", .device_name = "lamp-1"}, "s");
  const Login thief = tests::device_login_as("sn-1", {.product_key = "lamp", .device_name = "lamp-2"}, "s");
  ASSERT_EQ(login.client_id, thief.client_id);
  const std::string why = "login of 'lamp-2&lamp' from 127.0.0.1 refused (2): its client id belongs to 'lamp-1&lamp'";
  auto victim = connected(login, true);
  expect_subscribed(*victim, kTopic1);
  expect_refused(thief, why);
  expect_refused(thief, why, true);
  publish(*platform, kTopic1, "while it is there");
  ASSERT_TRUE(loop_.until([&] { return !victim->seen.messages.empty() || !victim->seen.ends.empty(); }));
  EXPECT_THAT(victim->payloads(), ElementsAre("while it is there"));
  EXPECT_THAT(victim->seen.ends, IsEmpty());

  leave(*victim);
  publish(*platform, kTopic1, "while it was away");
  expect_refused(thief, why);
  expect_refused(thief, why, true);
  auto again = connected(login, true);
  EXPECT_TRUE(again->seen.session_present);
  ASSERT_TRUE(loop_.until([&] { return !again->seen.messages.empty(); }));
  EXPECT_THAT(again->payloads(), ElementsAre("while it was away"));
  device("lamp", "lamp-2");  // with its own client id
}

// The broker has forgotten who logged in with what; a client id that is a device's name says it by itself.
TEST_P(BrokerAuth, ADeviceTakesNoNameOfAnotherFromASessionOlderThanTheBroker) {
  const wire::DeviceId id{.product_key = "lamp", .device_name = "lamp-1"};
  const Login login = tests::device_login_as("lamp&lamp-1", id, "s");
  auto victim = connected(login, true);
  expect_subscribed(*victim, kTopic1);
  leave(*victim);
  broker_->stop();
  broker_->start_again();
  auto platform = bridge();
  publish(*platform, kTopic1, "while it was away");
  expect_refused(tests::device_login_as("lamp&lamp-1", {.product_key = "lamp", .device_name = "lamp-2"}, "s"),
                 "refused (2): its client id is the name of another device: 'lamp&lamp-1'");
  auto again = connected(login, true);
  EXPECT_TRUE(again->seen.session_present);
  ASSERT_TRUE(loop_.until([&] { return !again->seen.messages.empty(); }));
  EXPECT_THAT(again->payloads(), ElementsAre("while it was away"));
}

TEST_P(BrokerAuth, ConsumersAndDevicesTakeNoClientIdsOfEachOther) {
  auto platform = bridge();
  constexpr const char* kTrades = "tmc/12345678/default/trade";
  const Login login = wire::consumer_login("12345678", "helloworld", "warehouse-1", "789");
  const Login thief = tests::device_login_as("warehouse-1", {.product_key = "lamp", .device_name = "lamp-2"}, "s");
  ASSERT_EQ(login.client_id, thief.client_id);
  const std::string why = "refused (2): its client id belongs to 'tmc&12345678'";
  auto consumer = connected(login, true);
  expect_subscribed(*consumer, kTrades);
  expect_refused(thief, why);
  auto colleague = connected(wire::consumer_login("12345678", "helloworld", "warehouse-2", "789"));
  leave(*consumer);
  publish(*platform, kTrades, "while it was away");
  expect_refused(thief, why);
  auto again = connected(login, true);
  ASSERT_TRUE(loop_.until([&] { return !again->seen.messages.empty(); }));
  EXPECT_THAT(again->payloads(), ElementsAre("while it was away"));
  EXPECT_THAT(colleague->seen.ends, IsEmpty());
}

TEST_P(BrokerAuth, TheBridgeAndDevicesTakeNoClientIdsOfEachOther) {
  auto platform = bridge();
  const Login good = wire::device_login({.product_key = "lamp", .device_name = "lamp-1"}, "s", "7");
  auto lamp = connected(good);
  expect_subscribed(*lamp, kTopic1);
  expect_refused({platform->login.client_id, good.username, good.password}, "refused (2): it has no extension");
  expect_refused({good.client_id, "the-bridge", "its password"},
                 "refused (2): its client id has the form of a device's");
  mark(*platform, *lamp, kTopic1);
  EXPECT_THAT(platform->seen.ends, IsEmpty());
  EXPECT_THAT(lamp->seen.ends, IsEmpty());
}

TEST_P(BrokerAuth, ADeviceForgesNoWill) {
  auto platform = bridge();
  expect_subscribed(*platform, "/lamp/+/user/update");
  auto victim = device("lamp", "lamp-1");
  expect_subscribed(*victim, kTopic1);
  const auto die = [this](const char* name, const std::string& topic) {
    Login login = wire::device_login({.product_key = "lamp", .device_name = name}, "s", "7");
    login.will =
        wire::mqtt::LastWill{.topic = topic, .payload = std::string("will of ") + name, .qos = Qos::at_least_once};
    auto party = connected(login);
    party->endpoint->abort();
    ASSERT_TRUE(loop_.until([&] { return !party->seen.ends.empty(); }));
  };
  for (const char* topic : {kTopic1, "/lamp/lamp-1/user/update"}) {
    const std::string why = std::string("'lamp-2&lamp' may not publish to '") + topic + "'";
    broker_->explain(why);
    die("lamp-2", topic);
    EXPECT_TRUE(broker_->wait_for_log(why));
  }
  die("lamp-3", "/lamp/lamp-3/user/update");
  ASSERT_TRUE(loop_.until([&] { return !platform->seen.messages.empty(); }));
  mark(*platform, *platform, "/lamp/lamp-9/user/update");
  mark(*platform, *victim, kTopic1);
  EXPECT_THAT(platform->payloads(), ElementsAre("will of lamp-3"));
  EXPECT_THAT(victim->payloads(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Versions, BrokerAuth, testing::Values(Version::v311, Version::v5),
                         [](const auto& version) { return version.param == Version::v5 ? "Mqtt5" : "Mqtt311"; });

// The sentence with which Mosquitto does not start.
std::string refusal(const std::string& lines) {
  try {
    const Mosquitto broker({.allow_anonymous = false, .more = lines});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "started";
}

TEST(BrokerAuthStart, NeedsARegistry) {
  const tests::TempDir dir;
  EXPECT_THAT(refusal(plugin_lines(dir.path() / "none.db")),
              HasSubstr("none.db: there is no registry; start fleet-bridge with registry.store: sqlite:"));
  EXPECT_THAT(refusal(plugin_lines(dir.write("text.db", std::string(4'096, 'x')).string())),
              HasSubstr("this is no SQLite database"));
  EXPECT_THAT(refusal("plugin " FLEET_BROKER_AUTH_PLUGIN "\n"), HasSubstr("plugin_opt_registry is missing"));
}

}  // namespace
}  // namespace fleet::bridge
