// What does the publisher promise while connections come and go and queues fill up? Against a scripted endpoint.
#include "bridge/fanout/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/fanout/split.h"
#include "tests/support/scripted_endpoint.h"

namespace fleet::bridge {
namespace {

using testing::ElementsAre;
using tests::ScriptedEndpoint;
using wire::Millis;
using wire::mqtt::Offer;
using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;

class PublisherTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
  // In every test: the counts are those of what was told.
  void TearDown() override {
    for (const auto outcome : {PublishOutcome::done, PublishOutcome::broker_away, PublishOutcome::backlog_full,
                               PublishOutcome::refused, PublishOutcome::unconfirmed, PublishOutcome::stopping}) {
      std::uint64_t publishes = 0;
      for (std::size_t i = 0; i < outcomes_.size(); ++i) publishes += outcomes_[i] == outcome ? sizes_[i] : 0;
      EXPECT_EQ(publisher_->published(outcome), publishes) << static_cast<int>(outcome);
    }
  }
  void make(std::size_t connections = 1) {
    PublisherOptions options;
    options.connections = connections;
    options.backlog_bytes = 10'000;
    options.backlog_publishes = 100;
    options.login.client_id = "bridge";
    publisher_ = std::make_unique<Publisher>(options, [this](wire::mqtt::EndpointEvents& events) {
      auto endpoint = std::make_unique<ScriptedEndpoint>(events);
      endpoints_.push_back(endpoint.get());
      return endpoint;
    });
    publisher_->start(now_, [this] { ++settled_; });
  }
  void connect_all() {
    for (ScriptedEndpoint* endpoint : endpoints_) endpoint->events.on_connected(false);
  }
  // Publishes one message to each device; its outcome comes into outcomes_ under the number it returns.
  std::size_t publish(Qos qos, const std::vector<std::string>& devices = {"dev1"}, std::size_t payload = 100) {
    auto batch = std::make_shared<PublishBatch>();
    for (const std::string& device : devices) batch->add_topic("/pk/" + device + "/user/get");
    batch->set_payload(std::vector<std::byte>(payload));
    batch->qos = qos;
    const std::size_t number = outcomes_.size();
    outcomes_.emplace_back();
    sizes_.push_back(batch->size());
    publisher_->publish(batch, [this, number](const Published& published) {
      EXPECT_FALSE(outcomes_[number]) << "told twice";
      outcomes_[number] = published.outcome;
      queued_[number] = published.queued;
      order_.push_back(number);
    });
    return number;
  }
  void advance(Millis by) {
    now_ += by;
    publisher_->on_timer(now_);
  }

  wire::TimePoint now_{std::chrono::hours(1)};
  std::vector<ScriptedEndpoint*> endpoints_;
  std::unique_ptr<Publisher> publisher_;
  std::vector<std::optional<PublishOutcome>> outcomes_;
  std::vector<std::size_t> sizes_;  // publishes of each
  std::optional<wire::TimePoint> queued_[8];
  std::vector<std::size_t> order_;
  int settled_ = 0;
};

TEST_F(PublisherTest, HoldsTheWritesOfEveryConnection) {
  make(2);
  connect_all();
  publisher_->hold_writes();
  (void)publish(Qos::at_least_once);
  publisher_->release_writes();
  for (const ScriptedEndpoint* endpoint : endpoints_) EXPECT_THAT(endpoint->holds, ElementsAre(true, false));
}

TEST_F(PublisherTest, SaysOnceThatTheFirstAttemptsHaveEnded) {
  make(2);
  endpoints_[0]->events.on_connected(false);
  EXPECT_EQ(settled_, 0);
  endpoints_[1]->lose(false);
  EXPECT_EQ(settled_, 1);
  EXPECT_FALSE(publisher_->connected());
  advance(Millis(5'000));
  endpoints_[1]->events.on_connected(false);
  EXPECT_EQ(settled_, 1);
  EXPECT_TRUE(publisher_->connected());
  EXPECT_EQ(endpoints_[1]->client_id, "bridge-1");
}

TEST_F(PublisherTest, Qos0IsDoneWhenItIsQueued) {
  make();
  connect_all();
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once)], PublishOutcome::done);
  EXPECT_TRUE(queued_[0]);
  EXPECT_EQ(endpoints_[0]->taken.at(0).cookie, 0U);
  endpoints_[0]->events.on_published(0, ReasonCode::success);
}

TEST_F(PublisherTest, Qos1IsDoneWhenItIsAcknowledgedAlsoFromInside) {
  make();
  connect_all();
  publish(Qos::at_least_once);
  EXPECT_FALSE(outcomes_[0]);
  endpoints_[0]->events.on_published(endpoints_[0]->taken[0].cookie, ReasonCode::no_matching_subscribers);
  EXPECT_EQ(outcomes_[0], PublishOutcome::done);
  endpoints_[0]->acknowledges_inside = true;
  EXPECT_EQ(outcomes_[publish(Qos::at_least_once)], PublishOutcome::done);
  EXPECT_TRUE(queued_[1]);
  EXPECT_EQ(publisher_->unacknowledged_calls(), 0U);
}

