#include "sim/fleet/gateway_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "wire/device_sign.h"

namespace fleet::sim {

namespace {

// Documentation of device-side error codes.
constexpr std::int64_t kSuccess = 200;
constexpr std::int64_t kTooManyOnline = 428;
constexpr std::int64_t kRateLimit = 429;

// A platform that had no room for newcomers is asked again after this; 429 is about logins of a minute.
constexpr wire::Nanos kHoldOff = std::chrono::seconds(1);

// id, code and message of an answer; ids are texts or numbers, as they were sent.
struct PlatformReply {
  std::string id;
  std::int64_t code = 0;
  std::string message;
};

std::optional<PlatformReply> read_reply(std::string_view payload) {
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto id = json.find("id");
  const auto code = json.find("code");
  if (id == json.end() || code == json.end() || !code->is_number_integer()) return std::nullopt;
  PlatformReply reply;
  reply.id = id->is_string() ? id->get<std::string>() : id->dump();
  reply.code = code->get<std::int64_t>();
  const auto message = json.find("message");
  if (message != json.end() && message->is_string()) reply.message = message->get<std::string>();
  return reply;
}

}  // namespace

GatewaySession::GatewaySession(const GatewayGroup& group, const Identities& identities, std::uint32_t gateway,
                               wire::Nanos patience)
    : group_(group), identities_(identities), gateway_(gateway), patience_(patience) {}

void GatewaySession::begin() {
  login_ = {};
  waiting_ = Waiting::no;
  subscribe_.reset();
  failure_.clear();
  moves_.begin();
}

bool GatewaySession::take(Cursor& cursor, std::uint32_t items, std::uint32_t& end) const {
  const auto& groups = group_.groups();
  for (;; ++cursor.rank) {
    while (cursor.group < groups.size() && cursor.rank >= groups[cursor.group].spread.count(gateway_)) {
      cursor = {cursor.group + 1, 0};
    }
    if (cursor.group == groups.size()) return false;
    if (!is_gone(cursor)) break;
  }
  const std::uint32_t limit = std::min(cursor.rank + items, groups[cursor.group].spread.count(gateway_));
  end = cursor.rank + 1;
  while (end < limit && !is_gone({cursor.group, end})) ++end;
  return true;
}

bool GatewaySession::is_gone(const Cursor& at) const {
  if (moves_.gone() == 0) return false;
  return moves_.is_gone({at.group, group_.groups()[at.group].spread.sub_device(gateway_, at.rank), at.rank});
}

std::uint32_t GatewaySession::filters() const {
  std::uint32_t count = group_.filters(gateway_);
  if (moves_.gone() == 0) return count;
  const auto& groups = group_.groups();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (std::uint32_t rank = 0; rank < groups[g].spread.count(gateway_); ++rank) {
      if (is_gone({g, rank})) count -= static_cast<std::uint32_t>(groups[g].fleet->subscribe.size());
    }
  }
  return count;
}

GatewaySession::Step GatewaySession::next(wire::TimePoint now, std::int64_t wall_ms) {
  if (waiting_ != Waiting::no || !failure_.empty()) return {};
  if (subscribe_) {
    Step step = std::move(*subscribe_);
    subscribe_.reset();
    return step;
  }
  std::uint32_t end = 0;
  while (take(topology_, kTopologyItems, end)) {
    if (group_.groups()[topology_.group].fleet->gateway->topology == Topology::mqtt) {
      return request(Waiting::topology, topology_, end, now, wall_ms);
    }
    topology_ = {topology_.group + 1, 0};
  }
  while (take(login_, kLoginItems, end)) {
    const SubDeviceGroup& group = group_.groups()[login_.group];
    if (group.fleet->gateway->login) return request(Waiting::login, login_, end, now, wall_ms);
    Step step;
    step.kind = Step::Kind::subscribe;
    step.first = group_.first_filter(gateway_, login_.group, login_.rank);
    step.end = group_.first_filter(gateway_, login_.group, end);
    login_.rank = end;
    if (step.first < step.end) return step;
  }
  return moves_.empty() ? Step{} : next_newcomers(now, wall_ms);
}

// Those who have come log in together, and are subscribed for one by one.
GatewaySession::Step GatewaySession::next_newcomers(wire::TimePoint now, std::int64_t wall_ms) {
  using State = GatewayMoves::Newcomer::State;
  if (const auto logged_in = moves_.in_state(State::logged_in, 1); !logged_in.empty()) {
    logged_in.front()->state = State::subscribing;
    Step step;
    step.kind = Step::Kind::welcome;
    step.newcomer = logged_in.front()->who;
    return step;
  }
  if (std::exchange(hold_off_, false)) again_at_ = now + kHoldOff;
  if (now < again_at_) return {};
  std::vector<SubDevice> whom;
  for (GatewayMoves::Newcomer* newcomer : moves_.in_state(State::waiting, kLoginItems)) {
    newcomer->state = State::asked;
    whom.push_back(newcomer->who);
  }
  return whom.empty() ? Step{} : request(Waiting::newcomers, whom, now, wall_ms);
}

void GatewaySession::newcomers_answered(std::int64_t code, const std::string& sentence) {
  using State = GatewayMoves::Newcomer::State;
  const bool busy = code == kRateLimit || code == kTooManyOnline;
  hold_off_ = busy;
  for (GatewayMoves::Newcomer* newcomer : moves_.in_state(State::asked, kLoginItems)) {
    newcomer->state = code == kSuccess ? State::logged_in : State::waiting;
    if (code == kSuccess || busy) continue;
    ++refusal_.sub_devices;
    refusal_.why = sentence;
    moves_.forget(newcomer->who);
  }
}

