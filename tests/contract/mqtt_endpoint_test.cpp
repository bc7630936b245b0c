// The promises of wire/mqtt/endpoint.h, kept by both engines against a real Mosquitto.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/broker_certificates.h"
#include "tests/support/event_recorder.h"
#include "tests/support/free_port.h"
#include "tests/support/mosquitto.h"
#include "tests/support/run_loop.h"
#include "tests/support/scripted_peer.h"
#include "wire/mqtt/connection.h"
#include "wire/mqtt/paho/paho_endpoint.h"

namespace fleet::wire::mqtt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::EventRecorder;
using tests::Mosquitto;
using tests::MosquittoOptions;
using tests::RunLoop;

// What lies between engine and broker; one set of certificates for the program.
struct Tcp {
  static constexpr bool kIsTcp = true;
  static constexpr int kBigMessages = 20;
  static std::string name() { return ""; }
  static BrokerPlace place(std::uint16_t port) { return {{"mqtt", "127.0.0.1", port}}; }
  static std::string listener() { return ""; }
};

struct Tls {
  static constexpr bool kIsTcp = false;
  static constexpr int kBigMessages = 20;
  static std::string name() { return "Tls"; }
  static BrokerPlace place(std::uint16_t port) {
    return {{"mqtts", "127.0.0.1", port}, tests::BrokerCertificates::shared().mutual()};
  }
  static std::string listener() { return tests::BrokerCertificates::shared().mutual_listener(); }
};

struct WebSocket {
  static constexpr bool kIsTcp = false;
  static constexpr int kBigMessages = 1;  // Mosquitto 2.0.11 takes seconds to write 256 KB over WebSocket
  static std::string name() { return "WebSocket"; }
  static BrokerPlace place(std::uint16_t port) { return {{"ws", "127.0.0.1", port}}; }
  static std::string listener() { return "socket_domain ipv4\nprotocol websockets\n"; }
};

struct SecureWebSocket {
  static constexpr bool kIsTcp = false;
  static constexpr int kBigMessages = 1;  // Mosquitto 2.0.11 takes seconds to write 256 KB over WebSocket
  static std::string name() { return "SecureWebSocket"; }
  static BrokerPlace place(std::uint16_t port) {
    return {{"wss", "127.0.0.1", port}, tests::BrokerCertificates::shared().trusting()};
  }
  static std::string listener() {
    return "socket_domain ipv4\nprotocol websockets\n" + tests::BrokerCertificates::shared().listener();
  }
};

template <class Transport>
class NativeEngine {
 public:
  using Below = Transport;
  static constexpr bool kIsNative = true;
  explicit NativeEngine(RunLoop& loop) : context_(loop.io()) {}
  std::unique_ptr<Endpoint> make(const EndpointOptions& options, std::uint16_t port, EndpointEvents& events) {
    brokers_.push_back(std::make_unique<FoundBroker>());
    EXPECT_TRUE(brokers_.back()->find(Transport::place(port)));
    return std::make_unique<Connection>(context_, options, brokers_.back()->native(), events);
  }

 private:
  ConnectionContext context_;
  std::vector<std::unique_ptr<FoundBroker>> brokers_;
};

template <class Transport>
class PahoEngine {
 public:
  using Below = Transport;
  static constexpr bool kIsNative = false;
  explicit PahoEngine(RunLoop& loop) : loop_(loop) {}
  std::unique_ptr<Endpoint> make(const EndpointOptions& options, std::uint16_t port, EndpointEvents& events) {
    return std::make_unique<PahoEndpoint>(loop_.io(), options, Transport::place(port), events);
  }

 private:
  RunLoop& loop_;
};

std::shared_ptr<const PublishBatch> batch_of(std::vector<std::string> topics, std::string_view payload, Qos qos,
                                             bool retain = false) {
  auto batch = std::make_shared<PublishBatch>();
  for (const std::string& topic : topics) batch->add_topic(topic);
  const auto bytes = std::as_bytes(std::span(payload));
  batch->set_payload({bytes.begin(), bytes.end()});
  batch->qos = qos;
  batch->retain = retain;
  return batch;
}

