// Is what is sent to a device that is away on purpose expected later, or written off, as its session is kept or not?
#include <gtest/gtest.h>

#include "sim/fleet/shard_ledger.h"
#include "tests/support/allocations.h"
#include "wire/stamp.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using wire::mqtt::Qos;

constexpr std::uint32_t kRun = 7;
constexpr std::uint32_t kDevices = 2;
const wire::TimePoint kHold{100s};

// Two devices, both named by every call, at QoS 1.
class ShardInterruptions : public ::testing::Test {
 protected:
  void make(bool clean_start, Qos subscribed = Qos::at_least_once) {
    FleetGroup group;
    group.count = kDevices;
    group.connect.clean_start = clean_start;
    group.subscribe = {{"get", subscribed}};
    group.behaviour.churn = Churn{1, 1s, Leave::disconnect};
    scenario_.fleet.push_back(group);
    CallGroup calls;
    calls.topic = "get";
    calls.batch = kDevices;
    calls.qos = Qos::at_least_once;
    scenario_.calls.push_back(calls);
    groups_.emplace_back(new GroupBooks{0, 0, PickPlan(Pick::round_robin, kDevices, kDevices, 1), Books(kDevices, 64)});
    ledger_ = std::make_unique<ShardLedger>(scenario_, groups_, kRun);
    ledger_->make_room(0, kDevices);
    ledger_->set_phases({kHold - 1s, kHold, kHold + 60s, kHold + 70s});
  }

  // An accepted call that is due so long behind the start of the hold; its deliveries may come.
  void call(std::uint64_t number, wire::Nanos due) {
    Books& books = groups_[0]->books;
    books.open(number, kHold + due, true, callers_);
    books.written(number, kHold + due);
    books.answered(number, CallResult::accepted, std::nullopt, callers_);
  }
  void receive(std::uint32_t device, std::uint64_t number, wire::Nanos due, wire::Nanos received) {
    std::vector<std::byte> bytes(64);
    wire::write_stamp({kRun, 1, 0, number, kHold + due}, bytes);
    ledger_->receive(at(device), {"/pk/dn/user/get", bytes, Qos::at_least_once, false, false}, kHold + received);
  }
  static Recipient at(std::uint32_t device) { return {0, device, device}; }
  // Device 1 leaves, is due back and connected again after 3 s, ready a tenth later.
  void leave() { ledger_->interrupt(at(1), Interruption::absence, kHold + 1s, kHold + 4s); }
  void come_back(bool session_present) {
    ledger_->return_connected(at(1), kHold + 4s, session_present);
    ledger_->return_ready(at(1), kHold + 4100ms);
  }
  void settle() { ledger_->settle(at(1), kHold + 4100ms); }

  Deliveries finish() {
    ledger_->end();
    Tally all = callers_;
    all.merge(ledger_->tallies()[0]);
    groups_[0]->books.close_all(all);
    return all.deliveries;
  }
  const AbsenceRecord& record() { return *ledger_->absences(0); }

  Scenario scenario_;
  std::vector<std::unique_ptr<GroupBooks>> groups_;
  std::unique_ptr<ShardLedger> ledger_;
  Tally callers_;
};

