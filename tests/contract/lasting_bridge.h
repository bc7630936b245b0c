// fleet-bridge over a registry that outlives it.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/http_caller.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {

// A bridge over the file of its test; started and killed as often as the test wants. Calls of the API need no broker,
// and without a port none is there. Products: gates (gateways gate-0 and on), lamps (sub-devices lamp-00 and on) and
// fresh, which is empty; the secret of all devices is kSecret. No log may hold that or any other secret.
class LastingBridge {
 public:
  static constexpr int kGateways = 3;
  static constexpr int kLamps = 20;
  static constexpr const char* kSecret = "neverToBeSeenInALog";
  static std::string lamp(int number) { return fmt::format("lamp-{:02}", number); }
  static std::string gateway(int number) { return fmt::format("gate-{}", number); }

  // `prefix`: words in front of the program.
  explicit LastingBridge(std::vector<std::string> prefix = {}, std::uint16_t broker_port = 1)
      : command_(std::move(prefix)) {
    std::string devices;
    for (int i = 0; i < kLamps; ++i) devices += fmt::format("{{ name: {}, secret: {} }}, ", lamp(i), kSecret);
    std::string gateways;
    for (int i = 0; i < kGateways; ++i) gateways += fmt::format("{{ name: {}, secret: {} }}, ", gateway(i), kSecret);
    const auto path = directory_.write(
        "bridge.yaml",
        fmt::format("http: {{ listen: 127.0.0.1:0 }}\nmqtt: {{ broker: mqtt://127.0.0.1:{}, username: u, password: "
                    "brokerpass }}\n"
                    "registry: {{ store: sqlite:{}, check_delay: 1ms, create_delay: 1ms }}\nlimits: off\n"
                    "accounts:\n  - {{ access_key_id: testid, access_key_secret: testsecret }}\n"
                    "  - {{ access_key_id: sts, access_key_secret: stssecret, security_token: ststoken }}\n"
                    "apps: [ {{ app_key: '1', app_secret: appsecret }} ]\n"
                    "bcast: {{ keys: [ {{ api_key: key, api_secret: apisecret }} ] }}\n"
                    "products:\n  - {{ key: gates, kind: gateway, devices: [ {} ] }}\n"
                    "  - {{ key: lamps, kind: sub-device, devices: [ {} ] }}\n  - {{ key: fresh }}\n",
                    broker_port, file(), gateways, devices));
    command_.insert(command_.end(), {FLEET_BRIDGE_PROGRAM, "--config", path.string()});
  }

  void start() { start(command_); }
  // Without what stands in front of the program.
  void start_bare() { start({command_.end() - 3, command_.end()}); }
  void kill() {
    process_->signal(SIGKILL);
    EXPECT_EQ(process_->wait(), 128 + SIGKILL) << process_->output();
    for (const char* secret :
         {kSecret, "brokerpass", "testsecret", "stssecret", "ststoken", "appsecret", "apisecret"}) {
      EXPECT_THAT(process_->output(), testing::Not(testing::HasSubstr(secret)));
    }
  }
  // All that it has printed since it was started.
  [[nodiscard]] std::string log() const { return process_->output(); }
  // Waits until `text` is in the log; false: the deadline passed before.
  [[nodiscard]] bool logs(std::string_view text) { return process_->wait_for_output(text); }

  [[nodiscard]] std::string file() const { return directory_.path() / "registry.db"; }
  [[nodiscard]] HttpCaller caller() const { return HttpCaller(port_); }
  // An answer, without an exception for what is none.
  nlohmann::json call(const std::string& action, FormParams params) {
    const auto reply = caller_->call(post(signed_form(action, std::move(params))));
    return reply ? nlohmann::json::parse(reply->body, nullptr, false) : nlohmann::json();
  }
  // Data of a call that must succeed.
  nlohmann::json succeed(const std::string& action, FormParams params) {
    const nlohmann::json answer = call(action, std::move(params));
    EXPECT_EQ(answer.value("Success", false), true) << action << ": " << answer;
    return answer.value("Data", nlohmann::json::object());
  }

 private:
  void start(const std::vector<std::string>& command) {
    process_ = std::make_unique<ChildProcess>(command);
    const std::string ready = "listening on http://127.0.0.1:";
    ASSERT_TRUE(process_->wait_for_output(ready)) << process_->output();
    const std::string output = process_->output();
    port_ = static_cast<std::uint16_t>(std::stoi(output.substr(output.find(ready) + ready.size())));
    caller_.emplace(port_);
  }

  TempDir directory_;
  std::vector<std::string> command_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
  std::optional<HttpCaller> caller_;
};

}  // namespace fleet::tests
