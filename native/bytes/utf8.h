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

/** Appends a code point; surrogates and values above U+10FFFF become U+FFFD. */
void append_utf8(std::string& out, char32_t code_point) noexcept;

/** Appends text with every invalid sequence replaced by U+FFFD; a sequence cut at the end counts as invalid.
 */
void append_repaired_utf8(std::string& out, Bytes text) noexcept;

}  // namespace tegu::bytes
