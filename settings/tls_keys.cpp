#include "settings/tls_keys.h"

#include <fmt/format.h>

namespace fleet::settings {

void check_tls(Reader& reader, const std::string& path, const wire::mqtt::TlsOptions& tls, const char* scheme,
               bool is_used) {
  if (!is_used && reader.given(path)) {
    reader.fail_at_key(path, fmt::format("'{}' is for {}; this URL has no TLS", path, scheme));
  }
  if (tls.certificate.empty() != tls.key.empty()) {
    const char* const missing = tls.key.empty() ? "key" : "certificate";
    const char* const there = tls.key.empty() ? "certificate" : "key";
    reader.fail_at(fmt::format("{}.{}", path, there),
                   fmt::format("'{0}.{1}' needs '{0}.{2}' beside it", path, there, missing));
  }
}

}  // namespace fleet::settings
