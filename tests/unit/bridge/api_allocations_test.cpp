// A call allocates a few times, a device of a call never.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api_fixture.h"
#include "tests/support/allocations.h"

namespace fleet::bridge::test {
namespace {

// Allocations of one call that names `names` devices.
std::uint64_t allocations_of_call(ApiUnderTest& bridge, int names) {
  auto params = example_params();
  params["SignatureNonce"] = fmt::format("nonce-{}", ++bridge.nonces);
  for (int i = 1; i <= names; ++i) params[fmt::format("DeviceName.{}", i)] = fmt::format("lamp-{:04}", i);
  sign(params, "POST");
  const std::string body = form_of(params);
  const HttpRequest request{
      .method = "POST", .path = "/", .content_type = "application/x-www-form-urlencoded", .body = body};
  const std::uint64_t before = tests::allocations_of_this_thread();
  const auto outcome = bridge.api.call(request, bridge.now, bridge.wall, bridge.times);
  const std::uint64_t count = tests::allocations_of_this_thread() - before;
  EXPECT_EQ(std::holds_alternative<PendingCall>(outcome), names <= 100);
  return count;
}

TEST(ApiAllocations, DoNotGrowWithTheDevicesOfACall) {
  ApiUnderTest bridge;
  (void)allocations_of_call(bridge, 120);  // refused, but the buffers are as large as they will be
  const std::uint64_t for_two = allocations_of_call(bridge, 2);
  const std::uint64_t for_hundred = allocations_of_call(bridge, 100);
  EXPECT_EQ(for_two, for_hundred);
  EXPECT_LE(for_hundred, 10u);
}

}  // namespace
}  // namespace fleet::bridge::test
