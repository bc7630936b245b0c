#include "bridge/server/answer_text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>

#include "wire/stamp.h"

namespace fleet::bridge {
namespace {

void append_number(std::uint64_t value, std::string& out, int base = 10) {
  std::array<char, 20> digits;  // 2^64 has 20
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// Milliseconds with three decimals. Clocks of one process do not run backwards; 0 is for what was never measured.
void append_duration(std::string_view name, wire::Nanos duration, std::string& out) {
  const auto us = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count()) / 1'000;
  out.append(name);
  append_number(us / 1'000, out);
  const std::uint64_t rest = us % 1'000;
  const char decimals[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(decimals, sizeof decimals);
}

void append_point(std::string_view name, wire::TimePoint point, std::string& out) {
  out.append(name);
  append_number(wire::boot_hash(), out, 16);
  out.push_back(':');
  append_number(static_cast<std::uint64_t>(point.time_since_epoch().count()), out);
  out.push_back('"');
}

void append_server_timing(const CallTimes& times, std::string& out) {
  append_duration("Server-Timing: parse;dur=", times.api.parse, out);
  append_duration(", verify;dur=", times.api.verify, out);
  append_duration(", plan;dur=", times.api.plan, out);
  if (times.queued) append_duration(", publish;dur=", *times.queued - times.planned, out);
  if (times.queued && times.acked) append_duration(", ack;dur=", *times.acked - *times.queued, out);
  append_point(", received;desc=\"", times.received, out);
  if (times.queued) append_point(", published;desc=\"", *times.queued, out);
  out.append("\r\n");
}

void append_head(const HttpAnswer& answer, const AnswerFraming& framing, std::string_view date, std::string& out) {
  if (answer.status == 200) {
    out.append("HTTP/1.1 200 OK\r\n");
  } else {
    out.append("HTTP/1.1 ");
    append_number(answer.status, out);
    out.push_back(' ');
    out.append(reason_phrase(answer.status));
    out.append("\r\n");
  }
  out.append("Server: fleet-bridge\r\nDate: ");
  out.append(date);
  // What an answer 401 must say (RFC 9110 §15.5.2); HTTP Basic is the only scheme that is refused by it.
  if (answer.status == 401) out.append("\r\nWWW-Authenticate: Basic realm=\"fleet-bridge\", charset=\"UTF-8\"");
  out.append("\r\nContent-Type: ");
  out.append(answer.content_type);
  out.append("\r\nContent-Length: ");
  append_number(answer.body.size(), out);
  out.append("\r\n");
  if (framing.close) {
    out.append("Connection: close\r\n");
  } else if (framing.http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
}

void append_body(const HttpAnswer& answer, const AnswerFraming& framing, std::string& out) {
  out.append("\r\n");
  if (!framing.head) out.append(answer.body);
}

}  // namespace

std::string http_date(wire::WallTime now) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 24> rest{};  // strftime's names would follow the locale; its numbers do not
  std::string text = kDays[utc.tm_wday];
  text.append(rest.data(), std::strftime(rest.data(), rest.size(), ", %d ", &utc));
  text.append(kMonths[utc.tm_mon]);
  text.append(rest.data(), std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S GMT", &utc));
  return text;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

void append_answer(const HttpAnswer& answer, const AnswerFraming& framing, std::string_view date, std::string& out) {
  append_head(answer, framing, date, out);
  append_body(answer, framing, out);
}

void append_call_answer(const HttpAnswer& answer, const CallTimes& times, const AnswerFraming& framing,
                        std::string_view date, std::string& out) {
  append_head(answer, framing, date, out);
  append_server_timing(times, out);
  append_body(answer, framing, out);
}

GatewayCode refusal_of(unsigned status) {
  switch (status) {
    case 408:
      return GatewayCode::http_not_ended;
    case 413:
      return GatewayCode::http_body_too_large;
    case 414:
      return GatewayCode::http_target_too_long;
    case 431:
      return GatewayCode::http_header_too_large;
    case 501:
      return GatewayCode::http_transfer_coding;
    case 503:
      return GatewayCode::unavailable;
    default:
      return GatewayCode::http_malformed;
  }
}

}  // namespace fleet::bridge
