// Frames as a client makes them and as a broker sends them, whole and in pieces.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "wire/mqtt/websocket_frames.h"

namespace fleet::wire::mqtt {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

Bytes joined(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A frame of a server: no mask.
Bytes server_frame(int first, const Bytes& payload) {
  Bytes frame = bytes_of({first});
  if (payload.size() < 126) {
    frame.push_back(static_cast<std::byte>(payload.size()));
  } else if (payload.size() <= 0xFFFF) {
    frame =
        joined(frame, bytes_of({126, static_cast<int>(payload.size() >> 8), static_cast<int>(payload.size() & 0xFF)}));
  } else {
    frame.push_back(std::byte{127});
    for (int shift = 56; shift >= 0; shift -= 8)
      frame.push_back(static_cast<std::byte>(payload.size() >> shift & 0xFF));
  }
  return joined(frame, payload);
}

Bytes counting(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

// Unmasks a client's frame and returns its payload; checks its header on the way.
Bytes payload_of(std::span<const std::byte> frame, int first) {
  EXPECT_EQ(std::to_integer<int>(frame[0]), first);
  const int length = std::to_integer<int>(frame[1]);
  EXPECT_GE(length, 0x80) << "clients mask";
  std::size_t at = 2;
  std::size_t size = static_cast<std::size_t>(length & 0x7F);
  if (size == 126) {
    size = std::to_integer<std::size_t>(frame[2]) << 8 | std::to_integer<std::size_t>(frame[3]);
    EXPECT_GE(size, 126u) << "the shortest form";
    at = 4;
  }
  EXPECT_EQ(frame.size(), at + 4 + size);
  Bytes payload;
  for (std::size_t i = 0; i < size; ++i) payload.push_back(frame[at + 4 + i] ^ frame[at + i % 4]);
  return payload;
}

TEST(Frames, AreMaskedAndHaveTheShortestLength) {
  for (const std::size_t size : {0u, 1u, 3u, 4u, 7u, 8u, 9u, 125u, 126u, 127u, 1'000u, 65'535u}) {
    SCOPED_TRACE(size);
    const Bytes payload = counting(size);
    Bytes room(kFrameHeaderMax + size + 5);
    std::copy(payload.begin(), payload.end(), room.begin() + kFrameHeaderMax);
    const auto frame = make_frame(FrameKind::binary, 0xA1B2C3D4u, room, size);
    EXPECT_EQ(payload_of(frame, 0x82), payload);
  }
  Bytes room(kFrameHeaderMax + 2);
  EXPECT_EQ(payload_of(make_frame(FrameKind::close, 7, room, 2), 0x88), Bytes(2));
}

TEST(Frames, OfAServerBecomeOneStreamHoweverTheyArrive) {
  const Bytes a = counting(5), b = counting(300), c = counting(70'000);
  Bytes stream = server_frame(0x82, a);
  stream = joined(stream, server_frame(0x89, bytes_of({'h', 'i'})));  // a ping between messages
  stream = joined(stream, server_frame(0x02, b));                     // the first part of a message
  stream = joined(stream, server_frame(0x8A, {}));                    // a pong within it
  stream = joined(stream, server_frame(0x80, a));                     // its last part
  stream = joined(stream, server_frame(0x82, {}));
  stream = joined(stream, server_frame(0x82, c));
  const Bytes wanted = joined(joined(joined(a, b), a), c);
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1'000}, stream.size()}) {
    SCOPED_TRACE(step);
    FrameReader reader;
    Bytes got;
    int pings = 0;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      Bytes piece(stream.begin() + static_cast<std::ptrdiff_t>(at),
                  stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + step, stream.size())));
      const FrameReader::Found found = reader.take(piece);
      ASSERT_EQ(found.fault, nullptr) << found.fault;
      EXPECT_FALSE(found.closed);
      got.insert(got.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(found.bytes));
      if (reader.take_ping()) {
        ++pings;
        EXPECT_EQ(Bytes(reader.ping().begin(), reader.ping().end()), bytes_of({'h', 'i'}));
      }
    }
    EXPECT_EQ(pings, 1);
    EXPECT_TRUE(got == wanted);
  }
}

TEST(Frames, EndWithACloseFrame) {
  FrameReader reader;
  Bytes stream = joined(server_frame(0x82, counting(3)), server_frame(0x88, bytes_of({0x03, 0xE8})));
  stream = joined(stream, server_frame(0x82, counting(9)));
  const FrameReader::Found found = reader.take(stream);
  EXPECT_TRUE(found.closed);
  EXPECT_EQ(found.bytes, 3u);
  EXPECT_EQ(found.fault, nullptr);
}

TEST(Frames, ThatBreakTheProtocolAreTold) {
  const std::vector<Bytes> broken = {
      server_frame(0x81, counting(3)),                                           // text
      server_frame(0xC2, counting(3)),                                           // a reserved bit
      server_frame(0x83, counting(3)),                                           // an unknown kind
      server_frame(0x80, counting(3)),                                           // continues nothing
      joined(server_frame(0x02, counting(3)), server_frame(0x82, counting(3))),  // a message within a message
      server_frame(0x89, counting(126)),                                         // a long ping
      server_frame(0x08, counting(2)),                                           // a close in parts
      bytes_of({0x82, 0x81, 1, 2, 3, 4, 5}),                                     // masked
  };
  for (std::size_t i = 0; i < broken.size(); ++i) {
    FrameReader reader;
    Bytes stream = broken[i];
    EXPECT_NE(reader.take(stream).fault, nullptr) << i;
  }
}

}  // namespace
}  // namespace fleet::wire::mqtt
