// CJK charsets: decoding by iconv(3) of the C library, held to our rules.
//
// Only stateless charsets are opened, at most four octets a character. The library's converters disagree on
// how far they go when they meet an error; so whatever they say, an octet that begins no character becomes
// U+FFFD and the next one is looked at. ISO-2022-JP, which has states, is rewritten to EUC-JP first (RFC
// 1468).
#pragma once

#include <iconv.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "bytes/view.h"

namespace tegu::mime {

using bytes::Bytes;

/** Decodes one stateless multi-byte charset. */
class MultiByteDecoder {
 public:
  /** `name` as iconv_open takes it, or nullptr to open nothing. */
  explicit MultiByteDecoder(const char* name) noexcept;
  ~MultiByteDecoder();
  MultiByteDecoder(const MultiByteDecoder&) = delete;
  MultiByteDecoder& operator=(const MultiByteDecoder&) = delete;

  /** False when the C library does not have the charset. */
  [[nodiscard]] bool is_open() const noexcept;

  /** Appends the characters of `text`; returns the octets used: all but the at most 3 of an unfinished
   * character. */
  std::size_t decode(Bytes text, std::string& out) noexcept;

 private:
  /** Octets of the character at the begin of `text`, 0 when it is unfinished; appends it or U+FFFD. */
  std::size_t decode_one(Bytes text, std::string& out) noexcept;
  /** Decodes at once what has no error and returns the octets used; false, and nothing appended, when it has
   * one. */
  bool decode_slice(Bytes slice, std::string& out, std::size_t& used) noexcept;

  iconv_t descriptor_;
};

/** Rewrites ISO-2022-JP to EUC-JP, octet by octet. */
class Iso2022JpReader {
 public:
  /** Appends what can be rewritten; at most 4 octets are held back. */
  void feed(Bytes text, std::string& euc) noexcept;
  /** Appends what was held back as it stands. */
  void finish(std::string& euc) noexcept;

 private:
  enum class Set : std::uint8_t { ascii, katakana, kanji, supplementary };

  bool take_escape() noexcept;
  void take(std::uint8_t octet, std::string& euc) noexcept;

  Set set_ = Set::ascii;
  /** An escape sequence that has begun, or the first octet of a kanji. */
  std::string held_;
};

}  // namespace tegu::mime
