// Whether this build runs under a sanitizer, as g++ (macros) or clang (features) tells.
#pragma once

namespace fleet::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

// Sanitizers keep what is freed, so that resident memory says nothing about the program.
inline constexpr bool kMemoryIsTrue = !kSanitized;

}  // namespace fleet::tests
