#include "tests/support/bridge_program.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/http_caller.h"

namespace fleet::tests {
namespace {

std::string configuration(const BridgeOptions& options) {
  std::ostringstream out;
  out << "http: { listen: 127.0.0.1:0" << options.http_more << " }\n"
      << "mqtt: { broker: mqtt://127.0.0.1:" << options.broker_port << ", publisher: " << options.publisher
      << ", connections: " << options.connections << options.mqtt_more << " }\n"
      << "accounts:\n  - { access_key_id: testid, access_key_secret: testsecret, batch_pub: true }\n"
      << "  - { access_key_id: sts, access_key_secret: stssecret, security_token: ststoken, batch_pub: true }\n"
      << "apps:\n  - { app_key: \"12345678\", app_secret: helloworld, topics: [ taobao_jds_TradeTrace ],"
      << " groups: [ warehouse, analytics ] }\n"
      << "bcast: { keys: [ { api_key: key, api_secret: secret } ] }\n"
      << "products:\n  - key: a1BwAGVdemo\n    name: lamp\n    kind: device\n    topics: { get: subscribe }\n"
      << "    devices:\n";
  for (int i = 1; i <= 200; ++i) out << "      - { name: newdevice" << i << " }\n";
  out << "limits: " << options.limits << '\n';
  return out.str();
}

}  // namespace

BridgeProgram::BridgeProgram(const BridgeOptions& options) {
  const std::string path = directory_.write("bridge.yaml", configuration(options)).string();
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{FLEET_BRIDGE_PROGRAM, "--config", path});
  const bool tls = options.http_more.find("tls:") != std::string::npos;
  const std::string ready = std::string("listening on ") + (tls ? "https" : "http") + "://127.0.0.1:";
  if (!process_->wait_for_output(ready)) throw std::runtime_error("fleet-bridge does not start: " + process_->output());
  const std::string output = process_->output();
  port_ = static_cast<std::uint16_t>(std::atoi(output.c_str() + output.find(ready) + ready.size()));
}

bool BridgeProgram::wait_for_broker(bool connected) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  HttpCaller caller(port_);
  while (std::chrono::steady_clock::now() < deadline) {  // each question is an answer's time apart
    const auto reply = caller.call("GET /healthz HTTP/1.1\r\nHost: bridge\r\n\r\n");
    if (!reply) return false;
    if ((reply->status == 200) == connected) return true;
  }
  return false;
}

std::int64_t BridgeProgram::rss_kib() const {
  std::ifstream status("/proc/" + std::to_string(process_->pid()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

}  // namespace fleet::tests