TEST_F(PublisherTest, ARefusalOfTheBrokerIsTold) {
  make();
  connect_all();
  publish(Qos::at_least_once);
  endpoints_[0]->events.on_published(endpoints_[0]->taken[0].cookie, ReasonCode::not_authorized);
  EXPECT_EQ(outcomes_[0], PublishOutcome::refused);
  endpoints_[0]->next_offer = Offer::too_large;
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once)], PublishOutcome::refused);
  EXPECT_EQ(outcomes_[publish(Qos::at_least_once)], PublishOutcome::refused);
  EXPECT_EQ(publisher_->unacknowledged_calls(), 0U);
}

TEST_F(PublisherTest, BrokerAwayIsToldAtOnceAndWhatWasTakenStays) {
  make();
  EXPECT_EQ(outcomes_[publish(Qos::at_least_once)], PublishOutcome::broker_away);
  connect_all();
  publish(Qos::at_least_once);
  endpoints_[0]->lose();
  EXPECT_FALSE(outcomes_[1]);
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once)], PublishOutcome::broker_away);
  advance(BackOff::kMax);
  EXPECT_EQ(endpoints_[0]->connects, 2);
  connect_all();
  endpoints_[0]->events.on_published(endpoints_[0]->taken[0].cookie, ReasonCode::success);
  EXPECT_EQ(outcomes_[1], PublishOutcome::done);
}

TEST_F(PublisherTest, AFullBacklogIsWaitedForInOrder) {
  make();
  connect_all();
  endpoints_[0]->next_offer = Offer::full;
  publish(Qos::at_most_once);
  publish(Qos::at_least_once);
  publish(Qos::at_most_once);
  EXPECT_EQ(endpoints_[0]->offers, 1) << "who comes later does not overtake";
  advance(Millis(900));
  endpoints_[0]->next_offer = Offer::queued;
  endpoints_[0]->events.on_room();
  EXPECT_THAT(order_, ElementsAre(0, 2));
  EXPECT_EQ(endpoints_[0]->taken.size(), 3U);
  endpoints_[0]->events.on_published(endpoints_[0]->taken[1].cookie, ReasonCode::success);
  EXPECT_EQ(outcomes_[1], PublishOutcome::done);
}

TEST_F(PublisherTest, WaitingEndsWithBacklogFullOrWithTheConnection) {
  make();
  connect_all();
  endpoints_[0]->next_offer = Offer::full;
  publish(Qos::at_most_once);
  advance(Millis(500));
  publish(Qos::at_most_once);
  advance(Millis(500));
  EXPECT_EQ(outcomes_[0], PublishOutcome::backlog_full);
  EXPECT_FALSE(queued_[0]);
  EXPECT_FALSE(outcomes_[1]);
  endpoints_[0]->lose();
  EXPECT_EQ(outcomes_[1], PublishOutcome::broker_away);
}

TEST_F(PublisherTest, WaitingIsBoundedInBytes) {
  make();
  connect_all();
  endpoints_[0]->next_offer = Offer::full;
  publish(Qos::at_most_once, {"dev1"}, 6'000);
  EXPECT_FALSE(outcomes_[0]);
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once, {"dev1"}, 6'000)], PublishOutcome::backlog_full);
}

TEST_F(PublisherTest, SeveralConnectionsShareACallByDeviceAndShareItsPayload) {
  make(3);
  connect_all();
  std::vector<std::string> devices;
  for (int i = 0; i < 90; ++i) devices.push_back("dev" + std::to_string(i));
  publish(Qos::at_least_once, devices);
  std::size_t topics = 0;
  for (const ScriptedEndpoint* endpoint : endpoints_) {
    const auto& part = endpoint->taken.at(0);
    topics += part.batch->size();
    EXPECT_GT(part.batch->size(), 10U);
    EXPECT_EQ(part.batch->payload, endpoints_[0]->taken[0].batch->payload);
  }
  EXPECT_EQ(topics, 90U);
  for (ScriptedEndpoint* endpoint : endpoints_) {
    EXPECT_FALSE(outcomes_[0]);
    endpoint->events.on_published(endpoint->taken[0].cookie, ReasonCode::success);
  }
  EXPECT_EQ(outcomes_[0], PublishOutcome::done);
}

TEST_F(PublisherTest, SeveralConnectionsTakeACallWholeOrNotAtAll) {
  make(2);
  connect_all();
  const std::vector<std::string> devices = {"dev0", "dev1", "dev2", "dev3", "dev4", "dev5", "dev6", "dev7"};
  endpoints_[1]->held = {100, 5'000};
  publish(Qos::at_most_once, devices);
  EXPECT_EQ(endpoints_[0]->offers + endpoints_[1]->offers, 0);
  endpoints_[1]->held = {};
  endpoints_[1]->events.on_room();
  EXPECT_EQ(outcomes_[0], PublishOutcome::done);
  endpoints_[1]->lose();
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once, devices)], PublishOutcome::broker_away);
  EXPECT_EQ(endpoints_[0]->offers, 1);
}

