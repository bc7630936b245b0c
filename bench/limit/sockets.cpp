#include "bench/limit/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace fleet::bench {
namespace {

std::int64_t read_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xFF);
}

void append_text(std::string& out, const std::string& text) {
  append_u16(out, text.size());
  out += text;
}

// First byte and remaining length (MQTT 3.1.1 §2.2.3).
std::string fixed_header(int first, std::size_t remaining) {
  std::string out(1, static_cast<char>(first));
  do {
    const std::size_t digit = remaining % 128;
    remaining /= 128;
    out += static_cast<char>(remaining > 0 ? digit | 0x80 : digit);
  } while (remaining > 0);
  return out;
}

}  // namespace

std::int64_t monotonic_ns() { return read_ns(CLOCK_MONOTONIC); }
std::int64_t thread_cpu_ns() { return read_ns(CLOCK_THREAD_CPUTIME_ID); }

std::string bare_topic(std::uint32_t index) {
  char text[64];
  std::snprintf(text, sizeof text, "/a1BwAGVbare/lamp-%05u/user/get", index);
  return text;
}

std::string connect_packet(const std::string& client_id) {
  std::string body;
  append_text(body, "MQTT");
  body += '\x04';  // protocol level of 3.1.1
  body += '\x02';  // clean session
  append_u16(body, 0);
  append_text(body, client_id);
  return fixed_header(0x10, body.size()) + body;
}

std::string subscribe_packet(const std::string& filter) {
  std::string body;
  append_u16(body, 1);
  append_text(body, filter);
  body += '\0';
  return fixed_header(0x82, body.size()) + body;
}

std::string publish_head(const std::string& topic, std::size_t payload_bytes) {
  std::string name;
  append_text(name, topic);
  return fixed_header(0x30, name.size() + payload_bytes) + name;
}

bool next_packet(std::span<const unsigned char> in, Packet& out) {
  std::size_t length = 0;
  for (std::size_t digit = 0; digit < 4; ++digit) {
    if (1 + digit >= in.size()) return false;
    const std::size_t byte = in[1 + digit];
    length |= (byte & 0x7F) << (7 * digit);
    if ((byte & 0x80) != 0) continue;
    const std::size_t head = 2 + digit;
    if (in.size() - head < length) return false;
    out = {in[0], in.subspan(head, length), head + length};
    return true;
  }
  stop("a remaining length of more than four bytes");
}

int open_socket(std::uint16_t port, bool blocking) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
  if (fd < 0) stop("socket");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) stop("connect");
  return fd;
}

void write_all(int fd, std::span<const unsigned char> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) stop("send");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

std::uint64_t number(const char* what, const char* word, std::uint64_t low, std::uint64_t high) {
  std::uint64_t value = 0;
  const char* end = word + std::strlen(word);
  const auto [at, error] = std::from_chars(word, end, value);
  if (error == std::errc{} && at == end && value >= low && value <= high) return value;
  std::fprintf(stderr, "%s is '%s'; it must be a number from %llu to %llu\n", what, word,
               static_cast<unsigned long long>(low), static_cast<unsigned long long>(high));
  std::exit(2);
}

void stop(const std::string& what) {
  const int error = errno;
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(error));
  std::exit(3);
}

}  // namespace fleet::bench
