// The fleet-bridge program in a test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace fleet::tests {

// What a test can vary of bridge.yaml. There are an account (testid, testsecret) and a temporary key (sts, stssecret,
// with the token ststoken), one product (a1BwAGVdemo) with devices newdevice1 to newdevice200 and the topic `get`, one
// app (12345678, helloworld) with the topic taobao_jds_TradeTrace and the groups warehouse and analytics, and one key
// of the bcast API (key, secret).
struct BridgeOptions {
  std::uint16_t broker_port = 1883;
  std::string publisher = "native";
  int connections = 1;
  std::string http_more = {};  // further keys of http, such as ", idle_timeout: 1s"
  std::string mqtt_more = {};  // the same of mqtt
  std::string limits = "off";
};

// Owned by one test. Serves on a free port from the constructor on; ended by its id.
class BridgeProgram {
 public:
  explicit BridgeProgram(const BridgeOptions& options);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] ChildProcess& process() { return *process_; }
  // Waits until /healthz says that the broker is connected (or not); false: 30 s passed.
  [[nodiscard]] bool wait_for_broker(bool connected = true);
  // Resident memory now, in KiB.
  [[nodiscard]] std::int64_t rss_kib() const;

 private:
  TempDir directory_;
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace fleet::tests
