// Is every delivery counted as what it is, and counted once?
#include "sim/fleet/shard_ledger.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "tests/support/allocations.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using wire::mqtt::Qos;

constexpr std::uint32_t kRun = 7;
constexpr std::uint32_t kDevices = 10;
const wire::TimePoint kHold{100s};
const PhaseTimes kPhases{kHold - 1s, kHold, kHold + 10s, kHold + 15s};

// Two fleet groups of 10; two call groups to the first and one to the second, 5 devices a call in turn.
class ShardLedgerTest : public ::testing::Test {
 protected:
  ShardLedgerTest() {
    for (int g = 0; g < 2; ++g) {
      FleetGroup group;
      group.count = kDevices;
      group.subscribe = {{"other", Qos::at_most_once}, {"get", Qos::at_least_once}};
      scenario_.fleet.push_back(group);
    }
    for (const std::size_t to : {std::size_t{0}, std::size_t{0}, std::size_t{1}}) {
      CallGroup calls;
      calls.fleet_group = to;
      calls.topic = "get";
      calls.batch = 5;
      calls.qos = Qos::at_least_once;
      scenario_.calls.push_back(calls);
      groups_.emplace_back(new GroupBooks{static_cast<std::uint16_t>(groups_.size()), to,
                                          PickPlan(Pick::round_robin, kDevices, 5, 1), Books(5, 64)});
    }
    ledger_ = std::make_unique<ShardLedger>(scenario_, groups_, kRun);
    ledger_->make_room(0, kDevices);
    ledger_->make_room(1, kDevices);
    for (std::uint16_t g = 0; g < 2; ++g) {
      for (std::uint32_t i = 0; i < kDevices; ++i) ledger_->note_granted({g, i, i}, 1, Qos::at_least_once);
    }
    ledger_->set_phases(kPhases);
  }

  // A call that was accepted; its deliveries may come.
  void open(std::uint16_t group, std::uint64_t call, wire::TimePoint due = kHold) {
    const bool measured = due >= kPhases.hold_begin && due < kPhases.hold_end;
    Books& books = groups_[group]->books;
    books.open(call, due, measured, callers_);
    books.written(call, due + 1ms);
    books.answered(call, CallResult::accepted, std::nullopt, callers_);
  }

  std::uint32_t recipient(std::uint16_t group, std::uint64_t call, std::size_t n) {
    std::vector<std::uint32_t> all(5);
    groups_[group]->pick->recipients(call, all);
    return all[n];
  }

  static std::vector<std::byte> payload(std::uint16_t group, std::uint64_t call, wire::TimePoint due = kHold,
                                        std::uint32_t run = kRun) {
    std::vector<std::byte> bytes(64);
    wire::write_stamp({run, 1, group, call, due}, bytes);
    return bytes;
  }

  void receive(std::uint16_t fleet_group, std::uint32_t index, const std::vector<std::byte>& bytes,
               Qos qos = Qos::at_least_once, wire::TimePoint received = kHold + 5ms) {
    ledger_->receive({fleet_group, index, index}, {"/pk/dn/user/get", bytes, qos, false, false}, received);
  }

  const Deliveries& counts(std::size_t group) { return ledger_->tallies()[group].deliveries; }

  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<ShardLedger> ledger_;
  Tally callers_;
};

TEST_F(ShardLedgerTest, AWholeCallIsReceivedOnce) {
  open(0, 0);
  for (std::size_t n = 0; n < 5; ++n) receive(0, recipient(0, 0, n), payload(0, 0));
  EXPECT_EQ(counts(0).expected, 5u);
  EXPECT_EQ(counts(0).received, 5u);
  EXPECT_EQ(counts(0).missing, 0u);
  EXPECT_EQ(ledger_->deliveries(), 5u);
  EXPECT_EQ(ledger_->tallies()[0].times.response.count(), 5u);
  const auto seconds = ledger_->timeline().take();
  ASSERT_EQ(seconds.size(), 1u);
  EXPECT_EQ(seconds[0].t_s, 0);
  EXPECT_EQ(seconds[0].deliveries, 5u);
}

TEST_F(ShardLedgerTest, ACopyIsADuplicate) {
  open(0, 0);
  receive(0, recipient(0, 0, 2), payload(0, 0));
  receive(0, recipient(0, 0, 2), payload(0, 0));
  EXPECT_EQ(counts(0).duplicate, 1u);
  EXPECT_EQ(ledger_->deliveries(), 2u);
  EXPECT_EQ(ledger_->first_copies(), 1u);
}

