#include "bridge/server/request_parser.h"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

namespace fleet::bridge {

namespace http = boost::beast::http;

void RequestText::clear(std::size_t keep) {
  method.clear();
  target.clear();
  content_type.clear();
  authorization.clear();
  header_lines.clear();
  body.clear();
  if (body.capacity() > keep) std::string().swap(body);
}

HttpRequest RequestText::view() const {
  std::string_view where = target;
  if (!where.empty() && where.front() != '/') {
    const std::size_t scheme = where.find("://");
    if (scheme != std::string_view::npos) {
      const std::size_t path = where.find_first_of("/?", scheme + 3);
      where = path == std::string_view::npos ? std::string_view("/") : where.substr(path);
    }
  }
  HttpRequest request;
  request.method = method;
  const std::size_t mark = where.find('?');
  request.path = where.substr(0, mark);
  if (request.path.empty()) request.path = "/";
  if (mark != std::string_view::npos) request.query = where.substr(mark + 1);
  request.content_type = content_type;
  request.authorization = authorization;
  request.headers = HttpHeaders(header_lines);
  request.body = body;
  return request;
}

RequestParser::RequestParser(const RequestLimits& limits, RequestText& text) : limits_(limits), text_(text) {
  header_limit(limits.header_bytes_max);
  body_limit(limits.body_bytes_max);
}

RequestParser::Step RequestParser::put(std::string_view bytes, std::size_t& used) {
  while (!started_ && bytes.starts_with("\r\n")) {  // RFC 9112 §2.2: empty lines in front of a request
    bytes.remove_prefix(2);
    used += 2;
  }
  if (!started_ && (bytes.empty() || bytes == "\r")) return Step::more;
  if (!started_ && (bytes.front() < 'A' || bytes.front() > 'z')) {  // TLS or noise: do not wait for its end
    refusal_ = 400;
    return Step::refused;
  }
  started_ = true;
  ErrorCode ec;
  const std::size_t taken = Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  used += taken;
  const std::string_view unread = bytes.substr(taken);
  if (ec && ec != http::error::need_more) {
    if (refusal_ == 0) refusal_ = status_of(ec, unread);
    return Step::refused;
  }
  if (!header_told_) {  // Beast's limit leaves out what it has consumed already
    header_bytes_ += taken;
    if (header_bytes_ > limits_.header_bytes_max && !is_header_done()) {
      refusal_ = 431;
      return Step::refused;
    }
  }
  if (is_done()) return Step::done;
  if (is_header_done() && !header_told_) {
    header_told_ = true;
    eager(true);
    return Step::header;
  }
  // A chunk's header or the trailer that does not end.
  if (ec == http::error::need_more && unread.size() >= limits_.header_bytes_max) {
    refusal_ = 431;
    return Step::refused;
  }
  return Step::more;
}

void RequestParser::refuse(unsigned status, ErrorCode& ec) {
  refusal_ = status;
  ec = http::error::bad_value;
}

unsigned RequestParser::status_of(ErrorCode ec, std::string_view unread) const {
  if (ec == http::error::body_limit) return 413;
  if (ec == http::error::header_limit)
    return text_.method.empty() && unread.find('\n') == std::string_view::npos ? 414 : 431;
  return 400;
}

void RequestParser::on_request_impl(Verb, View method, View target, int version, ErrorCode&) {
  text_.method.assign(method.data(), method.size());
  text_.target.assign(target.data(), target.size());
  version_ = version;
}

void RequestParser::on_response_impl(int, View, int, ErrorCode&) {}

void RequestParser::on_field_impl(Field name, View name_text, View value, ErrorCode& ec) {
  if (is_header_done()) return;  // a trailer changes nothing
  for (const char c : name_text) text_.header_lines.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  text_.header_lines.push_back(':');
  text_.header_lines.append(value.data(), value.size()).push_back('\n');
  switch (name) {
    case Field::content_type:
      text_.content_type.assign(value.data(), value.size());
      break;
    case Field::authorization:
      text_.authorization.assign(value.data(), value.size());
      break;
    case Field::host:
      ++hosts_;
      break;
    case Field::expect:
      expects_continue_ = boost::beast::iequals(value, "100-continue");
      break;
    case Field::transfer_encoding:
      transfer_encoding_ = true;
      if (!boost::beast::iequals(value, "chunked")) refuse(501, ec);  // RFC 9112 §6.1
      break;
    default:
      break;
  }
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  // RFC 9112 §3.2: exactly one Host in HTTP/1.1; §6.1: HTTP/1.0 knows no transfer coding.
  if (version_ >= 11 ? hosts_ != 1 : (hosts_ > 1 || transfer_encoding_)) refuse(400, ec);
}

// Within the limit by now; pages that are never written cost nothing.
void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) {
  if (length) text_.body.reserve(static_cast<std::size_t>(*length));
}

std::size_t RequestParser::on_body_impl(View body, ErrorCode&) {
  text_.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, View extensions, ErrorCode& ec) {
  extension_bytes_ += extensions.size();
  if (extension_bytes_ > limits_.header_bytes_max) refuse(431, ec);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) {
  text_.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_finish_impl(ErrorCode&) {}

}  // namespace fleet::bridge
