#include "sim/calls/tmc_request.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "sim/scenario/mix.h"
#include "wire/encoding.h"
#include "wire/signing_top.h"
#include "wire/stamp.h"

namespace fleet::sim {

namespace {

constexpr std::string_view kSignMethod = "hmac-sha256";

// The platform's time of day is that of China.
constexpr std::chrono::hours kPlatformZone{8};

std::string make_head(const Url& bridge) {
  return fmt::format(
      "POST /router/rest HTTP/1.1\r\nHost: {}\r\nUser-Agent: fleet-sim\r\nAccept: application/json\r\n"
      "Content-Type: application/x-www-form-urlencoded;charset=UTF-8\r\n",
      bridge.address().text());
}

// Characters that neither JSON nor a form changes.
constexpr std::string_view kFillerCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert(kFillerCharacters.size() == 64);

std::string make_text(std::uint32_t payload_bytes, std::uint64_t seed, std::uint16_t call_group) {
  std::string text(payload_bytes, '\0');
  const std::uint64_t key = mix(seed + kGolden) + call_group;
  std::uint64_t i = 0;
  for (char& c : wire::json_stamp_filler(text)) c = kFillerCharacters[mix(mix(key) + i++ * kGolden) % 64];
  wire::write_json_stamp({}, text);
  return text;
}

template <class Piece>
Piece joined(std::initializer_list<Piece> pieces) {
  Piece all;
  for (const Piece& piece : pieces) {
    all.plain += piece.plain;
    all.form += piece.form;
  }
  return all;
}

// A JSON string without its quotes.
std::string json_escaped(std::string_view text) {
  const std::string quoted = nlohmann::json(text).dump();
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

TmcRequestBuilder::Piece TmcRequestBuilder::value(std::string_view text) {
  Piece piece{std::string(text), {}};
  wire::percent_append(text, piece.form);
  return piece;
}

TmcRequestBuilder::Piece TmcRequestBuilder::param(std::string_view key, std::string_view text) {
  Piece piece = value(text);
  piece.plain.insert(0, key);
  piece.form.insert(0, fmt::format("&{}=", key));
  return piece;
}

TmcRequestBuilder::TmcRequestBuilder(const Scenario& scenario, std::uint16_t call_group, const MessageDeal& deal,
                                     const Url& bridge, std::uint32_t run)
    : deal_(deal),
      batch_(scenario.calls.at(call_group).batch),
      secret_(scenario.target.app_secret),
      run_(run),
      boot_(wire::boot_hash()),
      call_group_(call_group),
      frame_(make_head(bridge)),
      text_(make_text(scenario.calls[call_group].payload_bytes, scenario.seed, call_group)) {
  const CallGroup& group = scenario.calls[call_group];
  if (group.api == kProduceMessage) {
    lay_out_single(scenario, group);
  } else {
    lay_out_list(scenario, group);
  }
  opening_.form.erase(0, 1);  // the ampersand in front of the first parameter
}

// app_key, format, messages: [{topic, content, target_group}, …], method, sign_method, timestamp, v.
void TmcRequestBuilder::lay_out_list(const Scenario& scenario, const CallGroup& group) {
  const std::string_view text = text_;
  const std::string_view stamp = wire::json_stamp_base64(text);
  const auto stamp_at = static_cast<std::size_t>(stamp.data() - text.data());
  opening_ = joined({param("app_key", scenario.target.app_key), param("format", "json"), param("messages", "[")});
  content_head_ = value(json_escaped(text.substr(0, stamp_at)));
  content_tail_ = value(json_escaped(text.substr(stamp_at + stamp.size())));
  between_ = value(",");
  closing_ =
      joined({value("]"), param("method", group.api), param("sign_method", kSignMethod), param("timestamp", "")});
  for (const std::string& topic : group.topics) {
    before_.push_back(value(fmt::format(R"({{"topic":"{}","content":")", json_escaped(topic))));
    end_.push_back(param("v", "2.0"));
  }
  for (const std::size_t target : group.targets) {
    behind_.push_back(
        value(fmt::format(R"(","target_group":"{}"}})", json_escaped(scenario.fleet.at(target).consumer_group))));
  }
}

// app_key, content, format, method, sign_method, target_group, timestamp, topic, v.
void TmcRequestBuilder::lay_out_single(const Scenario& scenario, const CallGroup& group) {
  const std::string_view text = text_;
  const std::string_view stamp = wire::json_stamp_base64(text);
  const auto stamp_at = static_cast<std::size_t>(stamp.data() - text.data());
  opening_ = joined({param("app_key", scenario.target.app_key), param("content", "")});
  content_head_ = value(text.substr(0, stamp_at));
  content_tail_ = value(text.substr(stamp_at + stamp.size()));
  closing_ = param("timestamp", "");
  for (const std::string& topic : group.topics) {
    before_.emplace_back();
    end_.push_back(joined({param("topic", topic), param("v", "2.0")}));
  }
  for (const std::size_t target : group.targets) {
    behind_.push_back(joined({param("format", "json"), param("method", group.api), param("sign_method", kSignMethod),
                              param("target_group", scenario.fleet.at(target).consumer_group)}));
  }
}

void TmcRequestBuilder::append(const Piece& piece, std::string& body) {
  body += piece.form;
  to_sign_ += piece.plain;
}

void TmcRequestBuilder::append_content(std::uint64_t call, std::uint32_t position, wire::TimePoint due,
                                       std::string& body) {
  wire::write_json_stamp({.run = run_,
                          .boot = boot_,
                          .call_group = call_group_,
                          .call = call,
                          .due = due,
                          .position = static_cast<std::uint16_t>(position)},
                         text_);
  const std::string_view stamp = wire::json_stamp_base64(text_);
  append(content_head_, body);
  to_sign_ += stamp;
  wire::percent_append(stamp, body);
  append(content_tail_, body);
}

void TmcRequestBuilder::update_timestamp(wire::WallTime wall) {
  if (wall == timestamp_of_ && !timestamp_.plain.empty()) return;
  timestamp_of_ = wall;
  timestamp_ = value(fmt::format("{:%F %T}", fmt::gmtime(std::chrono::system_clock::to_time_t(wall + kPlatformZone))));
}

void TmcRequestBuilder::build(std::uint64_t call, wire::TimePoint due, wire::WallTime wall, PreparedRequest& out) {
  std::string& body = frame_.begin_body(out);
  to_sign_.clear();
  append(opening_, body);
  for (std::uint32_t i = 0; i < batch_; ++i) {
    if (i != 0) append(between_, body);
    append(before_[deal_.topic(call, i)], body);
    append_content(call, i, due, body);
    append(behind_[deal_.target(call, i)], body);
  }
  append(closing_, body);
  update_timestamp(wall);
  append(timestamp_, body);
  append(end_[deal_.topic(call, 0)], body);
  body += "&sign=";
  body += wire::top_signature(wire::TopSignMethod::hmac_sha256, secret_, to_sign_);
  frame_.finish(out);
}

}  // namespace fleet::sim
