// kill -9 of fleet-bridge while calls that register and attach devices are in flight, a hundred times: what was
// answered is there after the next start, what was not is there whole or not at all.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/contract/lasting_bridge.h"
#include "tests/support/http_caller.h"
#include "tests/support/wait_until.h"
#include "wire/device_sign.h"

namespace fleet::tests {
namespace {

using nlohmann::json;
using ::testing::AnyOf;

constexpr int kKills = 100;
constexpr int kGateways = LastingBridge::kGateways;  // the first two take the moved lamps in turn
constexpr int kItems = 10;    // of a BatchAddThingTopo: ten lamps are moved, the other ten removed
constexpr int kChecked = 10;  // devices of a batch with names
constexpr int kRandom = 15;   // devices of a batch without
// Calls that follow each other on one connection: the bridge makes each of them durable, and answers behind the last
// one that it has read. Most kills fall between.
constexpr int kPipelined = 8;

std::string lamp(int number) { return LastingBridge::lamp(number); }
std::string gateway(int number) { return LastingBridge::gateway(number); }

// What a registered device is known by.
struct Identity {
  std::string iot_id;
  std::string secret;
  bool operator==(const Identity&) const = default;
};

Identity identity_of(const json& device) { return {device.value("IotId", ""), device.value("DeviceSecret", "")}; }

// One call in flight: the answer is nothing where the bridge died first.
struct Call {
  std::string action;
  FormParams params;
  std::optional<HttpCaller> caller{};
  json answer{};
  bool is_over = false;

  [[nodiscard]] bool answered() const { return answer.is_object(); }
};

class BridgeKill : public testing::Test {
 protected:
  // Everything that the volley of this round works on; whatever was answered in doing so must last, too.
  void prepare(int round) {
    if (!detachable_is_attached_) attach(kGateways - 1, kItems);
    detachable_is_attached_ = true;
    const std::string name = fmt::format("gone-{}", round);
    devices_[name] = identity_of(bridge_.succeed("RegisterDevice", {{"ProductKey", "fresh"}, {"DeviceName", name}}));
    FormParams names = {{"ProductKey", "fresh"}};
    for (int i = 1; i <= kChecked; ++i) {
      names.emplace_back(fmt::format("DeviceName.{}", i), fmt::format("chk-{}-{}", round, i));
    }
    checked_id_ = bridge_.succeed("BatchCheckDeviceNames", names).value("ApplyId", std::uint64_t{0});
    last_id_ = std::max(last_id_, checked_id_);
    EXPECT_TRUE(wait_until([this] { return state_of(checked_id_) != "CHECK"; }));
  }

  FormParams attachment(int gateway_number, int first) {
    FormParams params = {{"GwProductKey", "gates"}, {"GwDeviceName", gateway(gateway_number)}};
    for (int i = 0; i < kItems; ++i) {
      const std::string name = lamp(first + i);
      std::vector<wire::Param> signed_params = {{"ProductKey", "lamps"}, {"DeviceName", name}};
      const std::string prefix = fmt::format("TopoAddItem.{}.", i + 1);
      params.emplace_back(prefix + "ProductKey", "lamps");
      params.emplace_back(prefix + "DeviceName", name);
      params.emplace_back(prefix + "SignMethod", "hmacSha256");
      params.emplace_back(prefix + "Sign", wire::device_sign(wire::SignMethod::hmac_sha256, LastingBridge::kSecret,
                                                             wire::device_sign_content(signed_params)));
    }
    return params;
  }
  void attach(int gateway_number, int first) {
    (void)bridge_.succeed("BatchAddThingTopo", attachment(gateway_number, first));
  }

  std::vector<Call> volley(int round) {
    const auto device = [round](const char* name, int i) {
      return FormParams{{"ProductKey", "fresh"}, {"DeviceName", fmt::format("{}-{}-{}", name, round, i)}};
    };
    std::vector<Call> calls;
    for (int i = 0; i < 3; ++i) calls.push_back({"RegisterDevice", device("one", i)});
    calls.push_back({"DeleteDevice", {{"ProductKey", "fresh"}, {"DeviceName", fmt::format("gone-{}", round)}}});
    calls.push_back(
        {"BatchRegisterDeviceWithApplyId", {{"ProductKey", "fresh"}, {"ApplyId", std::to_string(checked_id_)}}});
    calls.push_back({"BatchRegisterDevice", {{"ProductKey", "fresh"}, {"Count", std::to_string(kRandom)}}});
    calls.push_back({"BatchAddThingTopo", attachment(1 - moved_to_, 0)});
    calls.push_back({"RemoveThingTopo", {{"ProductKey", "gates"}, {"DeviceName", gateway(kGateways - 1)}}});
    std::shuffle(calls.begin(), calls.end(), random_);
    return calls;
  }