TEST_F(ShardLedgerTest, BehindTheEndNothingCounts) {
  open(0, 0);
  receive(0, recipient(0, 0, 0), payload(0, 0));
  ledger_->end();
  receive(0, recipient(0, 0, 0), payload(0, 0));
  receive(0, recipient(0, 0, 1), payload(0, 0));
  receive(0, recipient(0, 0, 1), {});
  EXPECT_EQ(ledger_->deliveries(), 1u);
  EXPECT_EQ(counts(0).duplicate, 0u);
  EXPECT_EQ(ledger_->strangers().foreign, 0u);
  groups_[0]->books.close_all(callers_);
  EXPECT_EQ(callers_.deliveries.received, 1u);
  EXPECT_EQ(callers_.deliveries.missing, 4u);
}

TEST_F(ShardLedgerTest, TheWrongDeviceAndTheWrongGroupAreMisdelivered) {
  open(0, 0);
  receive(0, recipient(0, 1, 0), payload(0, 0));  // round robin: the next call's device
  receive(1, recipient(0, 0, 0), payload(0, 0));
  EXPECT_EQ(counts(0).misdelivered, 2u);
  EXPECT_EQ(ledger_->first_copies(), 0u);
  EXPECT_EQ(counts(0).duplicate, 0u);
  EXPECT_EQ(counts(1).misdelivered, 0u);
}

TEST_F(ShardLedgerTest, StrangersAreForeignOrCorrupt) {
  open(0, 0);
  const std::uint32_t device = recipient(0, 0, 0);
  receive(0, device, payload(0, 0, kHold, kRun + 1));
  receive(0, device, payload(3, 0));  // no such call group
  receive(0, device, std::vector<std::byte>(100));
  receive(0, device, {});
  EXPECT_EQ(ledger_->strangers().foreign, 4u);
  std::vector<std::byte> bad = payload(0, 0);
  bad.back() ^= std::byte{1};
  receive(0, device, bad);
  bad = payload(0, 0);
  bad.pop_back();
  receive(0, device, bad);
  EXPECT_EQ(ledger_->strangers().corrupt, 2u);
  EXPECT_EQ(ledger_->deliveries(), 0u);
  // None of them has taken the place of the real one.
  receive(0, device, payload(0, 0));
  EXPECT_EQ(counts(0).duplicate, 0u);
}

TEST_F(ShardLedgerTest, WhatTheBrokerHadKeptIsRetainedWhateverItIs) {
  open(0, 0);
  const std::uint32_t device = recipient(0, 0, 0);
  const std::vector<std::byte> stamped = payload(0, 0);
  const std::vector<std::byte> other(10);
  for (const auto* bytes : {&stamped, &other}) {
    ledger_->receive({0, device, device}, {"/pk/dn/user/get", *bytes, Qos::at_least_once, false, true}, kHold + 5ms);
  }
  EXPECT_EQ(ledger_->strangers().retained, 2u);
  EXPECT_EQ(ledger_->strangers().foreign, 0u);
  EXPECT_EQ(ledger_->deliveries(), 0u);
  receive(0, device, stamped);
  EXPECT_EQ(counts(0).duplicate, 0u);
  EXPECT_EQ(ledger_->first_copies(), 1u);
}

TEST_F(ShardLedgerTest, BehindALaterCallOfTheSameGroupIsOutOfOrder) {
  for (std::uint64_t call = 0; call < 3; call += 2) open(0, call);  // the same five devices
  open(1, 0);
  const std::uint32_t device = recipient(0, 0, 0);
  receive(0, device, payload(0, 2));
  receive(0, device, payload(1, 0));  // another call group has an order of its own
  EXPECT_EQ(counts(0).out_of_order, 0u);
  receive(0, device, payload(0, 0));
  EXPECT_EQ(counts(0).out_of_order, 1u);
  EXPECT_EQ(counts(1).out_of_order, 0u);
}

TEST_F(ShardLedgerTest, ALowerQosThanPromisedIsDowngraded) {
  open(0, 0);
  receive(0, recipient(0, 0, 0), payload(0, 0), Qos::at_most_once);
  receive(0, recipient(0, 0, 1), payload(0, 0), Qos::at_least_once);
  receive(0, recipient(0, 0, 2), payload(0, 0), Qos::exactly_once);
  EXPECT_EQ(counts(0).downgraded, 1u);
  // Granted QoS 0 is all that was promised.
  const std::uint32_t device = recipient(0, 0, 3);
  ledger_->note_granted({0, device, device}, 1, Qos::at_most_once);
  receive(0, device, payload(0, 0), Qos::at_most_once);
  EXPECT_EQ(counts(0).downgraded, 1u);
}

