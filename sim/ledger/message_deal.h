// To whom the messages of a call go, where a call carries a message for each delivery: a pure function of call and
// position, so that callers, workers and books agree without talking.
#pragma once

#include <cstdint>

namespace fleet::sim {

// Message number call × batch + position goes to target number % targets; the topics take turns a whole round of
// targets later, so that every target gets every topic. Const after construction; any thread.
class MessageDeal {
 public:
  // Each at least 1.
  MessageDeal(std::uint32_t batch, std::uint32_t targets, std::uint32_t topics)
      : batch_(batch), targets_(targets), topics_(topics) {}

  [[nodiscard]] std::uint32_t batch() const { return batch_; }
  [[nodiscard]] std::uint32_t targets() const { return targets_; }
  [[nodiscard]] std::uint32_t target(std::uint64_t call, std::uint32_t position) const {
    return static_cast<std::uint32_t>(turn(call, position, targets_));
  }
  [[nodiscard]] std::uint32_t topic(std::uint64_t call, std::uint32_t position) const {
    return static_cast<std::uint32_t>(turn(call, position, std::uint64_t{targets_} * topics_) / targets_);
  }

 private:
  // Number of the message modulo `round`, without overflow for any call.
  [[nodiscard]] std::uint64_t turn(std::uint64_t call, std::uint32_t position, std::uint64_t round) const {
    return (call % round * batch_ + position) % round;
  }

  std::uint32_t batch_, targets_, topics_;
};

}  // namespace fleet::sim
