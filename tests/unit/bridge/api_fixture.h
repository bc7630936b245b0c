// A bridge API with a manual clock, and calls signed as a real caller signs them.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "bridge/api.h"
#include "bridge/registry/registry.h"

namespace fleet::bridge::test {

// The day of the recorded requests of public SDKs.
inline constexpr wire::WallTime kDay = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + std::chrono::hours(3) +
                                       std::chrono::minutes(4) + std::chrono::seconds(5);

// testid is on the allow list of BatchPub, outsider is not. Product a1BwAGVxxxx has newdevice1, newdevice2,
// dev@2:x.y-z_1 and lamp-0001 … lamp-0120; get may be subscribed to, deep/er/most both, update only published to.
[[nodiscard]] Config example_config();

// The parameters of a call that the example configuration accepts, without Signature.
[[nodiscard]] std::map<std::string, std::string> example_params();

// The parameters of a call of any action, without Signature.
[[nodiscard]] std::map<std::string, std::string> params_of(std::string_view action,
                                                           const std::map<std::string, std::string>& business);

// "a=1&b=%2F"
[[nodiscard]] std::string form_of(const std::map<std::string, std::string>& params);

// Adds a Signature made with `secret`.
void sign(std::map<std::string, std::string>& params, std::string_view method, std::string_view secret = "testsecret");

// What a call came to. Exactly one of `pending.batches` and `answer.body` is there.
struct Reply {
  HttpAnswer answer{};
  PendingCall pending{};
  [[nodiscard]] bool accepted() const { return !pending.batches.empty(); }
  [[nodiscard]] std::vector<std::string> topics() const;
  // An accepted call that will be answered in XML.
  [[nodiscard]] bool accepted_in_xml() const;
  // The text of a member of the answer, JSON or XML; "" where it has none.
  [[nodiscard]] std::string member(std::string_view name) const;
  // An answer in JSON.
  [[nodiscard]] nlohmann::json json() const;
};

class ApiUnderTest {
 public:
  explicit ApiUnderTest(Config config = example_config()) : api(std::move(config)) {}
  ApiUnderTest(Config config, std::unique_ptr<Registry> registry) : api(std::move(config), std::move(registry)) {}

  // A request as it is.
  Reply send(const HttpRequest& request);
  // Signs `params` and sends them as a query (GET) or form (POST), with a nonce never used before unless one is given.
  Reply call(std::map<std::string, std::string> params, std::string_view method = "POST");
  // The same with the common parameters put in front. A failure must be one that the action's row lists.
  Reply act(std::string_view action, const std::map<std::string, std::string>& business);

  Api api;
  wire::TimePoint now{std::chrono::hours(1)};
  wire::WallTime wall = kDay;
  ApiTimes times;
  int nonces = 0;
};

}  // namespace fleet::bridge::test
