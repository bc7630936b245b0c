// Paths of result.json that the parts read.
#pragma once

namespace fleet::bench {

inline constexpr const char* kFleetCpu = "cost.cpu_us_per_delivery.fleet";
inline constexpr const char* kCallersCpu = "cost.cpu_us_per_delivery.callers";
inline constexpr const char* kBridgeCpu = "cost.cpu_us_per_delivery.bridge";
inline constexpr const char* kBrokerCpu = "cost.cpu_us_per_delivery.broker";
inline constexpr const char* kBytes = "cost.fleet_bytes_per_connection";
inline constexpr const char* kConnect = "fleet.connect.seconds";
inline constexpr const char* kRate = "rates.deliveries_per_s";
inline constexpr const char* kP50 = "times_us.service.p50";
inline constexpr const char* kP99 = "times_us.service.p99";

}  // namespace fleet::bench