TEST_F(ShardLedgerTest, WhatTheHoldDoesNotOwnIsNotCounted) {
  const wire::TimePoint warm_up = kHold - 1ns;
  open(0, 0, warm_up);
  const std::uint32_t device = recipient(0, 0, 0);
  receive(0, device, payload(0, 0, warm_up), Qos::at_most_once, kHold + 1s);
  receive(0, device, payload(0, 0, warm_up));
  receive(1, device, payload(0, 0, warm_up));
  receive(0, device, std::vector<std::byte>(4), Qos::at_most_once, kHold - 1ms);
  EXPECT_EQ(counts(0).duplicate, 0u);
  EXPECT_EQ(counts(0).misdelivered, 0u);
  EXPECT_EQ(counts(0).downgraded, 0u);
  EXPECT_EQ(ledger_->strangers().foreign, 0u);
  EXPECT_EQ(ledger_->deliveries(), 3u);
  EXPECT_TRUE(ledger_->timeline().take().empty());
}

TEST_F(ShardLedgerTest, ADeliveryAllocatesNothing) {
  for (std::uint64_t call = 0; call < 40; ++call) open(0, call);
  std::vector<std::pair<std::uint32_t, std::vector<std::byte>>> deliveries;
  for (std::uint64_t call = 0; call < 40; ++call) {
    for (std::size_t n = 0; n < 5; ++n) deliveries.emplace_back(recipient(0, call, n), payload(0, call));
  }
  const auto play = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) receive(0, deliveries[i].first, deliveries[i].second);
  };
  play(0, 5);  // warm-up
  const std::uint64_t before = tests::allocations_of_this_thread();
  play(5, deliveries.size());
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  EXPECT_EQ(counts(0).received, 200u);
}

// Two groups of consumers, a group of devices, and calls of four messages to the two groups in turn, with two topics.
class ConsumersTest : public ::testing::Test {
 protected:
  ConsumersTest() {
    for (const char* name : {"store", "numbers"}) {
      FleetGroup group;
      group.kind = FleetKind::consumer;
      group.consumer_group = name;
      group.count = kDevices;
      group.subscribe = {
          {"unused", Qos::at_least_once}, {"closed", Qos::at_least_once}, {"created", Qos::at_least_once}};
      scenario_.fleet.push_back(group);
    }
    FleetGroup lamps;
    lamps.count = kDevices;
    scenario_.fleet.push_back(lamps);
    CallGroup calls;
    calls.targets = {0, 1};
    calls.topics = {"created", "closed"};
    calls.batch = 4;
    calls.qos = Qos::at_least_once;
    scenario_.calls.push_back(calls);
    const MessageDeal deal(4, 2, 2);
    groups_.emplace_back(new GroupBooks{0, 0, std::nullopt, Books(4, 64, deal), deal});
    ledger_ = std::make_unique<ShardLedger>(scenario_, groups_, kRun);
    for (std::uint16_t g = 0; g < 3; ++g) ledger_->make_room(g, kDevices);
    for (std::uint16_t g = 0; g < 2; ++g) {
      for (std::uint32_t i = 0; i < kDevices; ++i) {
        for (std::size_t s = 0; s < 3; ++s) ledger_->note_granted({g, i, i}, s, Qos::at_least_once);
      }
    }
    ledger_->set_phases(kPhases);
  }

  void open(std::uint64_t call, wire::TimePoint due = kHold) {
    Books& books = groups_[0]->books;
    books.open(call, due, due == kHold, callers_);
    books.written(call, due + 1ms);
    books.answered(call, CallResult::accepted, std::nullopt, callers_);
  }
  void receive(std::uint16_t fleet_group, std::uint32_t index, std::uint64_t call, std::uint16_t position,
               wire::TimePoint due = kHold, Qos qos = Qos::at_least_once) {
    std::string text(100, 'f');
    wire::write_json_stamp({.run = kRun, .boot = 1, .call_group = 0, .call = call, .due = due, .position = position},
                           text);
    ledger_->receive({fleet_group, index, index},
                     {"tmc/12345678/store/created", std::as_bytes(std::span(text)), qos, false, false}, kHold + 5ms);
  }
  const Deliveries& counts() { return ledger_->tallies()[0].deliveries; }
  const Deliveries& counts_of(std::size_t target) { return ledger_->tallies()[0].targets.at(target).deliveries; }

  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<ShardLedger> ledger_;
  Tally callers_;
};

