#include "tests/support/failing_calls.h"

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>

namespace fleet::tests {
namespace {

// Written before the calls that count are made, read by them.
Fault in_force;
std::atomic<bool> armed{false};
std::atomic<std::uint64_t> made{0};

// Whether this call is the one that goes wrong.
bool strikes(SystemCall call) { return armed.load() && in_force.call == call && made.fetch_add(1) + 1 == in_force.nth; }

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

FaultInForce::FaultInForce(const Fault& fault) {
  in_force = fault;
  made = 0;
  armed = true;
}

FaultInForce::~FaultInForce() { armed = false; }

bool FaultInForce::struck() const { return made.load() >= in_force.nth; }

}  // namespace fleet::tests

using fleet::tests::in_force;
using fleet::tests::next;
using fleet::tests::strikes;
using fleet::tests::SystemCall;

extern "C" {

int socket(int domain, int type, int protocol) noexcept {
  static auto* const real = next<int(int, int, int)>("socket");
  if (!strikes(SystemCall::socket)) return real(domain, type, protocol);
  errno = in_force.error.value_or(EMFILE);
  return -1;
}

int connect(int descriptor, const sockaddr* address, socklen_t size) {
  static auto* const real = next<int(int, const sockaddr*, socklen_t)>("connect");
  if (!strikes(SystemCall::connect)) return real(descriptor, address, size);
  errno = in_force.error.value_or(ECONNREFUSED);
  return -1;
}

ssize_t recv(int descriptor, void* into, size_t size, int flags) {
  static auto* const real = next<ssize_t(int, void*, size_t, int)>("recv");
  if (!strikes(SystemCall::recv)) return real(descriptor, into, size, flags);
  errno = in_force.error.value_or(ECONNRESET);
  return -1;
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static auto* const real = next<ssize_t(int, const msghdr*, int)>("sendmsg");
  if (!strikes(SystemCall::sendmsg)) return real(descriptor, message, flags);
  if (!in_force.error) {
    iovec first{message->msg_iov[0].iov_base, 1};
    msghdr one = *message;
    one.msg_iov = &first;
    one.msg_iovlen = 1;
    return real(descriptor, &one, flags);
  }
  errno = *in_force.error;
  return -1;
}

}  // extern "C"