std::vector<std::string> numbered(const std::string& prefix, int count) {
  std::vector<std::string> topics;
  for (int i = 0; i < count; ++i) topics.push_back(prefix + std::to_string(i));
  return topics;
}

template <class Engine>
class EndpointContract : public ::testing::Test {
 protected:
  // One endpoint with its recorder and options, in the order in which they must die.
  struct Party {
    EndpointOptions options;
    EventRecorder seen;
    Login login;
    std::unique_ptr<Endpoint> endpoint;
  };

  std::unique_ptr<Party> party(const std::string& id, std::uint16_t port, Version version = Version::v311) {
    auto made = std::make_unique<Party>();
    made->options.version = version;
    made->login.client_id = id;
    made->endpoint = engine_.make(made->options, port, made->seen);
    return made;
  }
  static MosquittoOptions on_transport(MosquittoOptions options = {}) {
    options.listener = Engine::Below::listener();
    return options;
  }
  // The options must be set before.
  void connect(Party& who) {
    const int before = who.seen.connects;
    who.endpoint->connect(who.login);
    ASSERT_TRUE(loop_.until([&] { return who.seen.connects > before || !who.seen.ends.empty(); }));
    ASSERT_EQ(who.seen.connects, before + 1) << who.seen.ends.back().detail;
  }
  void subscribe(Party& who, const std::string& filter, Qos qos) {
    const std::size_t before = who.seen.subscribed.size();
    const Subscription subscription{filter, qos};
    who.endpoint->subscribe({&subscription, 1}, 1);
    ASSERT_TRUE(loop_.until([&] { return who.seen.subscribed.size() > before; }));
    ASSERT_THAT(who.seen.subscribed.back().second, ElementsAre(static_cast<ReasonCode>(qos)));
  }
  bool ended(Party& who) {
    return loop_.until([&] { return !who.seen.ends.empty(); });
  }
  void disconnect(Party& who) {
    who.endpoint->disconnect();
    ASSERT_TRUE(ended(who));
    EXPECT_TRUE(who.seen.ends.back().by_us);
    EXPECT_TRUE(who.seen.ends.back().was_connected);
  }

  RunLoop loop_;
  Engine engine_{loop_};
};

using Engines = ::testing::Types<NativeEngine<Tcp>, NativeEngine<Tls>, NativeEngine<WebSocket>,
                                 NativeEngine<SecureWebSocket>, PahoEngine<Tcp>>;
class EngineNames {
 public:
  template <class Engine>
  static std::string GetName(int) {
    return (Engine::kIsNative ? "Native" : "Paho") + Engine::Below::name();
  }
};
TYPED_TEST_SUITE(EndpointContract, Engines, EngineNames);

TYPED_TEST(EndpointContract, CarriesEveryQosInBothVersions) {
  Mosquitto broker(this->on_transport());
  for (const Version version : {Version::v311, Version::v5}) {
    auto receiver = this->party("receiver", broker.port(), version);
    auto sender = this->party("sender", broker.port(), version);
    this->connect(*receiver);
    this->connect(*sender);
    EXPECT_FALSE(receiver->seen.session_present);
    this->subscribe(*receiver, "room/+/light", Qos::exactly_once);
    for (const Qos qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
      SCOPED_TRACE(static_cast<int>(version) * 10 + static_cast<int>(qos));
      receiver->seen.messages.clear();
      sender->seen.published.clear();
      ASSERT_EQ(sender->endpoint->publish(batch_of({"room/7/light"}, "on", qos), 42), Offer::queued);
      ASSERT_TRUE(
          this->loop_.until([&] { return !receiver->seen.messages.empty() && !sender->seen.published.empty(); }));
      const EventRecorder::Message& message = receiver->seen.messages.front();
      EXPECT_EQ(message.topic, "room/7/light");
      EXPECT_EQ(message.payload, "on");
      EXPECT_EQ(message.qos, qos);
      EXPECT_FALSE(message.dup);
      EXPECT_FALSE(message.retain);
      EXPECT_THAT(sender->seen.published, ElementsAre(std::pair(std::uint64_t{42}, ReasonCode::success)));
      EXPECT_EQ(sender->endpoint->backlog().publishes, 0u);
      EXPECT_EQ(sender->endpoint->backlog().bytes, 0u);
    }
    this->disconnect(*receiver);
    EXPECT_EQ(receiver->seen.deliveries, 3u);
  }
}