bool GatewaySession::done() const {
  Cursor topology = topology_, login = login_;
  std::uint32_t end = 0;
  const auto& groups = group_.groups();
  while (take(topology, kTopologyItems, end)) {
    if (groups[topology.group].fleet->gateway->topology == Topology::mqtt) return false;
    topology = {topology.group + 1, 0};
  }
  return waiting_ == Waiting::no && !subscribe_ && failure_.empty() && !take(login, kLoginItems, end);
}

GatewaySession::Step GatewaySession::request(Waiting kind, const Cursor& from, std::uint32_t end, wire::TimePoint now,
                                             std::int64_t wall_ms) {
  waiting_end_ = end;
  std::vector<SubDevice> whom;
  for (std::uint32_t rank = from.rank; rank < end; ++rank) {
    whom.push_back({from.group, group_.groups()[from.group].spread.sub_device(gateway_, rank), rank});
  }
  return request(kind, whom, now, wall_ms);
}

GatewaySession::Step GatewaySession::request(Waiting kind, const std::vector<SubDevice>& whom, wire::TimePoint now,
                                             std::int64_t wall_ms) {
  const bool login = kind != Waiting::topology;
  waiting_ = kind;
  deadline_ = now + patience_;
  Step step;
  step.kind = Step::Kind::request;
  step.topic = login ? group_.login_topic(gateway_) : group_.topology_topic(gateway_);
  step.payload =
      fmt::format(R"({{"id":"{}",{})", ++id_, login ? R"("params":{"deviceList":[)" : R"("version":"1.0","params":[)");
  const std::string timestamp = std::to_string(wall_ms);
  for (std::size_t i = 0; i < whom.size(); ++i) {
    if (i > 0) step.payload += ',';
    append_item(group_.groups()[whom[i].group], whom[i].index, login, timestamp, step.payload);
  }
  step.payload += login ? "]}}" : R"(],"method":"thing.topo.add"})";
  return step;
}

// Keys, names and hex need no escapes in JSON.
void GatewaySession::append_item(const SubDeviceGroup& group, std::uint32_t index, bool login,
                                 const std::string& timestamp, std::string& out) const {
  std::string name;
  group.names.append(index, name);
  const std::string client_id = group.product_key + "&" + name;
  std::vector<wire::Param> params = {
      {"clientId", client_id}, {"deviceName", name}, {"productKey", group.product_key}, {"timestamp", timestamp}};
  const std::string sign = wire::device_sign(
      wire::SignMethod::hmac_sha256, identities_.secret(group.fleet_group, index), wire::device_sign_content(params));
  fmt::format_to(
      std::back_inserter(out),
      R"({{"productKey":"{}","deviceName":"{}","clientId":"{}","timestamp":"{}","{}":"hmacSha256","sign":"{}"{}}})",
      group.product_key, name, client_id, timestamp, login ? "signMethod" : "signmethod", sign,
      login ? R"(,"cleanSession":"true")" : "");
}

GatewaySession::Answer GatewaySession::receive(std::string_view topic, std::string_view payload) {
  constexpr std::string_view kReply = "_reply";
  if (waiting_ == Waiting::no || !topic.ends_with(kReply)) return Answer::not_mine;
  topic.remove_suffix(kReply.size());
  const bool login = waiting_ != Waiting::topology;
  if (topic != (login ? group_.login_topic(gateway_) : group_.topology_topic(gateway_))) return Answer::not_mine;
  const std::optional<PlatformReply> reply = read_reply(payload);
  if (reply && reply->id != std::to_string(id_)) return Answer::not_mine;  // to an earlier request
  const std::string_view what = login ? "batch_login" : "topo/add";
  const bool of_newcomers = std::exchange(waiting_, Waiting::no) == Waiting::newcomers;
  if (!reply) {
    failure_ = fmt::format("{} was answered with what is no answer", what);
    return Answer::refused;
  }
  if (of_newcomers) {
    newcomers_answered(reply->code, fmt::format("batch_login was refused with code {}", reply->code));
    return Answer::accepted;
  }
  if (reply->code != kSuccess) {
    failure_ = fmt::format("{} was refused with code {}{}{}", what, reply->code, reply->message.empty() ? "" : ": ",
                           reply->message);
    return reply->code == kRateLimit || reply->code == kTooManyOnline ? Answer::try_again : Answer::refused;
  }
  if (!login) {
    topology_.rank = waiting_end_;
    return Answer::accepted;
  }
  Step step;
  step.kind = Step::Kind::subscribe;
  step.first = group_.first_filter(gateway_, login_.group, login_.rank);
  step.end = group_.first_filter(gateway_, login_.group, waiting_end_);
  if (step.first < step.end) subscribe_ = std::move(step);
  login_.rank = waiting_end_;
  return Answer::accepted;
}

bool GatewaySession::overdue(wire::TimePoint now) {
  if (waiting_ == Waiting::no || now < deadline_) return false;
  failure_ = fmt::format("{} was not answered within {} s; write 'login: false' where no platform listens",
                         waiting_ == Waiting::topology ? "topo/add" : "batch_login",
                         std::chrono::duration<double>(patience_).count());
  if (waiting_ == Waiting::topology) failure_.resize(failure_.find(';'));
  waiting_ = Waiting::no;
  return true;
}

}  // namespace fleet::sim
