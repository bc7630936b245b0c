// What a server owes to callers who do not wait for answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/http_caller.h"

namespace fleet::tests {

// A hundred calls in one go on `caller`, an HttpCaller or a TlsCaller. QoS 1 answers wait for the broker, refusals do
// not: the order must be that of the requests all the same.
template <class Caller>
void expect_pipelined_answers_in_order(Caller caller) {
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    const std::string device = i % 2 == 0 ? "newdevice1" : "nosuchdevice";
    requests += post(BatchPubCall{.devices = {device}, .qos = i % 3 == 0 ? 1 : 0});
  }
  ASSERT_TRUE(caller.send(requests));
  for (int i = 0; i < 100; ++i) {
    const auto reply = caller.read();
    ASSERT_TRUE(reply) << i;
    EXPECT_THAT(reply->body, testing::HasSubstr(i % 2 == 0 ? "\"Success\":true" : "iot.device.NotExistedDevice")) << i;
  }
}

}  // namespace fleet::tests
