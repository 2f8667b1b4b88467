// UTF-8 (RFC 3629): strict decoding, validation and encoding of code points.
//
// Overlong forms, surrogates and anything above U+10FFFF are invalid. Of an invalid sequence as many octets
// are skipped as could have begun a valid one (the practice that Unicode and WHATWG recommend), at least one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "bytes/view.h"

namespace tegu::bytes {

/** U+FFFD, put in place of what cannot be decoded. */
inline constexpr char32_t k_replacement = 0xfffd;

enum class Utf8Status : std::uint8_t {
  ok,
  invalid,
  /** The input ends inside a sequence that is valid so far. */
  incomplete,
};

/** Outcome of looking at the begin of some text. */
struct Utf8Step {
  Utf8Status status;
  /** Octets that make up the code point or the invalid sequence. */
  std::uint8_t length;
  char32_t code_point;
};

/** Decodes the first code point of `text`, which must not be empty. */
[[nodiscard]] Utf8Step utf8_first(Bytes text) noexcept;

/** Whether the whole text is valid UTF-8; the empty text is. */
[[nodiscard]] bool is_valid_utf8(Bytes text) noexcept;

/** Writes a code point to `out`, which has room for 4 octets; returns their number. Surrogates as
 * append_utf8. */
[[nodiscard]] inline std::size_t write_utf8(char* out, char32_t code) noexcept {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) code = k_replacement;
  if (code < 0x80) {
    out[0] = static_cast<char>(code);
    return 1;
  }
  if (code < 0x800) {
    out[0] = static_cast<char>(0xc0 | code >> 6);
    out[1] = static_cast<char>(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = static_cast<char>(0xe0 | code >> 12);
    out[1] = static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out[2] = static_cast<char>(0x80 | (code & 0x3f));
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | code >> 18);
  out[1] = static_cast<char>(0x80 | (code >> 12 & 0x3f));
  out[2] = static_cast<char>(0x80 | (code >> 6 & 0x3f));
  out[3] = static_cast<char>(0x80 | (code & 0x3f));
  return 4;
}

/** Appends a code point; surrogates and values above U+10FFFF become U+FFFD. */
void append_utf8(std::string& out, char32_t code_point) noexcept;

/** Appends text with every invalid sequence replaced by U+FFFD; a sequence cut at the end counts as invalid.
 */
void append_repaired_utf8(std::string& out, Bytes text) noexcept;

}  // namespace tegu::bytes
