// An HTTP request and its answer as the API sees them: no sockets, no library types.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fleet::bridge {

// The header fields of a request: "name:value\n" for each in the order sent, names in small letters, values without the
// white space around them. What they may take is bounded by http.header_bytes_max.
class HttpHeaders {
 public:
  constexpr HttpHeaders() = default;
  explicit constexpr HttpHeaders(std::string_view lines) : lines_(lines) {}

  // The first field of that name (small letters). O(bytes of the header).
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const {
    for (std::string_view rest = lines_; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() == rest.size() ? line.size() : line.size() + 1);
      if (line.size() > name.size() && line[name.size()] == ':' && line.starts_with(name)) {
        return line.substr(name.size() + 1);
      }
    }
    return {};
  }

 private:
  std::string_view lines_;
};

// Views are valid while the request is answered synchronously; what is needed later is copied.
struct HttpRequest {
  std::string_view method{};         // as sent
  std::string_view path{};           // target without the query, not decoded
  std::string_view query{};          // behind '?', not decoded
  std::string_view content_type{};   // header, may be empty
  std::string_view authorization{};  // header, may be empty
  HttpHeaders headers{};             // all, those above among them
  std::string_view body{};
};

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type{};
  std::string body{};
  // For the books of calls, not sent:
  std::string_view action{};  // name out of the API's table; empty: there was none
  std::string code{};         // what the answer calls its failure; empty: a success
};

}  // namespace fleet::bridge
