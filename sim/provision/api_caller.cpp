#include "sim/provision/api_caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "sim/calls/aliyun_request.h"
#include "wire/encoding.h"
#include "wire/signing.h"
#include "wire/timestamp.h"

namespace fleet::sim {

namespace {

using nlohmann::json;

// How often the watch is asked while an answer is awaited.
constexpr wire::Millis kAskWatch{100};

std::string random_hex() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()));
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Codes behind which the same call may succeed a little later.
bool may_pass(const std::string& code, unsigned status) {
  return code.starts_with("Throttling") || code == "iot.system.SystemException" || status >= 500;
}

}  // namespace

ApiCaller::ApiCaller(const Target& target, FoundBridge bridge, ProvisionWatch& watch, wire::Millis patience)
    : target_(target),
      bridge_(std::move(bridge)),
      watch_(watch),
      patience_(patience),
      connection_(loop_, *this, bridge_.tls.get()),
      nonce_(random_hex()) {}

void ApiCaller::build(std::string_view action, const ApiParameters& parameters, PreparedRequest& out) {
  std::string timestamp;
  wire::append_timestamp(wire::read_wall_clock(), timestamp);
  const std::string nonce = fmt::format("{}{:016x}", nonce_, ++calls_);
  std::vector<wire::Param> all = {{"AccessKeyId", target_.access_key_id},
                                  {"Action", action},
                                  {"Format", "JSON"},
                                  {"RegionId", "cn-shanghai"},
                                  {"SignatureMethod", "HMAC-SHA1"},
                                  {"SignatureNonce", nonce},
                                  {"SignatureVersion", "1.0"},
                                  {"Timestamp", timestamp},
                                  {"Version", "2018-01-20"}};
  for (const auto& [key, value] : parameters) all.push_back({key, value});
  const std::string to_sign = wire::aliyun_string_to_sign("POST", all);

  const RequestFrame frame(aliyun_head(bridge_.url, action));
  std::string& body = frame.begin_body(out);
  for (const wire::Param& param : all) {
    wire::percent_append(param.key, body);
    body += '=';
    wire::percent_append(param.value, body);
    body += '&';
  }
  body += "Signature=";
  wire::percent_append(wire::aliyun_signature(target_.access_key_secret, to_sign), body);
  frame.finish(out);
}

wire::Result<ApiCaller::Answer> ApiCaller::call(std::string_view action, const ApiParameters& parameters) {
  const wire::TimePoint give_up = wire::read_clock() + patience_;
  wire::Millis back_off = kBackOffFirst;
  for (;;) {
    PreparedRequest request;
    build(action, parameters, request);  // anew: a nonce is good once
    deadline_ = wire::read_clock() + std::min(patience_, kAnswerLimit);
    if (auto made = attempt(request); !made) return tl::unexpected(made.error());
    if (state_ == State::failed && connection_.is_hopeless()) {
      return wire::environment_error("the bridge cannot be reached: " + why_, where());
    }
    Answer answer;
    if (state_ == State::answered && read_answer(answer)) return answer;
    if (wire::read_clock() + back_off >= give_up) {
      return wire::environment_error(fmt::format("{} did not succeed within {} s: {}", action,
                                                 std::chrono::duration<double>(patience_).count(), why_),
                                     where());
    }
    if (auto waited = pause(back_off); !waited) return tl::unexpected(waited.error());
    back_off = std::min(back_off * 2, kBackOffMost);
  }
}

wire::Result<void> ApiCaller::attempt(PreparedRequest& request) {
  state_ = State::waiting;
  if (connection_.state() == CallerConnection::State::closed) {
    connection_.open(bridge_.peer, wire::read_clock());
    if (auto told = run_until_told(); !told) return told;
    if (state_ == State::failed) return {};
    state_ = State::waiting;
  }
  connection_.send(request, {.number = calls_, .written = wire::read_clock(), .measured = false});
  return run_until_told();
}

wire::Result<void> ApiCaller::run_until_told() {
  while (state_ == State::waiting) {
    const wire::TimePoint now = wire::read_clock();
    if (now >= deadline_) {
      connection_.close();
      why_ = "no answer came in time";
      state_ = State::failed;
      return {};
    }
    if (auto waited = watch_.wait(now); !waited) {
      connection_.close();
      return waited;
    }
    loop_.restart();
    loop_.run_one_until(std::min(deadline_, now + kAskWatch));
  }
  return {};
}

bool ApiCaller::read_answer(Answer& out) {
  out.body = json::parse(body_, nullptr, false);
  if (!out.body.is_object()) {
    why_ = status_ >= 200 && status_ < 300 ? "the answer is no JSON object" : fmt::format("HTTP {}", status_);
    return status_ >= 400 && status_ < 500 ? (out.code = why_, out.body = json::object(), true) : false;
  }
  out.code = text_of(out.body, "Code");
  out.message = text_of(out.body, "ErrorMessage");
  if (out.message.empty()) out.message = text_of(out.body, "Message");
  const auto success = out.body.find("Success");
  const bool accepted = status_ >= 200 && status_ < 300 && success != out.body.end() && *success == true;
  if (accepted) {
    out.code.clear();
    return true;
  }
  if (out.code.empty()) out.code = fmt::format("HTTP {}", status_);
  why_ = out.message.empty() ? out.code : fmt::format("{} ({})", out.code, out.message);
  return !may_pass(out.code, status_);
}

void ApiCaller::on_opened(CallerConnection& /*connection*/) { state_ = State::opened; }

void ApiCaller::on_open_failed(CallerConnection& /*connection*/, std::string_view why) {
  why_ = why;
  state_ = State::failed;
}

void ApiCaller::on_answered(CallerConnection& /*connection*/, const AnswerReader& answer, wire::TimePoint /*when*/) {
  status_ = answer.status();
  body_ = answer.body();
  state_ = State::answered;
}

void ApiCaller::on_call_failed(CallerConnection& /*connection*/, std::string_view why) {
  why_ = why;
  state_ = State::failed;
}

void ApiCaller::on_idle_closed(CallerConnection& /*connection*/, std::string_view /*why*/) {}

}  // namespace fleet::sim
