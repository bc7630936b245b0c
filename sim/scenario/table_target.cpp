#include "settings/tls_keys.h"
#include "sim/scenario/tables.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

const Table<BrokerTlsDraft>& broker_tls_table() {
  using Row = Key<BrokerTlsDraft>;
  static const Table<BrokerTlsDraft> table = [] {
    std::vector<Row> rows = settings::tls_keys<BrokerTlsDraft>();
    rows.insert(rows.begin(),
                Row::field<&BrokerTlsDraft::use>(
                    {.name = "use",
                     .form = Form::choice,
                     .sentence = "of a started Mosquitto; on: TLS with certificates made for the run; mutual: and "
                                 "everybody has one; absent: off",
                     .choices = "off|on|mutual"}));
    return Table<BrokerTlsDraft>("target.broker.tls", "TLS: `on` or `mutual` for a started Mosquitto, files for a URL.",
                                 rows);
  }();
  return table;
}

const Table<BrokerDraft>& broker_table() {
  using Row = Key<BrokerDraft>;
  static const Table<BrokerDraft> table(
      "target.broker",
      "The MQTT broker: `mosquitto` (started for this run) or mqtt://, mqtts://, ws:// or wss://HOST:PORT.",
      {
          Row::field<&BrokerDraft::use>({.name = "use",
                                         .form = Form::choice,
                                         .sentence = "mosquitto: started for this run on a free loopback port",
                                         .choices = "mosquitto"}),
          Row::field<&BrokerDraft::url>({.name = "url",
                                         .form = Form::url,
                                         .sentence = "a broker that runs already",
                                         .choices = wire::mqtt::kBrokerSchemes}),
          Row::field<&BrokerDraft::persistence>(
              {.name = "persistence",
               .form = Form::flag,
               .fallback = "false",
               .sentence = "the started Mosquitto keeps sessions and messages on disk, saved once a second"}),
          Row::field<&BrokerDraft::apart>(
              {.name = "apart",
               .form = Form::flag,
               .fallback = "true",
               .sentence = "the started Mosquitto has a core alone; false: the kernel places it anew in each run"}),
          Row::field<&BrokerDraft::auth>(
              {.name = "auth",
               .form = Form::choice,
               .sentence = "on: the started Mosquitto lets nobody in without a right login, and each device to its own "
                           "topics only; absent: on where broker and bridge are both started, in dialect aliyun",
               .choices = "off|on"}),
          Row::mapping<&BrokerDraft::tls, &broker_tls_table>(
              {.name = "tls",
               .form = Form::shorthand,
               .sentence = "TLS: off, on, mutual; of a broker at a URL: files"}),
          Row::field<&BrokerDraft::websocket>({.name = "websocket",
                                               .form = Form::flag,
                                               .fallback = "false",
                                               .sentence = "the started Mosquitto speaks MQTT over WebSocket"}),
          Row::field<&BrokerDraft::source_addresses>(
              {.name = "source_addresses",
               .sentence = "addresses of this machine that the fleet connects from, in turn; absent: one, the kernel's "
                           "choice",
               .max = 64}),
      });
  return table;
}

const Table<wire::mqtt::TlsOptions>& bridge_tls_table() {
  static const Table<wire::mqtt::TlsOptions> table("target.bridge.tls", "TLS with a bridge behind https://.",
                                                   settings::tls_keys<wire::mqtt::TlsOptions>());
  return table;
}

const Table<BridgeDraft>& bridge_table() {
  using Row = Key<BridgeDraft>;
  static const Table<BridgeDraft> table(
      "target.bridge", "The batch API: `local` (fleet-bridge, started for this run), http:// or https://HOST:PORT.",
      {
          Row::field<&BridgeDraft::use>({.name = "use",
                                         .form = Form::choice,
                                         .sentence = "local: fleet-bridge, started for this run",
                                         .choices = "local"}),
          Row::field<&BridgeDraft::url>(
              {.name = "url", .form = Form::url, .sentence = "anything that speaks the API", .choices = "http|https"}),
          Row::mapping<&BridgeDraft::tls, &bridge_tls_table>(
              {.name = "tls", .sentence = "behind https://: whom to trust"}),
          Row::field<&BridgeDraft::dialect>({.name = "dialect",
                                             .form = Form::choice,
                                             .fallback = "aliyun",
                                             .sentence = "the protocol of the batch API",
                                             .choices = "aliyun|emqx-bcast"}),
          Row::field<&BridgeDraft::access_key_id>({.name = "access_key_id",
                                                   .fallback = "testid",
                                                   .sentence = "account that signs the calls; emqx-bcast: the API key",
                                                   .max = 128}),
          Row::field<&BridgeDraft::access_key_secret>({.name = "access_key_secret",
                                                       .fallback = "testsecret",
                                                       .sentence = "its secret; ${env:NAME} keeps it out of the file",
                                                       .max = 128}),
          Row::field<&BridgeDraft::app_key>({.name = "app_key",
                                             .fallback = "12345678",
                                             .sentence = "app whose messages are sent and consumed",
                                             .max = wire::kTmcNameBytesMax}),
          Row::field<&BridgeDraft::app_secret>(
              {.name = "app_secret", .fallback = "helloworld", .sentence = "its secret, which signs", .max = 128}),
          Row::field<&BridgeDraft::publisher>({.name = "publisher",
                                               .form = Form::choice,
                                               .fallback = "native",
                                               .sentence = "MQTT engine of the started bridge",
                                               .choices = "native|paho"}),
          Row::field<&BridgeDraft::connections>({.name = "connections",
                                                 .form = Form::integer,
                                                 .fallback = "1",
                                                 .sentence = "broker connections of the started bridge",
                                                 .min = 1,
                                                 .max = 64}),
      });
  return table;
}

const Table<TargetDraft>& target_table() {
  using Row = Key<TargetDraft>;
  static const Table<TargetDraft> table(
      "target", "What is measured: broker and bridge.",
      {
          Row::mapping<&TargetDraft::broker, &broker_table>({.name = "broker",
                                                             .form = Form::shorthand,
                                                             .fallback = "{}",
                                                             .sentence = "mosquitto, or the URL of a broker"}),
          Row::mapping<&TargetDraft::bridge, &bridge_table>({.name = "bridge",
                                                             .form = Form::shorthand,
                                                             .fallback = "{}",
                                                             .sentence = "local, or the URL of a batch API"}),
          Row::field<&TargetDraft::enforce_api_limits>(
              {.name = "limits",
               .form = Form::choice,
               .fallback = "off",
               .sentence = "off: a started bridge enforces no quota; api: the API's own quotas",
               .choices = "off|api"}),
      });
  return table;
}

}  // namespace fleet::sim
