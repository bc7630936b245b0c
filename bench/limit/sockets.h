// What the bare publisher and the bare receiver share: a socket, a clock and the bytes of four MQTT 3.1.1 packets. Uses
// nothing of the product, so that it can stand beside it as the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fleet::bench {

// In front of every payload: the magic, then when its burst was handed to the socket (CLOCK_MONOTONIC, ns), both in the
// byte order of this host.
inline constexpr std::uint64_t kBareMagic = 0x316D694C65726142;  // "BareLim1"
inline constexpr std::size_t kBareStampBytes = 16;

// CLOCK_MONOTONIC and the CPU time of the calling thread, in ns.
std::int64_t monotonic_ns();
std::int64_t thread_cpu_ns();

// Topic of device `index`, of the same length as the topics that BatchPub makes.
std::string bare_topic(std::uint32_t index);

// CONNECT (clean session, keep-alive off), SUBSCRIBE at QoS 0 (packet identifier 1), and everything of a QoS 0 PUBLISH
// but its payload (MQTT 3.1.1 §3.1, §3.8, §3.3).
std::string connect_packet(const std::string& client_id);
std::string subscribe_packet(const std::string& filter);
std::string publish_head(const std::string& topic, std::size_t payload_bytes);

// One whole packet at the front of `in`.
struct Packet {
  std::uint8_t first = 0;               // type and flags
  std::span<const unsigned char> body;  // behind the remaining length
  std::size_t bytes = 0;                // of the whole packet
};

// False when `in` does not hold a whole packet yet. A remaining length of more than four bytes ends the program.
bool next_packet(std::span<const unsigned char> in, Packet& out);

// A TCP socket to 127.0.0.1:port with TCP_NODELAY. Blocking: connected. Otherwise the connect is under way. Ends the
// program when it cannot.
int open_socket(std::uint16_t port, bool blocking);

// Writes all of it to a blocking socket; ends the program when the peer is gone.
void write_all(int fd, std::span<const unsigned char> bytes);

// The word for an unsigned number within [low, high]; ends the program with a sentence otherwise.
std::uint64_t number(const char* what, const char* word, std::uint64_t low, std::uint64_t high);

// Prints a sentence and errno's own, exits 3.
[[noreturn]] void stop(const std::string& what);

}  // namespace fleet::bench
