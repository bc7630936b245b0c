// The keys of both ends of the bridge: callers at one, the broker at the other.
#include "bridge/config/tables.h"
#include "settings/tls_keys.h"
#include "wire/mqtt/native_options.h"

namespace fleet::bridge {

using settings::Form;
using settings::Key;
using settings::kRequired;
using settings::Table;

namespace {

constexpr double kKilo = 1u << 10;
constexpr double kMega = 1u << 20;
constexpr double kDay = 86'400;

}  // namespace

const Table<TlsConfig>& tls_table() {
  using Row = Key<TlsConfig>;
  static const Table<TlsConfig> table(
      "tls", "HTTPS instead of HTTP: files in PEM form.",
      {
          Row::field<&TlsConfig::certificate>({.name = "certificate",
                                               .fallback = kRequired,
                                               .sentence = "certificate, the chain behind it",
                                               .max = 4'096}),
          Row::field<&TlsConfig::key>(
              {.name = "key", .fallback = kRequired, .sentence = "its private key, not encrypted", .max = 4'096}),
      });
  return table;
}

const Table<HttpConfig>& http_table() {
  using Row = Key<HttpConfig>;
  static const Table<HttpConfig> table(
      "http", "Where callers are listened to, and their bounds.",
      {
          Row::field<&HttpConfig::listen>({.name = "listen",
                                           .form = Form::address,
                                           .fallback = "127.0.0.1:8080",
                                           .sentence = "HOST:PORT; port 0: any free one"}),
          Row::mapping<&HttpConfig::tls, &tls_table>({.name = "tls", .sentence = "serve HTTPS there"}),
          Row::field<&HttpConfig::connections_max>({.name = "connections_max",
                                                    .form = Form::integer,
                                                    .fallback = "4096",
                                                    .sentence = "further ones are answered 503 and closed",
                                                    .min = 1,
                                                    .max = 1e6}),
          Row::field<&HttpConfig::header_bytes_max>({.name = "header_bytes_max",
                                                     .form = Form::size,
                                                     .fallback = "16KB",
                                                     .sentence = "header of one request",
                                                     .min = kKilo,
                                                     .max = kMega}),
          Row::field<&HttpConfig::body_bytes_max>({.name = "body_bytes_max",
                                                   .form = Form::size,
                                                   .fallback = "4MB",
                                                   .sentence = "body of one request",
                                                   .min = kKilo,
                                                   .max = 64 * kMega}),
          Row::field<&HttpConfig::params_max>({.name = "params_max",
                                               .form = Form::integer,
                                               .fallback = "40000",
                                               .sentence = "parameters of one request",
                                               .min = 16,
                                               .max = 100'000}),
          Row::field<&HttpConfig::header_timeout>({.name = "header_timeout",
                                                   .form = Form::duration,
                                                   .fallback = "10s",
                                                   .sentence = "first byte of a request to its last",
                                                   .min = 0.001,
                                                   .max = kDay}),
          Row::field<&HttpConfig::idle_timeout>({.name = "idle_timeout",
                                                 .form = Form::duration,
                                                 .fallback = "60s",
                                                 .sentence = "between requests",
                                                 .min = 0.001,
                                                 .max = kDay}),
          Row::field<&HttpConfig::answer_timeout>(
              {.name = "answer_timeout",
               .form = Form::duration,
               .fallback = "60s",
               .sentence = "a call not acknowledged by then is answered as an error",
               .min = 0.001,
               .max = kDay}),
      });
  return table;
}

const Table<wire::mqtt::TlsOptions>& mqtt_tls_table() {
  static const Table<wire::mqtt::TlsOptions> table("mqtt.tls", "Whom to trust behind mqtts://, and who we are there.",
                                                   settings::tls_keys<wire::mqtt::TlsOptions>());
  return table;
}

const Table<MqttConfig>& mqtt_table() {
  using Row = Key<MqttConfig>;
  constexpr double kTextBytesMax = 65'535;  // MQTT 5.0 §1.5.4
  static const Table<MqttConfig> table(
      "mqtt", "The broker, and how it is published to.",
      {
          Row::field<&MqttConfig::broker>({.name = "broker",
                                           .form = Form::url,
                                           .fallback = "mqtt://127.0.0.1:1883",
                                           .sentence = "where it listens; the login stands in username and password",
                                           .choices = wire::mqtt::kBrokerSchemes}),
          Row::mapping<&MqttConfig::tls, &mqtt_tls_table>(
              {.name = "tls", .sentence = "of mqtts:// and wss://: whom to trust"}),
          Row::field<&MqttConfig::publisher>({.name = "publisher",
                                              .form = Form::choice,
                                              .fallback = "native",
                                              .sentence = "MQTT engine",
                                              .choices = "native|paho"}),
          Row::field<&MqttConfig::connections>({.name = "connections",
                                                .form = Form::integer,
                                                .fallback = "1",
                                                .sentence = "publishes of one device always take the same one",
                                                .min = 1,
                                                .max = 64}),
          Row::field<&MqttConfig::backlog_wait>({.name = "backlog_wait",
                                                 .form = Form::duration,
                                                 .fallback = "1s",
                                                 .sentence = "how long a call waits for room in the backlog",
                                                 .min = 0.001,
                                                 .max = kDay}),
          // A publish of 256 KB to 100 devices must fit.
          Row::field<&MqttConfig::backlog_bytes>({.name = "backlog_bytes",
                                                  .form = Form::size,
                                                  .fallback = "16MB",
                                                  .sentence = "bytes that wait for one connection",
                                                  .min = 512 * kKilo,
                                                  .max = 1'024 * kMega}),
          // Packet identifiers end at 65,535.
          Row::field<&MqttConfig::backlog_publishes>({.name = "backlog_publishes",
                                                      .form = Form::integer,
                                                      .fallback = "65535",
                                                      .sentence = "publishes that wait for one connection",
                                                      .min = 100,
                                                      .max = 65'535}),
          Row::field<&MqttConfig::keep_alive>(
              {.name = "keep_alive",
               .form = Form::whole_seconds,
               .fallback = "15s",
               .sentence = "a broker that has been silent for about twice as long is away, for calls and for /healthz",
               .min = 1,
               .max = 65'535}),
          Row::field<&MqttConfig::client_id>(
              {.name = "client_id", .sentence = "prefix of the client identifiers", .max = kTextBytesMax}),
          Row::field<&MqttConfig::username>(
              {.name = "username", .sentence = "login at the broker", .max = kTextBytesMax}),
          Row::field<&MqttConfig::password>({.name = "password", .sentence = "its password", .max = kTextBytesMax}),
      });
  return table;
}

}  // namespace fleet::bridge
