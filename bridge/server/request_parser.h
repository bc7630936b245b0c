// Takes HTTP/1.1 requests apart as they arrive (RFC 9110, RFC 9112). Framing is Boost.Beast's; what is kept of a
// request is only what the API needs, in strings that live as long as the connection.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/envelope/http.h"

namespace fleet::bridge {

// Bounds of one request, in bytes.
struct RequestLimits {
  std::uint32_t header_bytes_max = 16u << 10;  // request line and fields; also a chunk's header, and all extensions
  std::uint32_t body_bytes_max = 1u << 20;     // decoded from chunks
};

// What is kept of the request that is being read. Reused from request to request, so that nothing is allocated once
// the strings have grown.
struct RequestText {
  std::string method;
  std::string target;
  std::string content_type;
  std::string authorization;
  std::string header_lines;  // as HttpHeaders reads them; not of the trailer
  std::string body;

  // Empties the strings and gives back a body that is larger than `keep` bytes.
  void clear(std::size_t keep);
  // Views into the strings. An absolute target (RFC 9112 §3.2.2) loses its scheme and authority.
  [[nodiscard]] HttpRequest view() const;
};

// One request. Owned by a connection, made anew for each request in place (Beast's parsers serve once).
class RequestParser final : private boost::beast::http::basic_parser<true> {
  using Base = boost::beast::http::basic_parser<true>;

 public:
  // How far put() came.
  enum class Step {
    more,    // wants bytes that are not there yet
    header,  // the header is whole and a body follows: call put() again for it. Told once.
    done,    // the request is whole
    refused  // refusal() tells the status; the connection cannot go on
  };

  // `text` must be cleared and outlive the parser.
  RequestParser(const RequestLimits& limits, RequestText& text);

  // Reads from `bytes`; adds to `used` what was consumed. The rest must be offered again with what follows.
  [[nodiscard]] Step put(std::string_view bytes, std::size_t& used);

  // Of a refused request: 400, 413, 414, 431 or 501.
  [[nodiscard]] unsigned refusal() const { return refusal_; }
  // The caller waits for "100 Continue" before it sends the body (RFC 9110 §10.1.1).
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }
  [[nodiscard]] bool keeps_alive() const { return keep_alive(); }
  [[nodiscard]] bool is_http_1_0() const { return version_ == 10; }

 private:
  using Field = boost::beast::http::field;
  using Verb = boost::beast::http::verb;
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(Verb verb, View method, View target, int version, ErrorCode& ec) override;
  void on_response_impl(int code, View reason, int version, ErrorCode& ec) override;
  void on_field_impl(Field name, View name_text, View value, ErrorCode& ec) override;
  void on_header_impl(ErrorCode& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& ec) override;
  std::size_t on_body_impl(View body, ErrorCode& ec) override;
  void on_chunk_header_impl(std::uint64_t size, View extensions, ErrorCode& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, ErrorCode& ec) override;
  void on_finish_impl(ErrorCode& ec) override;

  void refuse(unsigned status, ErrorCode& ec);
  [[nodiscard]] unsigned status_of(ErrorCode ec, std::string_view unread) const;

  RequestLimits limits_;
  RequestText& text_;
  unsigned refusal_ = 0;
  int version_ = 11;
  std::size_t header_bytes_ = 0;     // consumed of the header
  std::size_t extension_bytes_ = 0;  // of all chunks
  unsigned hosts_ = 0;
  bool started_ = false;
  bool header_told_ = false;
  bool transfer_encoding_ = false;
  bool expects_continue_ = false;
};

}  // namespace fleet::bridge
