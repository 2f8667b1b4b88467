// Tiny test framework of the native unit tests: TEST(name) { CHECK(...); CHECK_EQ(actual, expected); }
//
// Test files are native/<library>/*-test.cc; scripts/native-tests.ts links those of one library into one
// program with native/test/main.cc, under ASan and UBSan. A failed check is printed with file and line and
// the test goes on; REQUIRE leaves the test. Checks may be called from several threads. The program prints
// one line per file:
// `<file>: <tests> tests, <checks> checks, <failures> failed`.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tegu::test {

/** One TEST block. */
struct Case {
  const char* file;
  const char* name;
  void (*body)();
};

/** All TEST blocks of the program in the order of initialisation. */
inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline std::atomic<std::uint64_t> check_count{0};
inline std::atomic<std::uint64_t> failure_count{0};

struct Registration {
  Registration(const char* file, const char* name, void (*body)()) { cases().push_back({file, name, body}); }
};

/** Printable form of a value for a failure line; octets that are not printable ASCII appear as \xNN. */
template <typename T>
std::string show(const T& value) {
  if constexpr (std::is_convertible_v<T, std::string_view>) {
    std::string out = "\"";
    for (const char c : std::string_view(value)) {
      const auto octet = static_cast<unsigned char>(c);
      if (octet >= 0x20 && octet < 0x7f) {
        out += c;
      } else {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", octet);
        out += escaped;
      }
    }
    return out + "\"";
  } else if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_arithmetic_v<T>) {
    return std::to_string(value);
  } else {
    return "(value)";
  }
}

/** Records one check; returns `ok`. */
inline bool record(bool ok, const char* file, int line, const std::string& text) {
  ++check_count;
  if (!ok) {
    ++failure_count;
    std::fprintf(stderr, "%s:%d: failed: %s\n", file, line, text.c_str());
  }
  return ok;
}

template <typename A, typename B>
bool check_equal(const A& actual, const B& expected, const char* file, int line, const char* text) {
  bool same = false;
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B> && !std::is_same_v<A, bool> &&
                !std::is_same_v<B, bool>) {
    same = std::cmp_equal(actual, expected);
  } else {
    same = actual == expected;
  }
  return record(
      same, file, line,
      same ? std::string() : std::string(text) + ": got " + show(actual) + ", expected " + show(expected));
}

}  // namespace tegu::test

#define TEGU_JOIN2(a, b) a##b
#define TEGU_JOIN(a, b) TEGU_JOIN2(a, b)
#define TEGU_TEST(name, id)                                                                             \
  static void TEGU_JOIN(test_body_, id)();                                                              \
  static const ::tegu::test::Registration TEGU_JOIN(test_registration_, id)(__FILE__, name,             \
                                                                            TEGU_JOIN(test_body_, id)); \
  static void TEGU_JOIN(test_body_, id)()

/** Defines a test; `name` is a string that tells behaviour or threat. */
#define TEST(name) TEGU_TEST(name, __COUNTER__)
#define CHECK(condition) ::tegu::test::record(static_cast<bool>(condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(actual, expected) \
  ::tegu::test::check_equal((actual), (expected), __FILE__, __LINE__, #actual " == " #expected)
/** Like CHECK, and leaves the enclosing void function when it fails. */
#define REQUIRE(condition)         \
  do {                             \
    if (!CHECK(condition)) return; \
  } while (false)
