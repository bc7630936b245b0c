// One call of the API after another, from a thread that may wait: signed, retried where that can help, bounded in time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/calls/bridge_place.h"
#include "sim/calls/caller_connection.h"
#include "sim/provision/watch.h"
#include "sim/scenario/scenario.h"
#include "wire/clock.h"
#include "wire/error.h"

namespace fleet::sim {

using ApiParameters = std::vector<std::pair<std::string, std::string>>;

// Owned by whoever provisions; lives on the coordinator's thread. One keep-alive connection, opened anew when it is
// lost.
class ApiCaller final : private CallerEvents {
 public:
  // How long a call may go without an answer that ends it: refused connections, time-outs, Throttling, 5xx.
  static constexpr wire::Millis kPatience{30'000};
  static constexpr wire::Millis kAnswerLimit{10'000};
  static constexpr wire::Millis kBackOffFirst{100};
  static constexpr wire::Millis kBackOffMost{2'000};

  // `target` gives the account; `watch` outlives the caller. `patience` is there for tests.
  ApiCaller(const Target& target, FoundBridge bridge, ProvisionWatch& watch, wire::Millis patience = kPatience);
  ApiCaller(const ApiCaller&) = delete;
  ApiCaller& operator=(const ApiCaller&) = delete;

  // The outcome of a call that came to an end.
  struct Answer {
    std::string code;     // the API's Code; empty: accepted
    std::string message;  // its ErrorMessage or Message
    nlohmann::json body;  // an object
    [[nodiscard]] bool accepted() const { return code.empty(); }
  };
  // Makes the call until it is accepted, or rejected for good. Repeating must do no harm: the outcome of an attempt may
  // be unknown. Errors: environment, when there was no such answer within the patience; whatever the watch says.
  [[nodiscard]] wire::Result<Answer> call(std::string_view action, const ApiParameters& parameters);

  // Waits without making a call. Errors: of the watch.
  [[nodiscard]] wire::Result<void> pause(wire::Nanos how_long) { return watch_.wait(wire::read_clock() + how_long); }
  // "http://127.0.0.1:8080", for errors.
  [[nodiscard]] std::string where() const { return bridge_.url.text(); }

 private:
  enum class State : std::uint8_t { idle, waiting, opened, answered, failed };

  void build(std::string_view action, const ApiParameters& parameters, PreparedRequest& out);
  // One attempt; state_ is answered or failed behind it.
  [[nodiscard]] wire::Result<void> attempt(PreparedRequest& request);
  [[nodiscard]] wire::Result<void> run_until_told();
  // None where trying again may help; why_ tells.
  [[nodiscard]] bool read_answer(Answer& out);

  void on_opened(CallerConnection& connection) override;
  void on_open_failed(CallerConnection& connection, std::string_view why) override;
  void on_answered(CallerConnection& connection, const AnswerReader& answer, wire::TimePoint when) override;
  void on_call_failed(CallerConnection& connection, std::string_view why) override;
  void on_idle_closed(CallerConnection& connection, std::string_view why) override;

  const Target& target_;
  const FoundBridge bridge_;
  ProvisionWatch& watch_;
  const wire::Millis patience_;
  boost::asio::io_context loop_{1};
  CallerConnection connection_;
  State state_ = State::idle;
  wire::TimePoint deadline_{};  // of the attempt
  unsigned status_ = 0;
  std::string body_;
  std::string why_;  // the newest failure, a piece of a sentence
  std::string nonce_;
  std::uint64_t calls_ = 0;
};

}  // namespace fleet::sim