TYPED_TEST(EndpointContract, PublishesOneBatchToAHundredTopics) {
  Mosquitto broker(this->on_transport());
  auto receiver = this->party("receiver", broker.port());
  auto sender = this->party("sender", broker.port());
  this->connect(*receiver);
  this->subscribe(*receiver, "device/#", Qos::exactly_once);
  this->connect(*sender);
  const auto topics = numbered("device/", 100);
  for (const Qos qos : {Qos::at_most_once, Qos::at_least_once, Qos::exactly_once}) {
    receiver->seen.messages.clear();
    sender->seen.published.clear();
    ASSERT_EQ(sender->endpoint->publish(batch_of(topics, std::string(300, 'x'), qos), 1), Offer::queued);
    ASSERT_TRUE(
        this->loop_.until([&] { return receiver->seen.messages.size() == 100 && sender->seen.published.size() == 1; }));
    for (std::size_t i = 0; i < topics.size(); ++i) {
      EXPECT_EQ(receiver->seen.messages[i].topic, topics[i]);  // in the order of the batch
      EXPECT_EQ(receiver->seen.messages[i].payload.size(), 300u);
    }
  }
}

TYPED_TEST(EndpointContract, KeepsTheRetainFlag) {
  Mosquitto broker(this->on_transport());
  auto sender = this->party("sender", broker.port());
  auto receiver = this->party("receiver", broker.port());
  this->connect(*sender);
  this->connect(*receiver);
  ASSERT_EQ(sender->endpoint->publish(batch_of({"kept"}, "x", Qos::at_least_once, true), 1), Offer::queued);
  ASSERT_TRUE(this->loop_.until([&] { return sender->seen.publishes == 1; }));
  this->subscribe(*receiver, "kept", Qos::at_least_once);
  ASSERT_TRUE(this->loop_.until([&] { return receiver->seen.deliveries == 1; }));
  EXPECT_TRUE(receiver->seen.messages[0].retain);
}

TYPED_TEST(EndpointContract, CarriesPayloadsOf256KilobytesAndNone) {
  constexpr std::size_t kMessages = TypeParam::Below::kBigMessages;
  Mosquitto broker(this->on_transport());
  auto receiver = this->party("receiver", broker.port());
  auto sender = this->party("sender", broker.port());
  this->connect(*receiver);
  this->subscribe(*receiver, "big/#", Qos::at_least_once);
  this->connect(*sender);
  std::string payload(256 * 1024, '\0');
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 31 >> 3);
  ASSERT_EQ(sender->endpoint->publish(
                batch_of(numbered("big/", TypeParam::Below::kBigMessages), payload, Qos::at_least_once), 1),
            Offer::queued);
  ASSERT_EQ(sender->endpoint->publish(batch_of({"big/none"}, "", Qos::at_least_once), 2), Offer::queued);
  // A payload counts once a batch.
  EXPECT_LT(sender->endpoint->backlog().bytes, 300u * 1024);
  ASSERT_TRUE(
      this->loop_.until([&] { return receiver->seen.deliveries == kMessages + 1 && sender->seen.publishes == 2; }));
  for (std::size_t i = 0; i < kMessages; ++i) EXPECT_TRUE(receiver->seen.messages[i].payload == payload) << i;
  EXPECT_EQ(receiver->seen.messages[kMessages].payload, "");
}

TYPED_TEST(EndpointContract, SubscribesListsAndUnsubscribes) {
  Mosquitto broker(this->on_transport());
  auto party = this->party("both", broker.port(), Version::v5);
  this->connect(*party);
  const std::vector<Subscription> filters = {{"a/#", Qos::at_most_once}, {"b/+", Qos::exactly_once}};
  party->endpoint->subscribe(filters, 77);
  ASSERT_TRUE(this->loop_.until([&] { return !party->seen.subscribed.empty(); }));
  EXPECT_EQ(party->seen.subscribed.front().first, 77u);
  EXPECT_THAT(party->seen.subscribed.front().second,
              ElementsAre(static_cast<ReasonCode>(0), static_cast<ReasonCode>(2)));
  const std::vector<std::string> first = {"a/#"};
  party->endpoint->unsubscribe(first, 78);
  ASSERT_TRUE(this->loop_.until([&] { return !party->seen.unsubscribed.empty(); }));
  EXPECT_THAT(party->seen.unsubscribed, ElementsAre(78u));
  ASSERT_EQ(party->endpoint->publish(batch_of({"a/1", "b/1"}, "x", Qos::at_least_once), 1), Offer::queued);
  ASSERT_TRUE(this->loop_.until([&] { return party->seen.publishes == 1 && party->seen.deliveries >= 1; }));
  EXPECT_EQ(party->seen.messages.front().topic, "b/1");
  this->disconnect(*party);
  EXPECT_EQ(party->seen.deliveries, 1u);
}

