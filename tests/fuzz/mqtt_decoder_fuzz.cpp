// The packet decoder: whatever decodes must encode to something that decodes.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wire/error.h"
#include "wire/mqtt/codec.h"

namespace {

using namespace fleet::wire::mqtt;

void decode_stream(Version version, std::span<const std::byte> in) {
  std::vector<std::byte> again;
  while (!in.empty()) {
    Frame frame;
    if (split_frame(version, in, kPacketSizeMax, frame) != FrameStatus::complete) return;
    FLEET_CHECK(frame.size >= 2 && frame.size <= in.size());
    Packet packet;
    const ReasonCode decoded = decode(version, frame, packet);
    if (decoded == ReasonCode::success) {
      const auto* connect = std::get_if<ConnectPacket>(&packet);
      const Version spoken = connect != nullptr ? connect->version : version;
      again.clear();
      encode(spoken, packet, again);  // reads every view
      Packet second;
      Frame whole;
      FLEET_CHECK(split_frame(spoken, again, kPacketSizeMax, whole) == FrameStatus::complete);
      FLEET_CHECK(decode(spoken, whole, second) == ReasonCode::success);
      FLEET_CHECK(second.index() == packet.index());
    } else {
      FLEET_CHECK(is_failure(decoded));
    }
    in = in.subspan(frame.size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> in = std::as_bytes(std::span(data, size));
  decode_stream(Version::v311, in);
  decode_stream(Version::v5, in);
  return 0;
}
