// Does a fleet get its identities through the API, whatever the other end does?
#include "sim/provision/provision.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "sim/provision/api_caller.h"
#include "sim/provision/registration.h"
#include "sim/scenario/naming.h"
#include "tests/support/scripted_bridge.h"
#include "tests/support/temp_dir.h"
#include "wire/encoding.h"

namespace fleet::sim {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using tests::ScriptedBridge;

using Form = std::map<std::string, std::string>;

Form form_of(const std::string& request) {
  const std::string body = request.substr(request.find("\r\n\r\n") + 4);
  std::string storage;
  storage.reserve(body.size());
  std::vector<wire::Param> params;
  EXPECT_FALSE(wire::decode_form(body, 100'000, storage, params));
  Form form;
  for (const wire::Param& param : params) form.emplace(param.key, param.value);
  return form;
}

// A platform that registers whatever it is asked to, and can be told to misbehave.
class Platform {
 public:
  // What is to be answered in place of the n-th call (from 0) of an action.
  using Fault = std::function<std::optional<ScriptedBridge::Reply>(const std::string& action, int n)>;

  explicit Platform(Fault fault = {})
      : fault_(std::move(fault)),
        bridge_([this](std::uint64_t, const std::string& request) { return reply(form_of(request)); }) {}

  [[nodiscard]] Url url() const { return {"http", "127.0.0.1", bridge_.port()}; }
  [[nodiscard]] std::vector<std::string> actions() const {
    const std::lock_guard lock(mutex_);
    return actions_;
  }
  [[nodiscard]] int count(const std::string& action) const {
    const auto all = actions();
    return static_cast<int>(std::count(all.begin(), all.end(), action));
  }
  [[nodiscard]] std::vector<Form> topologies() const {
    const std::lock_guard lock(mutex_);
    return topologies_;
  }
  static std::string secret_of(const std::string& name) { return "secret-of-" + name; }

 private:
  ScriptedBridge::Reply reply(const Form& form) {
    const std::lock_guard lock(mutex_);
    const std::string& action = form.at("Action");
    const int n = static_cast<int>(std::count(actions_.begin(), actions_.end(), action));
    actions_.push_back(action);
    if (fault_) {
      if (auto instead = fault_(action, n)) return *instead;
    }
    return {ScriptedBridge::answer(200, answer(action, form).dump()), false};
  }

  json answer(const std::string& action, const Form& form) {
    if (action == "BatchCheckDeviceNames") {
      std::vector<std::string> names;
      for (std::size_t i = 1; form.contains("DeviceName." + std::to_string(i)); ++i) {
        names.push_back(form.at("DeviceName." + std::to_string(i)));
      }
      batches_.push_back({std::move(names), "CHECK"});
      return {{"Success", true}, {"Data", {{"ApplyId", 1'000 + batches_.size() - 1}}}};
    }
    if (action == "BatchAddThingTopo") {
      topologies_.push_back(form);
      return {{"Success", true}};
    }
    Batch& batch = batches_.at(std::stoul(form.at("ApplyId")) - 1'000);
    if (action == "QueryBatchRegisterDeviceStatus") {
      const std::string status = batch.status;
      if (status == "CHECK" || status == "CREATE") batch.status += "_SUCCESS";
      return {{"Success", true}, {"Data", {{"Status", status}}}};
    }
    if (action == "BatchRegisterDeviceWithApplyId") {
      batch.status = "CREATE";
      return {{"Success", true}, {"Data", {{"ApplyId", std::stoul(form.at("ApplyId"))}}}};
    }
    json devices = json::array();
    const std::size_t size = std::stoul(form.at("PageSize"));
    const std::size_t first = (std::stoul(form.at("CurrentPage")) - 1) * size;
    for (std::size_t i = first; i < std::min(first + size, batch.names.size()); ++i) {
      devices.push_back({{"DeviceName", batch.names[i]}, {"DeviceSecret", secret_of(batch.names[i])}});
    }
    return {{"Success", true}, {"ApplyDeviceList", {{"ApplyDeviceInfo", devices}}}};
  }

  struct Batch {
    std::vector<std::string> names;
    std::string status;
  };
  const Fault fault_;
  mutable std::mutex mutex_;
  std::vector<std::string> actions_;
  std::vector<Batch> batches_;
  std::vector<Form> topologies_;
  ScriptedBridge bridge_;  // last: its thread uses the others
};

// Waits for nobody, and ends everything from the n-th time on that it is asked.
class Onlooker final : public ProvisionWatch {
 public:
  explicit Onlooker(int stop_at = -1) : left_(stop_at) {}
  wire::Result<void> wait(wire::TimePoint) override {
    if (left_ > 0) --left_;
    if (left_ == 0) return wire::environment_error("interrupted");
    return {};
  }
  void progress(const std::string& what, std::uint64_t done, std::uint64_t all) override {
    last = fmt::format("{}: {} of {}", what, done, all);
  }
  std::string last;

 private:
  int left_;
};

Scenario scenario_of(std::uint32_t sensors) {
  return parse_scenario(fmt::format(R"(name: register
products:
  hub: {{ kind: gateway, topics: {{ get: subscribe }} }}
  sensor: {{ kind: sub-device, topics: {{ get: subscribe }} }}
fleet:
  hubs: {{ product: hub, count: 3, name: "hub-{{index:2}}", provision: api }}
  sensors:
    product: sensor
    count: {}
    name: sensor-{{index:5}}
    provision: api
    gateway: {{ group: hubs, topology: api }}
    subscribe: [ {{ topic: get }} ]
calls:
  push: {{ api: BatchPub, to: sensors, topic: get, batch: 1, rate: 50/s }}
)",
                                    sensors),
                        "s.yaml", {}, std::nullopt)
      .value();
}

std::string error_of(Platform& platform, Onlooker onlooker = Onlooker()) {
  const Scenario scenario = scenario_of(35);
  Identities identities(scenario);
  const auto done = provision(scenario, find_bridge(platform.url()).value(), identities, onlooker);
  return done ? "accepted" : done.error().text();
}

TEST(Provision, KeepsTheSecretsOfAFileAndCallsNobody) {
  const tests::TempDir directory;
  directory.write("ids.csv", "a1LAMP,lamp-01,one\na1LAMP,lamp-00,zero\n");
  Platform platform;
  const auto scenario = parse_scenario(fmt::format(R"(name: theirs
target: {{ broker: "mqtt://127.0.0.1:1", bridge: "{}" }}
products: {{ lamp: {{ key: a1LAMP, topics: {{ get: subscribe }} }} }}
fleet: {{ lamps: {{ product: lamp, count: 2, name: "lamp-{{index:2}}", provision: file, identities: ids.csv, subscribe: [ {{ topic: get }} ] }} }}
calls: {{ push: {{ api: Pub, to: lamps, topic: get, rate: 1/s }} }}
)",
                                                   platform.url().text()),
                                       (directory.path() / "s.yaml").string(), {}, std::nullopt);
  ASSERT_TRUE(scenario) << scenario.error().text();
  Identities identities(*scenario);
  Onlooker onlooker;
  ASSERT_TRUE(provision(*scenario, find_bridge(platform.url()).value(), identities, onlooker));
  EXPECT_EQ(identities.kept(0), 2u);
  EXPECT_EQ(identities.secret(0, 0), "zero");
  EXPECT_EQ(identities.secret(0, 1), "one");
  EXPECT_TRUE(platform.actions().empty());

  directory.write("ids.csv", "a1LAMP,lamp-01,one\n");  // between the check and the run
  const auto gone = provision(*scenario, find_bridge(platform.url()).value(), identities, onlooker);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().text(), HasSubstr("ids.csv: 1 of the 2 devices of 'lamps' are in it"));
}

TEST(Provision, RegistersEveryDeviceAndPutsItUnderItsGateway) {
  Platform platform;
  const Scenario scenario = scenario_of(35);
  Identities identities(scenario);
  Onlooker onlooker;
  const auto done = provision(scenario, find_bridge(platform.url()).value(), identities, onlooker);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(identities.kept(0), 3u);
  ASSERT_EQ(identities.kept(1), 35u);
  EXPECT_EQ(identities.secret(0, 2), "secret-of-hub-02");
  for (std::uint32_t i = 0; i < 35; ++i) {
    EXPECT_EQ(identities.secret(1, i), Platform::secret_of(device_name("sensor-{index:5}", i)));
  }
  EXPECT_EQ(platform.count("BatchCheckDeviceNames"), 2);
  EXPECT_EQ(platform.count("BatchRegisterDeviceWithApplyId"), 2);
  // 12, 12 and 11 sub-devices, ten at a time.
  const std::vector<Form> topologies = platform.topologies();
  ASSERT_EQ(topologies.size(), 6u);
  EXPECT_EQ(topologies[0].at("GwDeviceName"), "hub-00");
  EXPECT_EQ(topologies[0].at("TopoAddItem.2.DeviceName"), "sensor-00003");
  EXPECT_TRUE(topologies[0].contains("TopoAddItem.10.Sign"));
  EXPECT_FALSE(topologies[0].contains("TopoAddItem.11.Sign"));
  EXPECT_EQ(topologies[5].at("TopoAddItem.1.DeviceName"), "sensor-00032");
  EXPECT_FALSE(topologies[5].contains("TopoAddItem.2.Sign"));
  EXPECT_EQ(onlooker.last, "relating sensors: 35 of 35");
}

TEST(Provision, TakesTenThousandNamesACall) {
  Platform platform;
  const Scenario scenario = scenario_of(4'500);
  Identities identities(scenario);
  Onlooker onlooker;
  ApiCaller api(scenario.target, find_bridge(platform.url()).value(), onlooker);
  ASSERT_TRUE(register_group(api, scenario, 1, identities, onlooker));
  EXPECT_EQ(platform.count("BatchCheckDeviceNames"), 1);
  EXPECT_EQ(platform.count("QueryPageByApplyId"), 90);
  EXPECT_EQ(onlooker.last, "registering sensors: 4500 of 4500");
}

TEST(Provision, TriesAgainWhatMayPass) {
  const std::vector<std::string> bad{
      ScriptedBridge::answer(400,
                             R"({"Code":"Throttling.User","Message":"Request was denied due to user flow control."})"),
      ScriptedBridge::answer(500, "oops"),
      ScriptedBridge::answer(200, R"({"Success":false,"Code":"iot.system.SystemException","ErrorMessage":"x"})"),
      ScriptedBridge::answer(200, "half an ans").substr(0, 60),
      ScriptedBridge::answer(200, "no json"),
      ""};
  for (const std::string& bytes : bad) {
    Platform platform([&bytes](const std::string&, int n) -> std::optional<ScriptedBridge::Reply> {
      if (n != 0) return std::nullopt;
      return ScriptedBridge::Reply{bytes, true};
    });
    EXPECT_EQ(error_of(platform), "accepted") << bytes;
  }
}

TEST(Provision, TellsWhichNamesAreTaken) {
  Platform platform([](const std::string& action, int) -> std::optional<ScriptedBridge::Reply> {
    if (action != "QueryBatchRegisterDeviceStatus") return std::nullopt;
    return ScriptedBridge::Reply{ScriptedBridge::answer(
        200, R"({"Success":true,"Data":{"Status":"CHECK_FAILED","InvalidList":{"Name":["hub-01"]}}})")};
  });
  EXPECT_EQ(error_of(platform), platform.url().text() +
                                    ": cannot register the devices of 'hubs': 1 name is taken, hub-01 "
                                    "first; delete the devices, or change fleet.hubs.name");
}

TEST(Provision, TellsWhatWasRejected) {
  Platform platform([](const std::string& action, int) -> std::optional<ScriptedBridge::Reply> {
    if (action != "BatchAddThingTopo") return std::nullopt;
    return ScriptedBridge::Reply{ScriptedBridge::answer(
        200, R"({"Success":false,"Code":"iot.device.VerifyDeviceFailed","ErrorMessage":"Failed."})")};
  });
  EXPECT_EQ(error_of(platform), platform.url().text() +
                                    ": cannot put 'sensors' under gateway hub-00: BatchAddThingTopo "
                                    "answered iot.device.VerifyDeviceFailed: Failed.");
}

TEST(Provision, TellsWhatAnAnswerLacks) {
  const std::map<std::string, std::string> said{
      {"BatchCheckDeviceNames", "no ApplyId"},
      {"QueryBatchRegisterDeviceStatus", "no Status"},
      {"QueryPageByApplyId", "no ApplyDeviceInfo"},
  };
  for (const auto& [action, sentence] : said) {
    Platform platform([&name = action](const std::string& called, int) -> std::optional<ScriptedBridge::Reply> {
      if (called != name) return std::nullopt;
      return ScriptedBridge::Reply{ScriptedBridge::answer(200, R"({"Success":true,"Data":[]})")};
    });
    EXPECT_THAT(error_of(platform), HasSubstr(sentence));
  }
  Platform strange([](const std::string& called, int) -> std::optional<ScriptedBridge::Reply> {
    if (called != "QueryPageByApplyId") return std::nullopt;
    return ScriptedBridge::Reply{ScriptedBridge::answer(
        200, R"({"Success":true,"ApplyDeviceList":{"ApplyDeviceInfo":[{"DeviceName":"hub-07","DeviceSecret":"s"}]}})")};
  });
  EXPECT_THAT(error_of(strange), HasSubstr("told device 'hub-07', which the batch does not hold"));
  Platform empty([](const std::string& called, int) -> std::optional<ScriptedBridge::Reply> {
    if (called != "QueryPageByApplyId") return std::nullopt;
    return ScriptedBridge::Reply{
        ScriptedBridge::answer(200, R"({"Success":true,"ApplyDeviceList":{"ApplyDeviceInfo":[]}})")};
  });
  EXPECT_THAT(error_of(empty), HasSubstr("QueryPageByApplyId told 0 of 3 devices"));
}

TEST(Provision, EndsWhenSomebodyInterrupts) {
  Platform silent([](const std::string&, int) { return ScriptedBridge::Reply{"", false}; });
  EXPECT_EQ(error_of(silent, Onlooker(5)), "interrupted");
}

TEST(Provision, ABridgeThatNeverAnswersIsGivenUp) {
  Platform silent([](const std::string&, int) { return ScriptedBridge::Reply{"", false}; });
  const Scenario scenario = scenario_of(35);
  Onlooker onlooker;
  ApiCaller api(scenario.target, find_bridge(silent.url()).value(), onlooker, 300ms);
  const auto answer = api.call("QueryBatchRegisterDeviceStatus", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text(), silent.url().text() +
                                       ": QueryBatchRegisterDeviceStatus did not succeed within 0.3 s: no "
                                       "answer came in time");
}

TEST(Provision, NobodyIsAskedWhereNothingIsNeeded) {
  Platform platform;
  Scenario scenario = scenario_of(35);
  for (FleetGroup& group : scenario.fleet) group.provision = Provision::config;
  scenario.fleet[1].gateway->topology = Topology::config;
  Identities identities(scenario);
  Onlooker onlooker;
  EXPECT_TRUE(provision(scenario, find_bridge(platform.url()).value(), identities, onlooker));
  EXPECT_TRUE(platform.actions().empty());
}

}  // namespace
}  // namespace fleet::sim
