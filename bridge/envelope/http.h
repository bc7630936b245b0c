// An HTTP request and its answer as the API sees them: no sockets, no library types.
#pragma once

#include <string>
#include <string_view>

namespace fleet::bridge {

// Views are valid while the request is answered synchronously; what is needed later is copied.
struct HttpRequest {
  std::string_view method{};         // as sent
  std::string_view path{};           // target without the query, not decoded
  std::string_view query{};          // behind '?', not decoded
  std::string_view content_type{};   // header, may be empty
  std::string_view authorization{};  // header, may be empty
  std::string_view body{};
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type{};
  std::string body{};
};

}  // namespace fleet::bridge
