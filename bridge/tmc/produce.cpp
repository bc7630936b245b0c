// taobao.tmc.messages.produce and taobao.tmc.message.produce (apis: Taobao Open Platform).
#include <optional>
#include <utility>

#include "bridge/tmc/method.h"

namespace fleet::bridge {
namespace {

using Json = nlohmann::ordered_json;

// How publishing went, in the platform's words for its own faults (isp: try again). The codes are the platform's; which
// of them says what is assumed.
constexpr TmcRefusal kUnavailable{"isp.top-remote-service-unavailable", "the message broker is not there"};
constexpr TmcRefusal kBusy{"isp.top-remote-service-unavailable", "the message broker does not keep up"};
constexpr TmcRefusal kStopping{"isp.top-remote-service-unavailable", "the service is stopping"};
constexpr TmcRefusal kRefused{"isp.remote-service-error", "the message broker refused the message"};
constexpr TmcRefusal kTimeout{"isp.remote-service-timeout", "the message broker has not confirmed the message in time"};
constexpr TmcRefusal kNotAMessage{"isv.invalid-paramter", "a message must be an object whose members are strings"};

std::optional<TmcRefusal> publish_refusal(PublishOutcome outcome) {
  switch (outcome) {
    case PublishOutcome::done:
      return {};
    case PublishOutcome::broker_away:
      return kUnavailable;
    case PublishOutcome::backlog_full:
      return kBusy;
    case PublishOutcome::refused:
      return kRefused;
    case PublishOutcome::unconfirmed:
      return kTimeout;
    case PublishOutcome::stopping:
      return kStopping;
  }
  return kUnavailable;
}

// A message on its way to the broker, and into its group's queue once it is there.
struct Accepted {
  std::size_t index = 0;  // in the call
  TmcGroup* group = nullptr;
  TmcMessage message;
};

// One call's messages and how each went. Copied into the call's `finish`.
class Production {
 public:
  explicit Production(const TmcContext& context)
      : apps_(context.apps), caller_(context.caller), now_(context.now), wall_(context.wall) {}

  // Plans a message as the next one of the call; returns its publish, or null where it is refused.
  std::shared_ptr<const wire::mqtt::PublishBatch> add(const std::optional<TmcMessageText>& text) {
    refusals_.emplace_back();
    const auto route = text ? check_message(*apps_, *caller_, *text) : tl::unexpected(kNotAMessage);
    if (!route) {
      refusals_.back() = route.error();
      return nullptr;
    }
    auto publish = plan_message(*route, text->content);
    accepted_.push_back({refusals_.size() - 1,
                         route->group,
                         {.topic = route->topic,
                          .pub_app_key = &caller_->key(),
                          .pub_time = wall_,
                          .content = publish->payload,
                          .ex_content = std::string(text->ex_content)}});
    return publish;
  }

  // Puts what the broker has into the queues. One outcome for each publish that add() returned.
  void finish(std::span<const PublishOutcome> outcomes) {
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      Accepted& accepted = accepted_[i];
      refusals_[accepted.index] = publish_refusal(outcomes[i]);
      if (refusals_[accepted.index]) continue;
      accepted.group->queue.push(apps_->next_id(wall_), std::move(accepted.message), now_);
    }
  }

  // For each message, in their order: why it was refused, or nothing.
  [[nodiscard]] const std::vector<std::optional<TmcRefusal>>& refusals() const { return refusals_; }

  [[nodiscard]] Json results() const {
    Json items = Json::array();
    bool all = true;
    for (const auto& refusal : refusals_) {
      Json& item = items.emplace_back(Json::object());
      if (refusal) {
        item["error_code"] = refusal->code;
        item["error_message"] = refusal->message;
        all = false;
      }
      item["is_success"] = !refusal;
    }
    Json fields = {{"is_all_success", all}};
    fields["results"]["tmc_produce_result"] = std::move(items);
    return fields;
  }

 private:
  std::shared_ptr<TmcApps> apps_;
  const TmcApp* caller_;
  wire::TimePoint now_;
  wire::WallTime wall_;
  std::vector<std::optional<TmcRefusal>> refusals_;
  std::vector<Accepted> accepted_;
};

// The single call has no results to say it in.
TopFields single_answer(const std::optional<TmcRefusal>& refusal) {
  if (!refusal) return Json{{"is_success", true}};
  if (refusal->code.starts_with("isv.")) return tl::unexpected(refused_argument(refusal->message));
  return tl::unexpected(remote_error(refusal->code, refusal->message));
}

}  // namespace

TopResult run_messages_produce(TmcContext& context) {
  switch (read_messages(context.params.get("messages"), context.storage, context.messages)) {
    case TmcListError::none:
      break;
    case TmcListError::not_a_list:
      return tl::unexpected(invalid_argument("messages"));
    case TmcListError::too_many:
      return tl::unexpected(refused_argument("messages holds more than 50"));
  }
  auto production = std::make_shared<Production>(context);
  TopOutcome outcome;
  for (const auto& text : context.messages) {
    if (auto publish = production->add(text)) outcome.publishes.push_back(std::move(publish));
  }
  if (outcome.publishes.empty()) {
    outcome.fields = production->results();
    return outcome;
  }
  outcome.finish = [production](std::span<const PublishOutcome> outcomes) -> TopFields {
    production->finish(outcomes);
    return production->results();
  };
  return outcome;
}

TopResult run_message_produce(TmcContext& context) {
  const TopParams& params = context.params;
  const auto either = [&params](std::string_view name, std::string_view alias) {
    const std::string_view value = params.get(name);
    return value.empty() ? params.get(alias) : value;
  };
  auto production = std::make_shared<Production>(context);
  auto publish = production->add(TmcMessageText{.topic = params.get("topic"),
                                                .content = params.get("content"),
                                                .target_group = params.get("target_group"),
                                                .target_app_key = either("target_appkey", "target_app_key"),
                                                .ex_content = either("ex_content", kExContentParam)});
  if (!publish) return tl::unexpected(single_answer(production->refusals().front()).error());
  TopOutcome outcome;
  outcome.publishes.push_back(std::move(publish));
  outcome.finish = [production](std::span<const PublishOutcome> outcomes) {
    production->finish(outcomes);
    return single_answer(production->refusals().front());
  };
  return outcome;
}

}  // namespace fleet::bridge
