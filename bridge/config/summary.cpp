#include "bridge/config/summary.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace fleet::bridge {
namespace {

std::string_view describe(const DevicesConfig& devices) {
  if (!devices.enabled) return "off";
  switch (devices.registration) {
    case SubRegistration::any:
      return "gateways may register any sub-device";
    case SubRegistration::known:
      return "gateways may register known sub-devices";
    case SubRegistration::off:
      break;
  }
  return "gateways may register no sub-device";
}

std::string_view plural(std::size_t count) { return count == 1 ? "" : "s"; }

}  // namespace

std::string summary(const Config& config) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{}     {}, at most {} connections\n", config.http.tls.enabled() ? "https" : "http ",
                 config.http.listen.text(), config.http.connections_max);
  if (config.http.tls.enabled()) {
    fmt::format_to(out, "          certificate {}, key {}\n", config.http.tls.certificate, config.http.tls.key);
  }
  fmt::format_to(out, "broker    {}, {} publisher, {} connection{}\n", config.mqtt.broker.text(),
                 config.mqtt.publisher == PublisherEngine::native ? "native" : "paho", config.mqtt.connections,
                 plural(config.mqtt.connections));
  fmt::format_to(out, "registry  {}\n",
                 config.registry.sqlite_path.empty() ? "in memory" : "SQLite, " + config.registry.sqlite_path);
  fmt::format_to(out, "devices   {}\n", describe(config.devices));
  for (const AccountConfig& account : config.accounts) {
    fmt::format_to(out, "account   {}{}{}{}\n", account.access_key_id,
                   account.account.empty() ? "" : " of " + account.account,
                   account.batch_pub ? ", may call BatchPub" : "", account.disabled ? ", disabled" : "");
  }
  for (const AppConfig& app : config.apps) {
    fmt::format_to(out, "app       {}, {} topic{}, {} group{}\n", app.app_key, app.topics.size(),
                   plural(app.topics.size()), app.groups.size(), plural(app.groups.size()));
  }
  for (const BcastKeyConfig& key : config.bcast.keys) fmt::format_to(out, "API key   {}\n", key.api_key);
  for (const ProductConfig& product : config.products) {
    fmt::format_to(out, "product   {} ({}), {}{}, {} device{}", product.key, product.name, kind_name(product.kind),
                   product.x509 ? ", X.509" : "", product.devices.size(), plural(product.devices.size()));
    for (const auto& [topic, operation] : product.topics) {
      fmt::format_to(out, ", {}: {}", topic, wire::name_of(operation));
    }
    text += '\n';
  }
  if (!config.limits.enforced) {
    text += "limits    off\n";
  } else {
    if (config.limits.per_second.empty()) text += "limits    the APIs' own\n";
    for (const auto& [action, rate] : config.limits.per_second) {
      fmt::format_to(out, "limit     {}: {}/s\n", action, rate);
    }
    for (const auto& [method, rate] : config.limits.per_second_of_all_apps) {
      fmt::format_to(out, "limit     {}, all apps: {}/s\n", method, rate);
    }
  }
  return text;
}

}  // namespace fleet::bridge
