#include "sim/scenario/tables.h"

namespace fleet::sim {

const Table<ProductDraft>& product_table() {
  using Row = Key<ProductDraft>;
  static const Table<ProductDraft> table(
      "product", "Devices alike: one product key, the same topics.",
      {
          Row::field<&ProductDraft::kind>({.name = "kind",
                                           .form = Form::choice,
                                           .fallback = "device",
                                           .sentence = "what its devices are",
                                           .choices = "device|gateway|sub-device"}),
          Row::field<&ProductDraft::key>(
              {.name = "key", .sentence = "product key, [A-Za-z0-9]; made from name and seed if absent", .max = 32}),
          Row::choices_by_name<&ProductDraft::topics>(
              {.name = "topics",
               .fallback = kRequired,
               .sentence = "topic short names; the whole topic is /{product key}/{device name}/user/{short name}",
               .choices = kTopicOperations,
               .entries_min = 1}),
      });
  return table;
}

const Table<ConnectDraft>& connect_table() {
  using Row = Key<ConnectDraft>;
  static const Table<ConnectDraft> table(
      "connect", "How the devices of a group connect.",
      {
          Row::field<&ConnectDraft::per_second>({.name = "rate",
                                                 .form = Form::rate,
                                                 .fallback = "1000/s",
                                                 .sentence = "connects begun a second",
                                                 .min = 0.01,
                                                 .max = 1e6}),
          Row::field<&ConnectDraft::in_flight_max>({.name = "in_flight",
                                                    .form = Form::integer,
                                                    .fallback = "32",
                                                    .sentence = "handshakes at once; Mosquitto's listen backlog is 100",
                                                    .min = 1,
                                                    .max = 10'000}),
          Row::field<&ConnectDraft::protocol>({.name = "protocol",
                                               .form = Form::choice,
                                               .fallback = "3.1.1",
                                               .sentence = "MQTT version; 4 is 3.1.1's protocol level",
                                               .choices = kProtocols}),
          Row::field<&ConnectDraft::keep_alive>({.name = "keep_alive",
                                                 .form = Form::whole_seconds,
                                                 .fallback = "60s",
                                                 .sentence = "0s: none",
                                                 .min = 0,
                                                 .max = 65'535}),
          Row::field<&ConnectDraft::clean_start>({.name = "clean_start",
                                                  .form = Form::flag,
                                                  .fallback = "true",
                                                  .sentence = "begin without the session the broker may hold"}),
          Row::field<&ConnectDraft::session_expiry>(
              {.name = "session_expiry",
               .form = Form::whole_seconds,
               .fallback = "0s",
               .sentence = "how long the broker keeps the session of a lost connection; protocol 5",
               .min = 0,
               .max = 4'294'967'295.0}),
          Row::field<&ConnectDraft::timeout>({.name = "timeout",
                                              .form = Form::duration,
                                              .fallback = "10s",
                                              .sentence = "TCP connect to CONNACK",
                                              .min = 0.001,
                                              .max = 3'600}),
          Row::field<&ConnectDraft::reconnect>(
              {.name = "reconnect",
               .form = Form::flag,
               .fallback = "true",
               .sentence = "connect again, with back-off, when the connection is lost"}),
          Row::mapping<&ConnectDraft::back_off, &back_off_table>(
              {.name = "back_off", .fallback = "{}", .sentence = "how long it waits before it tries again"}),
      });
  return table;
}

const Table<TopicSubscription>& subscription_table() {
  using Row = Key<TopicSubscription>;
  static const Table<TopicSubscription> table(
      "subscription", "One topic that each device of a group subscribes to.",
      {
          Row::field<&TopicSubscription::topic>(
              {.name = "topic", .fallback = kRequired, .sentence = "short name out of the product's topics"}),
          Row::field<&TopicSubscription::qos>(
              {.name = "qos", .form = Form::choice, .fallback = "0", .sentence = "QoS asked for", .choices = "0|1|2"}),
      });
  return table;
}

const Table<ConsumeDraft>& consume_table() {
  using Row = Key<ConsumeDraft>;
  static const Table<ConsumeDraft> table(
      "consume", "Which messages of the Taobao message service a group of consumers shares.",
      {
          Row::field<&ConsumeDraft::group>(
              {.name = "group",
               .fallback = kRequired,
               .sentence = "target_group of the messages; each reaches one of its consumers",
               .max = wire::kTmcNameBytesMax}),
          Row::texts<&ConsumeDraft::topics>({.name = "topics",
                                             .fallback = kRequired,
                                             .sentence = "topics of the messages, like taobao_trade_TradeCreate",
                                             .max = wire::kTmcNameBytesMax,
                                             .entries_min = 1}),
          Row::field<&ConsumeDraft::qos>({.name = "qos",
                                          .form = Form::choice,
                                          .fallback = "1",
                                          .sentence = "QoS that each consumer asks for",
                                          .choices = "0|1|2"}),
      });
  return table;
}

const Table<GatewayDraft>& gateway_table() {
  using Row = Key<GatewayDraft>;
  static const Table<GatewayDraft> table(
      "gateway", "Who speaks for a group of sub-devices.",
      {
          Row::field<&GatewayDraft::group>({.name = "group",
                                            .form = Form::name,
                                            .fallback = kRequired,
                                            .sentence = "fleet group of gateways; the sub-devices are spread evenly"}),
          Row::field<&GatewayDraft::topology>(
              {.name = "topology",
               .form = Form::choice,
               .fallback = "config",
               .sentence = "config: the bridge knows it; api: BatchAddThingTopo; mqtt: thing/topo/add of each gateway",
               .choices = "config|api|mqtt"}),
          Row::field<&GatewayDraft::login>(
              {.name = "login",
               .form = Form::flag,
               .fallback = "true",
               .sentence = "the gateway logs them in (combine/batch_login); false: where nobody answers to that"}),
      });
  return table;
}

const Table<TelemetryDraft>& telemetry_table() {
  using Row = Key<TelemetryDraft>;
  static const Table<TelemetryDraft> table(
      "telemetry", "Messages that each device of a group publishes.",
      {
          Row::field<&TelemetryDraft::topic>({.name = "topic",
                                              .fallback = kRequired,
                                              .sentence = "short name of a topic that its devices publish to"}),
          Row::field<&TelemetryDraft::every>(
              {.name = "every",
               .form = Form::duration,
               .fallback = kRequired,
               .sentence = "one turn of each device in this time; the devices' turns are spread",
               .min = 0.001,
               .max = 86'400}),
          Row::field<&TelemetryDraft::jitter>({.name = "jitter",
                                               .form = Form::share,
                                               .fallback = "0%",
                                               .sentence = "each turn is early or late by up to this share of `every`",
                                               .min = 0,
                                               .max = 0.5}),
          Row::field<&TelemetryDraft::burst>({.name = "burst",
                                              .form = Form::integer,
                                              .fallback = "1",
                                              .sentence = "messages at once in each turn",
                                              .min = 1,
                                              .max = 1'000}),
          Row::field<&TelemetryDraft::qos>({.name = "qos",
                                            .form = Form::choice,
                                            .fallback = "0",
                                            .sentence = "QoS of the messages",
                                            .choices = "0|1|2"}),
          Row::field<&TelemetryDraft::retain>({.name = "retain",
                                               .form = Form::flag,
                                               .fallback = "false",
                                               .sentence = "the broker keeps each topic's last message for those who "
                                                           "subscribe later"}),
          Row::field<&TelemetryDraft::payload>({.name = "payload",
                                                .fallback = kRequired,
                                                .sentence = "text with fields in braces, see below",
                                                .max = 16'384}),
      });
  return table;
}

const Table<FleetGroupDraft>& fleet_table() {
  using Row = Key<FleetGroupDraft>;
  static const Table<FleetGroupDraft> table(
      "fleet group", "Devices, or consumers, that behave alike.",
      {
          Row::field<&FleetGroupDraft::kind>({.name = "kind",
                                              .form = Form::choice,
                                              .fallback = "device",
                                              .sentence = "consumer: a reader of messages, without product and name",
                                              .choices = "device|consumer"}),
          Row::field<&FleetGroupDraft::product>(
              {.name = "product", .form = Form::name, .sentence = "a product of this scenario; every device has one"}),
          Row::field<&FleetGroupDraft::count>({.name = "count",
                                               .form = Form::integer,
                                               .fallback = kRequired,
                                               .sentence = "number of devices or consumers",
                                               .min = 1,
                                               .max = 1'000'000}),
          Row::field<&FleetGroupDraft::name_template>(
              {.name = "name",
               .sentence = "device names: a template with {index} or {index:WIDTH}, like lamp-{index:5}",
               .max = 64}),
          Row::field<&FleetGroupDraft::engine>(
              {.name = "engine",
               .form = Form::choice,
               .fallback = "native",
               .sentence = "MQTT engine: our own, or Eclipse Paho C++ (its queue is then inside the numbers)",
               .choices = "native|paho"}),
          Row::mapping<&FleetGroupDraft::connect, &connect_table>(
              {.name = "connect", .fallback = "{}", .sentence = "how they connect"}),
          Row::list<&FleetGroupDraft::subscribe, &subscription_table>(
              {.name = "subscribe", .fallback = "[]", .sentence = "what each of them subscribes to"}),
          Row::mapping<&FleetGroupDraft::consume, &consume_table>(
              {.name = "consume", .sentence = "for consumers, in place of subscribe: what they share"}),
          Row::field<&FleetGroupDraft::provision>(
              {.name = "provision",
               .form = Form::choice,
               .fallback = "config",
               .sentence =
                   "identities: config: told to a started bridge; api: registered before anybody connects; file: "
                   "of somebody else's platform",
               .choices = "config|api|file"}),
          Row::field<&FleetGroupDraft::identities>(
              {.name = "identities",
               .sentence = "of provision: file: CSV of product key, device name, device secret; beside the scenario",
               .max = 4'096}),
          Row::mapping<&FleetGroupDraft::gateway, &gateway_table>(
              {.name = "gateway", .sentence = "for sub-devices: who speaks for them"}),
          Row::list<&FleetGroupDraft::publish, &telemetry_table>(
              {.name = "publish", .fallback = "[]", .sentence = "what each of them publishes, by itself"}),
          Row::list<&FleetGroupDraft::away, &away_table>(
              {.name = "away", .fallback = "[]", .sentence = "when devices are away on purpose, all of them at once"}),
          Row::mapping<&FleetGroupDraft::churn, &churn_table>(
              {.name = "churn", .sentence = "devices that leave one by one and come back"}),
          Row::mapping<&FleetGroupDraft::takeover, &takeover_table>(
              {.name = "takeover", .sentence = "identities that connect a second time elsewhere, one by one"}),
          Row::mapping<&FleetGroupDraft::resubscribe, &resubscribe_table>(
              {.name = "resubscribe", .sentence = "devices that unsubscribe one by one, and subscribe again"}),
          Row::list<&FleetGroupDraft::silence, &silence_table>(
              {.name = "silence",
               .fallback = "[]",
               .sentence = "when devices stop pinging, so that the broker drops them"}),
          Row::mapping<&FleetGroupDraft::slow_reading, &slow_reading_table>(
              {.name = "slow_reading", .sentence = "devices that read slowly while the hold lasts"}),
          Row::list<&FleetGroupDraft::reply, &reply_table>(
              {.name = "reply", .fallback = "[]", .sentence = "what each of them publishes when something reaches it"}),
          Row::mapping<&FleetGroupDraft::will, &will_table>(
              {.name = "will", .sentence = "what the broker publishes for a device that is gone without a word"}),
      });
  return table;
}

}  // namespace fleet::sim
