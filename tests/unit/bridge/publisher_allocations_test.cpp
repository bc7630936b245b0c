// A call that is published and settled allocates a few times, a message of a call never.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bridge/fanout/publisher.h"
#include "tests/support/allocations.h"
#include "tests/support/scripted_endpoint.h"

namespace fleet::bridge {
namespace {

using tests::ScriptedEndpoint;
using wire::mqtt::Offer;
using wire::mqtt::PublishBatch;
using wire::mqtt::Qos;
using wire::mqtt::ReasonCode;

class PublisherAllocations : public testing::Test {
 protected:
  void make(std::size_t connections) {
    PublisherOptions options;
    options.connections = connections;
    publisher_ = std::make_unique<Publisher>(options, [this](wire::mqtt::EndpointEvents& events) {
      auto endpoint = std::make_unique<ScriptedEndpoint>(events);
      endpoint->taken.reserve(1'000);
      endpoints_.push_back(endpoint.get());
      return endpoint;
    });
    publisher_->start(wire::TimePoint(std::chrono::hours(1)), nullptr);
    for (ScriptedEndpoint* endpoint : endpoints_) endpoint->events.on_connected(false);
  }

  static std::shared_ptr<const PublishBatch> batch_of(std::size_t messages, Qos qos) {
    auto batch = std::make_shared<PublishBatch>();
    for (std::size_t i = 0; i < messages; ++i) batch->add_topic("/product/device-" + std::to_string(i) + "/user/get");
    batch->set_payload(std::vector<std::byte>(100));
    batch->qos = qos;
    return batch;
  }

  // Allocations from publish() to the end of a call; one that `waits` finds the backlogs full at first.
  std::uint64_t allocations_of_call(std::size_t messages, Qos qos, bool waits = false) {
    const auto batch = batch_of(messages, qos);
    const int before_told = told_;
    for (ScriptedEndpoint* endpoint : endpoints_) endpoint->next_offer = waits ? Offer::full : Offer::queued;
    const std::uint64_t before = tests::allocations_of_this_thread();
    publisher_->publish(batch, [this](const Published&) { ++told_; });
    if (waits) {
      for (ScriptedEndpoint* endpoint : endpoints_) endpoint->next_offer = Offer::queued;
      endpoints_[0]->events.on_room();
    }
    if (qos != Qos::at_most_once) {
      for (ScriptedEndpoint* endpoint : endpoints_) {
        endpoint->events.on_published(endpoint->taken.back().cookie, ReasonCode::success);
      }
    }
    const std::uint64_t count = tests::allocations_of_this_thread() - before;
    EXPECT_EQ(told_, before_told + 1);
    return count;
  }

  std::vector<ScriptedEndpoint*> endpoints_;
  std::unique_ptr<Publisher> publisher_;
  int told_ = 0;
};

TEST_F(PublisherAllocations, OneConnectionTakesACallAsItIs) {
  make(1);
  for (const Qos qos : {Qos::at_most_once, Qos::at_least_once}) {
    (void)allocations_of_call(10, qos);
    EXPECT_EQ(allocations_of_call(10, qos), 0u);
    EXPECT_EQ(allocations_of_call(10'000, qos), 0u);
  }
}

TEST_F(PublisherAllocations, SeveralConnectionsTakeAPartEach) {
  constexpr std::size_t kConnections = 3;
  make(kConnections);
  for (const Qos qos : {Qos::at_most_once, Qos::at_least_once}) {
    (void)allocations_of_call(100, qos);
    const std::uint64_t of_hundred = allocations_of_call(100, qos);
    EXPECT_EQ(allocations_of_call(10'000, qos), of_hundred);
    // How the call is dealt, and of each part itself, its topics and their ends.
    EXPECT_LE(of_hundred, 2 + 3 * kConnections);
  }
}

TEST_F(PublisherAllocations, WaitingForRoomCostsACallAndNoMessage) {
  for (const std::size_t connections : {std::size_t{1}, std::size_t{3}}) {
    endpoints_.clear();
    make(connections);
    for (const Qos qos : {Qos::at_most_once, Qos::at_least_once}) {
      // A queue takes memory for several calls at a time: the most that any of many needs.
      const auto most_of = [&](std::size_t messages) {
        std::uint64_t most = 0;
        for (int i = 0; i < 50; ++i) most = std::max(most, allocations_of_call(messages, qos, true));
        return most;
      };
      (void)most_of(100);
      EXPECT_EQ(most_of(10'000), most_of(100)) << connections;
    }
  }
}

}  // namespace
}  // namespace fleet::bridge