TYPED_TEST(EndpointContract, TellsRefusedSubscriptions) {
  Mosquitto broker(this->on_transport({.open_topics_only = true}));
  for (const Version version : {Version::v311, Version::v5}) {
    auto party = this->party("party", broker.port(), version);
    this->connect(*party);
    const Subscription closed{"closed/1", Qos::at_least_once};
    party->endpoint->subscribe({&closed, 1}, 5);
    const std::vector<Subscription> both = {{"open/1", Qos::at_least_once}, closed};
    party->endpoint->subscribe(both, 6);
    ASSERT_TRUE(this->loop_.until([&] { return party->seen.subscribed.size() == 2; }));
    EXPECT_EQ(party->seen.subscribed[0].first, 5u);
    ASSERT_EQ(party->seen.subscribed[0].second.size(), 1u);
    EXPECT_TRUE(is_failure(party->seen.subscribed[0].second[0]));
    EXPECT_EQ(party->seen.subscribed[1].first, 6u);
    ASSERT_EQ(party->seen.subscribed[1].second.size(), 2u);
    EXPECT_EQ(party->seen.subscribed[1].second[0], ReasonCode::granted_qos_1);
    EXPECT_TRUE(is_failure(party->seen.subscribed[1].second[1]));
  }
}

TYPED_TEST(EndpointContract, TellsRefusedPublishesAsTheWorstOfTheBatch) {
  Mosquitto broker(this->on_transport({.open_topics_only = true}));
  auto party = this->party("party", broker.port(), Version::v5);
  this->connect(*party);
  ASSERT_EQ(party->endpoint->publish(batch_of({"open/1", "closed/1", "open/2"}, "x", Qos::at_least_once), 9),
            Offer::queued);
  ASSERT_TRUE(this->loop_.until([&] { return party->seen.publishes == 1; }));
  EXPECT_THAT(party->seen.published, ElementsAre(std::pair(std::uint64_t{9}, ReasonCode::not_authorized)));
}

TYPED_TEST(EndpointContract, TellsARefusedLogin) {
  Mosquitto broker(this->on_transport({.allow_anonymous = false}));
  broker.explain("disconnected, not authorised.");
  for (const Version version : {Version::v311, Version::v5}) {
    auto party = this->party("party", broker.port(), version);
    party->login.username = "nobody";
    party->login.password = "wrong";
    party->endpoint->connect(party->login);
    ASSERT_TRUE(this->ended(*party));
    EXPECT_EQ(party->seen.connects, 0);
    ASSERT_EQ(party->seen.ends.size(), 1u);
    EXPECT_EQ(party->seen.ends[0].reason, ReasonCode::not_authorized);
    EXPECT_FALSE(party->seen.ends[0].was_connected);
    EXPECT_FALSE(party->seen.ends[0].by_us);
    EXPECT_FALSE(party->seen.ends[0].detail.empty());
  }
}

TYPED_TEST(EndpointContract, TellsThatNobodyListens) {
  auto party = this->party("party", tests::free_port());
  party->endpoint->connect(party->login);
  EXPECT_EQ(party->endpoint->publish(batch_of({"t"}, "x", Qos::at_most_once), 1), Offer::not_connected);
  ASSERT_TRUE(this->ended(*party));
  EXPECT_TRUE(is_failure(party->seen.ends[0].reason));
  EXPECT_FALSE(party->seen.ends[0].was_connected);
  EXPECT_THAT(party->seen.ends[0].detail, HasSubstr("127.0.0.1"));
  // And again: the endpoint is ready for another attempt.
  party->endpoint->connect(party->login);
  ASSERT_TRUE(this->loop_.until([&] { return party->seen.ends.size() == 2; }));
}

