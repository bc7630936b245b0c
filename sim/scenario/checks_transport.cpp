#include "sim/scenario/checks_transport.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <string>

#include "settings/spelling.h"
#include "settings/tls_keys.h"
#include "settings/units.h"
#include "sim/scenario/fault.h"
#include "wire/mqtt/native_options.h"

namespace fleet::sim {

namespace {

void check_broker_tls(const BrokerDraft& draft, Reader& reader, Target& out) {
  const std::string path = "target.broker.tls";
  if (draft.url && draft.tls.use) {
    reader.fail_at(path,
                   fmt::format("'{}: on' is for a broker that is started; with 'url' write mqtts:// or wss://, and "
                               "files here",
                               path));
  } else if (draft.url) {
    settings::check_tls(reader, path, draft.tls, "mqtts://", wire::mqtt::BrokerPlace{*draft.url}.uses_tls());
  } else {
    for (const char* key : {"ca", "certificate", "key", "verify"}) {
      const std::string inner = fmt::format("{}.{}", path, key);
      if (!reader.given(inner)) continue;
      reader.fail_at(inner, fmt::format("'{}' is for a broker behind 'url'; a started one has certificates of its own: "
                                        "'{}: on'",
                                        inner, path));
    }
  }
  out.tls = draft.tls;
  out.broker_tls = draft.tls.use.value_or(BrokerTls::off);
}

constexpr const char* kSourceAddresses = "target.broker.source_addresses";
// 28 million connections.
constexpr std::uint32_t kAddressesMax = 1'000;

std::optional<std::uint32_t> address_of(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

bool is_loopback(std::uint32_t address) { return address >> 24 == 127; }

// "A..B", or "A" alone; a sentence where it is neither.
settings::Parsed<AddressRange> address_range(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto first = address_of(text.substr(0, dots));
  const auto last = dots == std::string::npos ? first : address_of(text.substr(dots + 2));
  if (!first || !last) {
    return tl::unexpected(fmt::format("'{}' is no range of IPv4 addresses; write it like 127.0.0.2..127.0.0.5",
                                      settings::shortened(text)));
  }
  if (*last < *first) return tl::unexpected(fmt::format("'{}' ends before it begins", settings::shortened(text)));
  if (*last - *first >= kAddressesMax || is_loopback(*first) != is_loopback(*last)) {
    return tl::unexpected(fmt::format("'{}' has more than {} addresses", settings::shortened(text), kAddressesMax));
  }
  return AddressRange{*first, *last - *first + 1};
}

void check_source_addresses(const Draft& draft, Reader& reader, Target& out) {
  const BrokerDraft& broker = draft.target.broker;
  const auto range = address_range(broker.source_addresses);
  if (!range) return reader.fail_at(kSourceAddresses, range.error());
  out.source_addresses = *range;
  const std::string host = broker.url ? broker.url->host : "127.0.0.1";
  const auto literal = host == "localhost" ? address_of("127.0.0.1") : address_of(host);
  if (literal && is_loopback(*literal) != is_loopback(range->first)) {
    reader.fail_at(kSourceAddresses, fmt::format("the broker at {} cannot be reached from '{}'", host,
                                                 settings::shortened(broker.source_addresses)));
  }
  for (const FleetGroupDraft& group : draft.fleet) {
    if (group.engine != Engine::paho) continue;
    reader.fail_at(kSourceAddresses,
                   fmt::format("engine paho of fleet group '{}' cannot choose its source address", group.name));
  }
}

}  // namespace

void check_transport(const Draft& draft, Reader& reader, Target& out) {
  const BrokerDraft& broker = draft.target.broker;
  check_broker_tls(broker, reader, out);
  out.broker_websocket = broker.websocket;
  if (broker.url && reader.given("target.broker.websocket")) {
    reader.fail_at("target.broker.websocket",
                   "'websocket' is for a broker that is started; with 'url' write ws:// or wss://");
  }
  if (!broker.source_addresses.empty()) check_source_addresses(draft, reader, out);
}

void check_proxied(const Scenario& scenario, Reader& reader) {
  const bool for_fleet = has_proxy(scenario, Between::fleet_broker);
  if (!for_fleet && !has_proxy(scenario, Between::bridge_broker)) return;
  const Target& target = scenario.target;
  if (for_fleet && target.source_addresses.count > 0) {
    reader.fail_at(kSourceAddresses, "behind faults between fleet and broker all comes from one address, the proxy's");
  }
  if (!target.broker || !target.tls.verify || !wire::mqtt::BrokerPlace(*target.broker).uses_tls()) return;
  const std::string& host = target.broker->host;
  if (host == "127.0.0.1") return;
  reader.fail_at("target.broker.url",
                 fmt::format("faults between two programs put a proxy at 127.0.0.1, which the certificate of {} is not "
                             "for; such a run needs 'tls: {{verify: false}}'",
                             host));
}

}  // namespace fleet::sim