TEST_F(ShardInterruptions, WhatASessionKeptIsBacklogAndReceived) {
  make(false);
  leave();
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  EXPECT_EQ(ledger_->due_back(at(1)), kHold + 4s);
  come_back(true);
  settle();
  call(1, 5s);
  for (const std::uint32_t device : {0u, 1u}) receive(device, 1, 5s, 5001ms);
  receive(1, 0, 2s, 5500ms);  // behind the settling, and still owed
  const Deliveries counts = finish();
  EXPECT_EQ(counts.expected, 4u);
  EXPECT_EQ(counts.received, 4u);
  EXPECT_EQ(counts.absent, 0u);
  EXPECT_EQ(record().left, 1u);
  EXPECT_EQ(record().returned, 1u);
  EXPECT_EQ(record().resumed, 1u);
  EXPECT_EQ(record().forgotten, 0u);
  EXPECT_EQ(record().backlog, 1u);
  EXPECT_EQ(record().back.count(), 1u);
  EXPECT_NEAR(static_cast<double>(record().back.value_at(1)), 100'000, 100);
  EXPECT_EQ(record().caught_up.count(), 1u);
  EXPECT_NEAR(static_cast<double>(record().caught_up.value_at(1)), 1'500'000, 1'500);
}

TEST_F(ShardInterruptions, WithoutASessionItIsWrittenOff) {
  make(true);
  call(0, 500ms);  // before it leaves, and received
  for (const std::uint32_t device : {0u, 1u}) receive(device, 0, 500ms, 501ms);
  leave();
  call(1, 2s);
  receive(0, 1, 2s, 2001ms);
  come_back(false);
  EXPECT_EQ(groups_[0]->books.open_calls(), 1u) << "it may be on its way";
  settle();
  EXPECT_EQ(groups_[0]->books.open_calls(), 0u);
  const Deliveries counts = finish();
  EXPECT_EQ(counts.expected, 3u);
  EXPECT_EQ(counts.missing, 0u);
  EXPECT_EQ(counts.absent, 1u);
  EXPECT_EQ(record().resumed + record().forgotten, 0u) << "nobody asked for a session";
}

TEST_F(ShardInterruptions, AtQos0NothingWaits) {
  make(false, Qos::at_most_once);
  leave();
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  come_back(true);
  settle();
  EXPECT_EQ(finish().absent, 1u);
}

TEST_F(ShardInterruptions, WhatWasOnItsWayWhenItLeftIsWrittenOffToo) {
  make(true);
  ledger_->note_second();
  call(0, 990ms);
  ledger_->note_second();
  receive(0, 0, 990ms, 991ms);
  leave();
  come_back(false);
  settle();
  EXPECT_EQ(finish().absent, 1u);
}

TEST_F(ShardInterruptions, WhatWasLostLongBeforeIsMissing) {
  make(true);
  call(0, 100ms);  // never comes
  ledger_->note_second();
  ledger_->note_second();
  leave();
  come_back(false);
  settle();
  const Deliveries counts = finish();
  EXPECT_EQ(counts.missing, 2u);
  EXPECT_EQ(counts.absent, 0u);
}

TEST_F(ShardInterruptions, WhatIsCalledBehindItsReturnIsOwed) {
  make(true);
  leave();
  come_back(false);
  call(0, 4200ms);
  receive(0, 0, 4200ms, 4201ms);
  settle();
  const Deliveries counts = finish();
  EXPECT_EQ(counts.missing, 1u);
  EXPECT_EQ(counts.absent, 0u);
}

TEST_F(ShardInterruptions, ASessionThatWasForgottenLeavesItsMessagesMissing) {
  make(false);
  leave();
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  come_back(false);
  settle();
  EXPECT_EQ(finish().missing, 1u);
  EXPECT_EQ(record().forgotten, 1u);
  EXPECT_EQ(record().resumed, 0u);
}

TEST_F(ShardInterruptions, WhoNeverCameBackIsSettledAtTheEnd) {
  make(true);
  leave();
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  EXPECT_EQ(finish().absent, 1u);
  EXPECT_EQ(record().left, 1u);
  EXPECT_EQ(record().returned, 0u);
}

TEST_F(ShardInterruptions, WhoHasUnsubscribedIsOwedNothingWhateverItsSession) {
  make(false);
  ledger_->interrupt(at(1), Interruption::unsubscribed, kHold + 1s, kHold + 4s);
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  ledger_->return_ready(at(1), kHold + 4100ms);
  settle();
  const Deliveries counts = finish();
  EXPECT_EQ(counts.expected, 1u);
  EXPECT_EQ(counts.unsubscribed, 1u);
  EXPECT_EQ(counts.absent, 0u);
  EXPECT_EQ(record().left, 0u);
}

TEST_F(ShardInterruptions, WhatComesWhileSomebodyTakesOverIsNoBacklog) {
  make(false);
  ledger_->interrupt(at(1), Interruption::takeover, kHold + 1s, kHold + 1s);
  call(0, 2s);
  for (const std::uint32_t device : {0u, 1u}) receive(device, 0, 2s, 2001ms);
  come_back(true);
  settle();
  EXPECT_EQ(finish().received, 2u);
  EXPECT_EQ(record().backlog, 0u);
  EXPECT_EQ(record().returned, 0u);
}

TEST_F(ShardInterruptions, ADevicesOwnWillIsCountedUnderItsName) {
  FleetGroup group;
  group.count = 1;
  group.subscribe = {{"get", Qos::at_least_once}, {"state", Qos::at_least_once}};
  group.behaviour.will = WillMessage{"state", Qos::at_least_once, true, {}};
  scenario_.fleet.push_back(group);
  ShardLedger ledger(scenario_, groups_, kRun);
  ledger.make_room(0, 1);
  ledger.set_phases({kHold - 1s, kHold, kHold + 60s, kHold + 70s});
  const std::vector<std::byte> bytes(20);
  ledger.receive(at(0), {"/pk/dn/user/state", bytes, Qos::at_least_once, false, true}, kHold + 1s);
  ledger.receive(at(0), {"/pk/dn/user/state", bytes, Qos::at_least_once, false, false}, kHold + 1s);
  ledger.receive(at(0), {"/pk/dn/user/get", bytes, Qos::at_least_once, false, false}, kHold + 1s);
  ledger.receive(at(0), {"/pk/dn/user/state", bytes, Qos::at_least_once, false, true}, kHold - 1ms);
  EXPECT_EQ(ledger.strangers().wills, 2u);
  EXPECT_EQ(ledger.strangers().foreign, 1u);
  EXPECT_EQ(ledger.strangers().retained, 0u);
}

TEST_F(ShardInterruptions, LeavingAgainSettlesTheAbsenceBefore) {
  make(true);
  leave();
  call(0, 2s);
  receive(0, 0, 2s, 2001ms);
  come_back(false);
  ledger_->interrupt(at(1), Interruption::absence, kHold + 4200ms, kHold + 5s);
  EXPECT_EQ(groups_[0]->books.open_calls(), 0u);
  call(1, 4500ms);
  receive(0, 1, 4500ms, 4501ms);
  settle();  // of the first one: not this one's
  EXPECT_EQ(groups_[0]->books.open_calls(), 1u);
  EXPECT_EQ(finish().absent, 2u);
  EXPECT_EQ(record().left, 2u);
}

TEST_F(ShardInterruptions, ReceivingABacklogAllocatesNothing) {
  make(false);
  leave();
  for (std::uint64_t n = 0; n < 50; ++n) call(n, 2s);
  std::vector<std::vector<std::byte>> payloads(50, std::vector<std::byte>(64));
  for (std::uint64_t n = 0; n < 50; ++n) wire::write_stamp({kRun, 1, 0, n, kHold + 2s}, payloads[n]);
  const auto take = [&](std::uint64_t n) {
    ledger_->receive(at(1), {"/pk/dn/user/get", payloads[n], Qos::at_least_once, false, false}, kHold + 5s);
  };
  take(0);
  take(1);
  const std::uint64_t before = tests::allocations_of_this_thread();
  for (std::uint64_t n = 2; n < 50; ++n) take(n);
  EXPECT_EQ(tests::allocations_of_this_thread() - before, 0u);
  EXPECT_EQ(record().backlog, 50u);
}

}  // namespace
}  // namespace fleet::sim
