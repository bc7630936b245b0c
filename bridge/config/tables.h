// The tables of keys that read a configuration.
#pragma once

#include "bridge/config/config.h"
#include "settings/keys.h"

namespace fleet::bridge {

// Far above 20,000 devices, far below what could hurt.
inline constexpr settings::Language kLanguage{"configuration", 64u << 20, 2'000'000};

[[nodiscard]] const settings::Table<TlsConfig>& tls_table();
[[nodiscard]] const settings::Table<HttpConfig>& http_table();
[[nodiscard]] const settings::Table<wire::mqtt::TlsOptions>& mqtt_tls_table();
[[nodiscard]] const settings::Table<MqttConfig>& mqtt_table();
[[nodiscard]] const settings::Table<AccountConfig>& account_table();
[[nodiscard]] const settings::Table<AppConfig>& app_table();
[[nodiscard]] const settings::Table<BcastKeyConfig>& bcast_key_table();
[[nodiscard]] const settings::Table<BcastConfig>& bcast_table();
[[nodiscard]] const settings::Table<DeviceConfig>& device_table();
[[nodiscard]] const settings::Table<ProductConfig>& product_table();
[[nodiscard]] const settings::Table<CallRates>& all_apps_table();
[[nodiscard]] const settings::Table<LimitsConfig>& limits_table();
[[nodiscard]] const settings::Table<RegistryConfig>& registry_table();
[[nodiscard]] const settings::Table<DevicesConfig>& devices_table();
[[nodiscard]] const settings::Table<Config>& config_table();

}  // namespace fleet::bridge