TEST_F(ConsumersTest, AnyConsumerOfTheGroupIsTheRightOne) {
  open(0);
  receive(0, 3, 0, 0);
  receive(1, 9, 0, 1);
  receive(0, 3, 0, 2);
  receive(1, 0, 0, 3);
  EXPECT_EQ(counts().expected, 4u);
  EXPECT_EQ(counts().received, 4u);
  EXPECT_EQ(counts_of(0).received, 2u);
  EXPECT_EQ(counts_of(1).received, 2u);
  EXPECT_EQ(ledger_->first_copies(), 4u);
}

TEST_F(ConsumersTest, ACopyAtAnotherConsumerIsADuplicate) {
  open(0);
  receive(0, 3, 0, 0);
  receive(0, 4, 0, 0);
  EXPECT_EQ(counts().duplicate, 1u);
  EXPECT_EQ(counts_of(0).duplicate, 1u);
  EXPECT_EQ(counts_of(1).duplicate, 0u);
}

TEST_F(ConsumersTest, AnotherGroupADeviceAndNoSuchMessageAreMisdelivered) {
  open(0);
  receive(1, 0, 0, 0);  // aimed at the first group
  receive(2, 0, 0, 1);  // a lamp
  receive(0, 0, 0, 4);  // the call has four
  EXPECT_EQ(counts().misdelivered, 3u);
  EXPECT_EQ(counts_of(0).misdelivered, 2u);  // of messages 0 and 4
  EXPECT_EQ(ledger_->first_copies(), 0u);
  receive(0, 0, 0, 0);  // its place is still free
  EXPECT_EQ(counts().duplicate, 0u);
}

TEST_F(ConsumersTest, NoOrderIsPromised) {
  open(0);
  open(1);
  receive(0, 0, 1, 2);
  receive(0, 0, 1, 0);
  receive(0, 0, 0, 0);
  EXPECT_EQ(counts().out_of_order, 0u);
}

TEST_F(ConsumersTest, TheQosOfTheMessagesTopicIsPromised) {
  open(0);
  ledger_->note_granted({0, 0, 0}, 2, Qos::at_most_once);  // of "created", which message 0 has and message 2 has not
  receive(0, 0, 0, 0, kHold, Qos::at_most_once);
  EXPECT_EQ(counts().downgraded, 0u);
  receive(0, 0, 0, 2, kHold, Qos::at_most_once);
  EXPECT_EQ(counts().downgraded, 1u);
  EXPECT_EQ(counts_of(0).downgraded, 1u);
}

TEST_F(ConsumersTest, BalanceIsOfFirstCopiesInTheHold) {
  open(0, kHold - 1ms);
  open(1);
  open(2);
  receive(0, 5, 0, 0, kHold - 1ms);
  for (const std::uint64_t call : {std::uint64_t{1}, std::uint64_t{2}}) {
    receive(0, 5, call, 0);
    receive(0, 5, call, 0);
  }
  receive(0, 6, 1, 2);
  const Balance store = ledger_->balance(0);
  EXPECT_EQ(store.members, kDevices);
  EXPECT_EQ(store.deliveries, 3u);
  EXPECT_EQ(store.min, 0u);
  EXPECT_EQ(store.max, 2u);
  EXPECT_EQ(ledger_->balance(1).deliveries, 0u);
  EXPECT_EQ(ledger_->balance(2).members, 0u);  // devices have none
}

TEST_F(ConsumersTest, ADeliveryAllocatesNothing) {
  for (std::uint64_t call = 0; call < 40; ++call) open(call);
  std::vector<std::string> texts;
  for (std::uint64_t call = 0; call < 40; ++call) {
    for (std::uint16_t i = 0; i < 4; ++i) {
      texts.emplace_back(512, 'f');
      wire::write_json_stamp({.run = kRun, .call = call, .due = kHold, .position = i}, texts.back());
    }
  }
  const auto play = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      ledger_->receive({static_cast<std::uint16_t>(i % 2), 1, 1},
                       {"t", std::as_bytes(std::span(texts[i])), Qos::at_least_once, false, false}, kHold + 5ms);
    }
  };
  play(0, 4);  // warm-up
  const std::uint64_t before = tests::allocations_of_this_thread();
  play(4, texts.size());
  EXPECT_EQ(tests::allocations_of_this_thread(), before);
  EXPECT_EQ(counts().received, 160u);
}

}  // namespace
}  // namespace fleet::sim