TYPED_TEST(EndpointContract, TellsATakeover) {
  Mosquitto broker(this->on_transport());
  auto first = this->party("same", broker.port(), Version::v5);
  auto second = this->party("same", broker.port(), Version::v5);
  this->connect(*first);
  this->connect(*second);
  ASSERT_TRUE(this->ended(*first));
  EXPECT_TRUE(first->seen.ends[0].was_connected);
  EXPECT_FALSE(first->seen.ends[0].by_us);
  EXPECT_TRUE(is_failure(first->seen.ends[0].reason));  // Mosquitto 2.0 just closes
  EXPECT_TRUE(second->seen.ends.empty());
}

// Mosquitto 2.0 has no occasion to send one, so the broker is played.
TYPED_TEST(EndpointContract, TellsTheReasonOfADisconnectPacket) {
  if (!TypeParam::Below::kIsTcp) GTEST_SKIP() << "the scripted peer speaks TCP alone";
  tests::ScriptedPeer peer;
  auto party = this->party("party", peer.port(), Version::v5);
  party->endpoint->connect(party->login);
  ASSERT_TRUE(this->loop_.until([&] { return peer.accepted(); }));
  ASSERT_TRUE(this->loop_.until([&] { return !peer.received().empty(); }));
  peer.send(tests::bytes({0x20, 0x03, 0x00, 0x00, 0x00}));
  ASSERT_TRUE(this->loop_.until([&] { return party->seen.connects == 1; }));
  peer.send(tests::bytes({0xe0, 0x02, 0x8e, 0x00}));
  peer.close();
  ASSERT_TRUE(this->ended(*party));
  EXPECT_EQ(party->seen.ends[0].reason, ReasonCode::session_taken_over);
  EXPECT_TRUE(party->seen.ends[0].was_connected);
  EXPECT_FALSE(party->seen.ends[0].by_us);
}

TYPED_TEST(EndpointContract, AbortsAndConnectsAgain) {
  Mosquitto broker(this->on_transport());
  broker.explain("");  // a cut connection is worded by its circumstances
  auto party = this->party("party", broker.port());
  this->connect(*party);
  party->endpoint->abort();
  ASSERT_TRUE(this->ended(*party));
  EXPECT_EQ(party->seen.ends.size(), 1u);
  EXPECT_TRUE(party->seen.ends[0].was_connected);
  EXPECT_FALSE(party->seen.ends[0].by_us);
  party->seen.ends.clear();
  this->connect(*party);
  this->disconnect(*party);
}

TYPED_TEST(EndpointContract, DisconnectLetsTheBacklogOutFirst) {
  Mosquitto broker(this->on_transport());
  auto receiver = this->party("receiver", broker.port());
  auto sender = this->party("sender", broker.port());
  this->connect(*receiver);
  this->subscribe(*receiver, "last/#", Qos::at_least_once);
  this->connect(*sender);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(
        sender->endpoint->publish(batch_of(numbered("last/", 50), std::string(2000, 'x'), static_cast<Qos>(i % 3)), 1),
        Offer::queued);
  }
  this->disconnect(*sender);
  EXPECT_EQ(sender->seen.publishes, 20u);
  for (const auto& [cookie, worst] : sender->seen.published) EXPECT_EQ(worst, ReasonCode::success);
  ASSERT_TRUE(this->loop_.until([&] { return receiver->seen.deliveries == 1000; }));
}

