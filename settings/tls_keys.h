// The keys that say whom a client trusts over TLS, and who it is: the same in a scenario and in bridge.yaml.
#pragma once

#include <string>
#include <vector>

#include "settings/keys.h"
#include "wire/mqtt/tls_context.h"

namespace fleet::settings {

// Rows for T, which is or derives from TlsOptions.
template <class T>
std::vector<Key<T>> tls_keys() {
  using Row = Key<T>;
  using wire::mqtt::TlsOptions;
  constexpr double kPathBytesMax = 4'096;
  return {
      Row::template field<&TlsOptions::ca>({.name = "ca",
                                            .sentence = "PEM file of whom to trust; absent: whom the system trusts",
                                            .max = kPathBytesMax}),
      Row::template field<&TlsOptions::certificate>(
          {.name = "certificate",
           .sentence = "PEM file of our own certificate, for servers that want one",
           .max = kPathBytesMax}),
      Row::template field<&TlsOptions::key>(
          {.name = "key", .sentence = "PEM file of its private key, not encrypted", .max = kPathBytesMax}),
      Row::template field<&TlsOptions::verify>(
          {.name = "verify", .form = Form::flag, .fallback = "true", .sentence = "false: any certificate will do"}),
  };
}

// What the rows cannot say: certificate and key go together; none of the keys (those at `path`) is for a URL without
// TLS. `scheme`: one with it.
void check_tls(Reader& reader, const std::string& path, const wire::mqtt::TlsOptions& tls, const char* scheme,
               bool is_used);

}  // namespace fleet::settings