  static std::vector<Call> pipeline(int round) {
    std::vector<Call> calls;
    for (int i = 0; i < kPipelined; ++i) {
      calls.push_back(
          {"RegisterDevice", {{"ProductKey", "fresh"}, {"DeviceName", fmt::format("piped-{}-{}", round, i)}}});
    }
    return calls;
  }

  // Sends all at once, waits for some of the answers, and kills the bridge wherever it is by then.
  void send_and_kill(std::vector<Call>& calls, std::vector<Call>& pipelined) {
    std::string burst;
    for (const Call& call : pipelined) burst += post(signed_form(call.action, call.params));
    HttpCaller pipe = bridge_.caller();
    for (Call& call : calls) call.caller = bridge_.caller();
    for (Call& call : calls) call.caller->send(post(signed_form(call.action, call.params)));
    pipe.send(burst);
    const auto take = [](Call& call) {
      const auto reply = call.caller->read();
      if (reply) call.answer = json::parse(reply->body, nullptr, false);
      call.is_over = true;
    };
    for (std::size_t left = random_() % calls.size(); left > 0;) {
      std::vector<pollfd> sockets;
      for (const Call& call : calls) sockets.push_back({call.is_over ? -1 : call.caller->socket(), POLLIN, 0});
      ASSERT_GT(poll(sockets.data(), sockets.size(), 30'000), 0) << "no answer";
      for (std::size_t i = 0; i < calls.size() && left > 0; ++i) {
        if ((sockets[i].revents & POLLIN) == 0) continue;
        take(calls[i]);
        --left;
      }
    }
    const bool at_once = random_() % 2 == 0;
    for (volatile unsigned long spin = at_once ? 0 : random_() % 10'000'000; spin > 0;) spin = spin - 1;
    bridge_.kill();
    for (Call& call : pipelined) {
      const auto reply = pipe.read();
      if (!reply) break;
      call.answer = json::parse(reply->body, nullptr, false);
    }
    for (Call& call : calls) {
      if (!call.is_over) take(call);
    }
    std::move(pipelined.begin(), pipelined.end(), std::back_inserter(calls));
    for (const Call& call : calls) {
      if (!call.answered()) continue;
      EXPECT_EQ(call.answer.value("Success", false), true) << call.action << ": " << call.answer;
    }
  }

  std::string state_of(std::uint64_t id) {
    return bridge_.call("QueryBatchRegisterDeviceStatus", {{"ProductKey", "fresh"}, {"ApplyId", std::to_string(id)}})
        .value("/Data/Status"_json_pointer, "");
  }
  // Nothing where there is no such device.
  std::optional<Identity> find(const std::string& name) {
    const json answer = bridge_.call("QueryDeviceDetail", {{"ProductKey", "fresh"}, {"DeviceName", name}});
    if (answer.value("Success", false)) return identity_of(answer["Data"]);
    EXPECT_EQ(answer.value("Code", ""), "iot.device.NotExistedDevice") << answer;
    return {};
  }
  // A batch that has been begun ends with all its devices.
  void expect_finished(std::uint64_t id, int count) {
    EXPECT_TRUE(wait_until([&] { return state_of(id) != "CREATE"; }));
    EXPECT_EQ(state_of(id), "CREATE_SUCCESS");
    const json page = bridge_.call("QueryPageByApplyId", {{"ApplyId", std::to_string(id)}, {"PageSize", "50"}});
    EXPECT_EQ(page.value("Total", 0), count) << page;
    for (const json& device : page["ApplyDeviceList"]["ApplyDeviceInfo"]) {
      devices_[device.value("DeviceName", "")] = identity_of(device);
    }
  }
  // How many of ten lamps are at a gateway.
  int attached(int gateway_number, int first) {
    const json topology = bridge_.succeed(
        "GetThingTopo",
        {{"ProductKey", "gates"}, {"DeviceName", gateway(gateway_number)}, {"PageNo", "1"}, {"PageSize", "50"}});
    int count = 0;
    for (const json& device : topology["List"]["deviceInfo"]) {
      const std::string name = device.value("DeviceName", "");
      count += name >= lamp(first) && name < lamp(first + kItems) ? 1 : 0;
    }
    return count;
  }

  void check(const Call& call) {
    bool made = false;
    if (call.action == "RegisterDevice") {
      const std::string& name = call.params.back().second;
      const auto found = find(name);
      made = found.has_value();
      if (found) devices_[name] = *found;
      if (call.answered()) {
        EXPECT_EQ(found, identity_of(call.answer["Data"])) << name;
      }
      EXPECT_TRUE(!found || found->secret.size() == 32) << name;
    } else if (call.action == "DeleteDevice") {
      const std::string& name = call.params.back().second;
      const auto found = find(name);
      made = !found;
      EXPECT_TRUE(made || *found == devices_[name]) << name;
      if (made) devices_.erase(name);
    } else if (call.action == "BatchRegisterDeviceWithApplyId") {
      const std::string state = state_of(checked_id_);
      EXPECT_THAT(state, AnyOf("CHECK_SUCCESS", "CREATE", "CREATE_SUCCESS"));
      made = state != "CHECK_SUCCESS";
      if (made) expect_finished(checked_id_, kChecked);
    } else if (call.action == "BatchRegisterDevice") {
      // The number that it would have got, and nobody else: the volley begins one batch.
      const std::uint64_t next =
          call.answered() ? call.answer["Data"].value("ApplyId", std::uint64_t{0}) : last_id_ + 1;
      made = !state_of(next).empty();
      if (made) expect_finished(next, kRandom);
      if (made) last_id_ = next;
    } else if (call.action == "BatchAddThingTopo") {
      const int moved = attached(1 - moved_to_, 0);
      EXPECT_THAT(moved, AnyOf(0, kItems));
      EXPECT_EQ(attached(moved_to_, 0), kItems - moved);
      made = moved > 0;
      if (made) moved_to_ = 1 - moved_to_;
    } else {
      const int left = attached(kGateways - 1, kItems);
      EXPECT_THAT(left, AnyOf(0, kItems));
      made = detachable_is_attached_ = left > 0;
      made = !made;
    }
    EXPECT_TRUE(made || !call.answered()) << call.action << " was answered: " << call.answer;
    if (!call.answered()) ++(made ? made_unanswered_ : not_made_);
  }

  // The whole product, against all that rounds have found.
  void expect_devices() {
    std::map<std::string, Identity> found;
    for (int page = 1;; ++page) {
      const json answer = bridge_.call(
          "QueryDevice", {{"ProductKey", "fresh"}, {"CurrentPage", std::to_string(page)}, {"PageSize", "50"}});
      const json& list = answer["Data"]["DeviceInfo"];
      if (list.empty()) break;
      for (const json& device : list) found[device.value("DeviceName", "")] = identity_of(device);
    }
    EXPECT_TRUE(found == devices_) << found.size() << " instead of " << devices_.size();
  }

  LastingBridge bridge_;
  std::mt19937 random_{11};
  std::map<std::string, Identity> devices_;  // of product fresh
  int moved_to_ = 0;                         // gateway of the first ten lamps
  bool detachable_is_attached_ = false;      // the last ten, to the last gateway
  std::uint64_t checked_id_ = 0;
  std::uint64_t last_id_ = 0;
  int made_unanswered_ = 0;
  int not_made_ = 0;
};

TEST_F(BridgeKill, LosesNothingThatWasAnsweredAndLeavesNothingHalf) {
  bridge_.start();
  ASSERT_FALSE(HasFatalFailure());
  attach(moved_to_, 0);
  for (int round = 0; round < kKills; ++round) {
    SCOPED_TRACE(fmt::format("kill {}", round));
    prepare(round);
    std::vector<Call> calls = volley(round);
    std::vector<Call> pipelined = pipeline(round);
    send_and_kill(calls, pipelined);
    bridge_.start();
    if (HasFatalFailure()) return;
    for (const Call& call : calls) check(call);
    const json count = bridge_.call("QueryDevice", {{"ProductKey", "fresh"}, {"PageSize", "1"}});
    ASSERT_EQ(count.value("Total", std::size_t{0}), devices_.size());
    if (HasFailure()) return;
  }
  expect_devices();
  bridge_.kill();
  EXPECT_GE(made_unanswered_, 10) << "the kills were not behind what was made and in front of its answer";
  EXPECT_GE(not_made_, 10) << "the kills were not in the middle";
  RecordProperty("made_and_not_answered", made_unanswered_);
  RecordProperty("not_made", not_made_);
}

}  // namespace
}  // namespace fleet::tests