TYPED_TEST(EndpointContract, ReceivesWhatASessionMissed) {
  Mosquitto broker(this->on_transport());
  for (const Version version : {Version::v311, Version::v5}) {
    const std::string id = version == Version::v5 ? "receiver5" : "receiver3";
    auto receiver = this->party(id, broker.port(), version);
    receiver->options.clean_start = false;
    receiver->options.session_expiry_s = 600;
    auto sender = this->party("sender", broker.port(), version);
    this->connect(*receiver);
    EXPECT_FALSE(receiver->seen.session_present);
    this->subscribe(*receiver, "kept/#", Qos::at_least_once);
    this->disconnect(*receiver);
    this->connect(*sender);
    ASSERT_EQ(sender->endpoint->publish(batch_of(numbered("kept/", 10), "x", Qos::at_least_once), 1), Offer::queued);
    ASSERT_TRUE(this->loop_.until([&] { return sender->seen.publishes == 1; }));
    receiver->seen.ends.clear();
    this->connect(*receiver);
    EXPECT_TRUE(receiver->seen.session_present);
    ASSERT_TRUE(this->loop_.until([&] { return receiver->seen.deliveries == 10; }));
  }
}

// The broker is killed with publishes unacknowledged and comes back with what it had saved: nothing that publish() took
// is lost. What arrives twice was sent twice, which QoS 1 allows.
TYPED_TEST(EndpointContract, LosesNothingAtQos1ThroughABrokerRestart) {
  for (const bool keeps_session : {true, false}) {
    SCOPED_TRACE(keeps_session);
    Mosquitto broker(this->on_transport({.max_inflight = 20, .persistence = true}));
    broker.explain("");  // a killed broker words it in many ways
    auto receiver = this->party("receiver", broker.port());
    receiver->options.clean_start = false;
    auto sender = this->party("sender", broker.port());
    sender->options.clean_start = !keeps_session;
    this->connect(*receiver);
    this->subscribe(*receiver, "safe/#", Qos::at_least_once);
    this->connect(*sender);

    broker.freeze();
    for (std::uint64_t i = 0; i < 5; ++i) {
      ASSERT_EQ(sender->endpoint->publish(
                    batch_of(numbered("safe/" + std::to_string(i) + "/", 20), "x", Qos::at_least_once), i),
                Offer::queued);
    }
    EXPECT_EQ(sender->endpoint->backlog().publishes, 100u);
    broker.kill();
    ASSERT_TRUE(this->ended(*sender));
    ASSERT_TRUE(this->ended(*receiver));
    EXPECT_EQ(sender->endpoint->backlog().publishes, 100u);
    EXPECT_EQ(sender->endpoint->publish(batch_of({"t"}, "x", Qos::at_least_once), 9), Offer::not_connected);

    broker.start_again();
    sender->seen.ends.clear();
    receiver->seen.ends.clear();
    this->connect(*receiver);
    this->subscribe(*receiver, "safe/#", Qos::at_least_once);  // the killed broker may not have saved it
    this->connect(*sender);
    ASSERT_TRUE(this->loop_.until([&] { return sender->seen.publishes == 5; }))
        << sender->endpoint->backlog().publishes << " left";
    EXPECT_EQ(sender->endpoint->backlog().publishes, 0u);
    std::vector<std::string> wanted;
    for (int i = 0; i < 5; ++i) {
      for (const std::string& topic : numbered("safe/" + std::to_string(i) + "/", 20)) wanted.push_back(topic);
    }
    const auto has_all = [&] {
      for (const std::string& topic : wanted) {
        const auto same = [&](const EventRecorder::Message& message) { return message.topic == topic; };
        if (std::none_of(receiver->seen.messages.begin(), receiver->seen.messages.end(), same)) return false;
      }
      return true;
    };
    ASSERT_TRUE(this->loop_.until(has_all));
  }
}