TEST_F(PublisherTest, APartThatOneConnectionDidNotTakeFollowsLater) {
  make(2);
  connect_all();
  endpoints_[1]->next_offer = Offer::full;
  publish(Qos::at_most_once, {"dev0", "dev1", "dev2", "dev3", "dev4", "dev5", "dev6", "dev7"});
  EXPECT_FALSE(outcomes_[0]);
  EXPECT_EQ(endpoints_[0]->taken.size(), 1U);
  endpoints_[1]->next_offer = Offer::queued;
  const wire::TimePoint room = wire::read_clock();
  endpoints_[1]->events.on_room();
  EXPECT_EQ(outcomes_[0], PublishOutcome::done);
  EXPECT_EQ(endpoints_[1]->taken.size(), 1U);
  ASSERT_TRUE(queued_[0]);
  EXPECT_GE(*queued_[0], room);  // the last part decides
}

TEST_F(PublisherTest, StoppingFinishesWhatWasAccepted) {
  make();
  connect_all();
  publish(Qos::at_least_once);
  int stopped = 0;
  publisher_->stop([&] { ++stopped; });
  EXPECT_EQ(outcomes_[publish(Qos::at_most_once)], PublishOutcome::stopping);
  EXPECT_EQ(endpoints_[0]->disconnects, 0);
  endpoints_[0]->events.on_published(endpoints_[0]->taken[0].cookie, ReasonCode::success);
  EXPECT_EQ(outcomes_[0], PublishOutcome::done);
  EXPECT_EQ(endpoints_[0]->disconnects, 1);
  EXPECT_EQ(stopped, 0);
  endpoints_[0]->events.on_disconnected({ReasonCode::success, true, true, ""});
  EXPECT_EQ(stopped, 1);
  advance(BackOff::kMax);
  EXPECT_EQ(endpoints_[0]->connects, 1);
}

TEST_F(PublisherTest, StoppingTriesToReachTheBrokerForWhatWasAcceptedUntilItIsAbandoned) {
  make();
  connect_all();
  publish(Qos::at_least_once);
  endpoints_[0]->next_offer = Offer::full;
  publish(Qos::at_most_once);
  int stopped = 0;
  publisher_->stop([&] { ++stopped; });
  endpoints_[0]->lose();
  EXPECT_EQ(outcomes_[1], PublishOutcome::broker_away);
  advance(BackOff::kMax);
  EXPECT_EQ(endpoints_[0]->connects, 2);
  publisher_->abandon();
  EXPECT_EQ(outcomes_[0], PublishOutcome::stopping);
  EXPECT_EQ(endpoints_[0]->aborts, 1);
  endpoints_[0]->lose(false);
  EXPECT_EQ(stopped, 1);
}

TEST_F(PublisherTest, StoppingWithTheBrokerAwayAndNothingOwedEndsAtOnce) {
  make();
  endpoints_[0]->lose(false);
  int stopped = 0;
  publisher_->stop([&] { ++stopped; });
  EXPECT_EQ(stopped, 1);
}

TEST_F(PublisherTest, BackOffDoublesWithJitterAndStartsAgainBehindAConnectionThatLasted) {
  BackOff back_off(7);
  Millis whole(100);
  for (int i = 0; i < 12; ++i) {
    const Millis delay = back_off.next();
    EXPECT_GE(delay, whole / 2);
    EXPECT_LE(delay, whole);
    whole = std::min(whole * 2, BackOff::kMax);
  }
  back_off.reset();
  EXPECT_LE(back_off.next(), BackOff::kFirst);

  make();
  for (int i = 0; i < 8; ++i) {  // a broker that closes behind its CONNACK
    connect_all();
    endpoints_[0]->lose();
    advance(BackOff::kMax);
  }
  connect_all();
  advance(BackOff::kMax);
  endpoints_[0]->lose();
  const int connects = endpoints_[0]->connects;
  advance(BackOff::kFirst);
  EXPECT_EQ(endpoints_[0]->connects, connects + 1);
}

TEST(Split, AllTopicsOfADeviceTakeOneConnection) {
  for (int i = 0; i < 50; ++i) {
    const std::string device = "/pk/dev" + std::to_string(i);
    EXPECT_EQ(connection_of(device + "/user/get", 7), connection_of(device + "/user/a/b", 7));
    EXPECT_LT(connection_of(device, 7), 7U);
  }
}

TEST(Split, OneConnectionTakesTheBatchItself) {
  auto batch = std::make_shared<PublishBatch>();
  batch->add_topic("/pk/dev/user/get");
  std::vector<std::shared_ptr<const PublishBatch>> parts;
  split_batch(batch, 1, parts);
  EXPECT_THAT(parts, ElementsAre(batch));
}

}  // namespace
}  // namespace fleet::bridge
