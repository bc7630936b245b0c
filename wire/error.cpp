#include "wire/error.h"

#include <cstdio>
#include <cstdlib>

namespace fleet::wire {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, expression);
  std::abort();
}

}  // namespace fleet::wire