TYPED_TEST(EndpointContract, BoundsItsBacklogWhileTheBrokerStandsStill) {
  Mosquitto broker(this->on_transport());
  for (const Qos qos : {Qos::at_most_once, Qos::at_least_once}) {
    auto sender = this->party("sender", broker.port());
    sender->options.queued_bytes_max = 4 << 20;
    sender->options.queued_publishes_max = 300;
    this->connect(*sender);
    const auto batch = batch_of(numbered("device/", 100), std::string(100'000, 'x'), qos);
    EXPECT_EQ(sender->endpoint->publish(batch_of({"t"}, std::string((4 << 20) + 1, 'x'), qos), 1), Offer::too_large);
    EXPECT_EQ(sender->endpoint->publish(batch_of(numbered("t/", 301), "x", qos), 1), Offer::too_large);

    broker.freeze();
    Offer offer = Offer::queued;
    std::uint64_t taken = 0;
    for (; offer == Offer::queued && taken < 1'000; ++taken) {
      offer = sender->endpoint->publish(batch, taken);
      this->loop_.run_ready();
      EXPECT_LE(sender->endpoint->backlog().publishes, 300u);
      EXPECT_LE(sender->endpoint->backlog().bytes, 4u << 20);
    }
    --taken;
    EXPECT_EQ(offer, Offer::full);
    EXPECT_EQ(sender->seen.rooms, 0);
    EXPECT_EQ(sender->endpoint->publish(batch, 999), Offer::full);
    broker.thaw();
    ASSERT_TRUE(this->loop_.until([&] { return sender->seen.rooms == 1; }));
    EXPECT_LE(sender->endpoint->backlog().publishes, 150u);
    ASSERT_TRUE(this->loop_.until([&] { return sender->seen.publishes == taken; }));
    EXPECT_EQ(sender->endpoint->backlog().bytes, 0u);
    EXPECT_EQ(sender->seen.rooms, 1);
  }
}

TYPED_TEST(EndpointContract, HonoursASmallReceiveMaximum) {
  Mosquitto broker(this->on_transport({.max_inflight = 3}));
  auto sender = this->party("sender", broker.port(), Version::v5);
  this->connect(*sender);
  for (const Qos qos : {Qos::at_least_once, Qos::exactly_once}) {
    ASSERT_EQ(sender->endpoint->publish(batch_of(numbered("device/", 6), "x", qos), 1), Offer::queued);
  }
  ASSERT_TRUE(this->loop_.until([&] { return sender->seen.publishes == 2; }));
}

// What the engine reads ahead of its loop is bounded; the native one reads nothing ahead.
TYPED_TEST(EndpointContract, BoundsWhatArrivesAheadOfTheLoop) {
  Mosquitto broker(this->on_transport());
  constexpr std::uint64_t kMessages = 200;
  auto sender = this->party("sender", broker.port());
  this->connect(*sender);
  for (const std::uint32_t bound : {1u, 2'000u, 1u << 20}) {
    auto receiver = this->party("receiver", broker.port());
    receiver->options.arriving_bytes_max = bound;
    this->connect(*receiver);
    this->subscribe(*receiver, "device/#", Qos::at_least_once);
    ASSERT_EQ(sender->endpoint->publish(batch_of(numbered("device/", kMessages), "x", Qos::at_least_once), 1),
              Offer::queued);
    ASSERT_TRUE(this->loop_.until([&] { return receiver->seen.deliveries + receiver->seen.dropped == kMessages; }));
    if (TypeParam::kIsNative || bound == 1u << 20) {
      EXPECT_EQ(receiver->seen.dropped, 0u);
    } else if (bound == 1) {
      EXPECT_EQ(receiver->seen.deliveries, 0u);
    } else {
      EXPECT_GT(receiver->seen.deliveries, 0u) << "there is room again when the loop has run";
    }
    this->disconnect(*receiver);
  }
}

TYPED_TEST(EndpointContract, MayBeDestroyedAtAnyTime) {
  Mosquitto broker(this->on_transport());
  broker.explain("");
  for (int turn = 0; turn < 6; ++turn) {
    auto party = this->party("party", broker.port());
    auto other = this->party("other", broker.port());
    this->connect(*other);
    this->subscribe(*other, "#", Qos::at_least_once);
    party->endpoint->connect(party->login);
    if (turn >= 1) {
      ASSERT_TRUE(this->loop_.until([&] { return party->seen.connects == 1; }));
    }
    if (turn >= 2) {
      const Subscription all{"#", Qos::at_least_once};
      party->endpoint->subscribe({&all, 1}, 1);
    }
    if (turn >= 3) {
      (void)party->endpoint->publish(batch_of(numbered("t/", 200), std::string(500, 'x'), Qos::at_least_once), 1);
    }
    if (turn == 4) party->endpoint->disconnect();
    if (turn == 5) {
      party->endpoint->abort();
    }
    if (turn >= 3) {
      ASSERT_TRUE(this->loop_.until([&] { return turn >= 4 || other->seen.deliveries > 0; }));
    }
    party->endpoint.reset();
    other->endpoint.reset();
    this->loop_.run_ready();
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
