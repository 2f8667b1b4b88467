// Charsets of mail by their labels, and streaming decoders from them to UTF-8.
//
// Known by own tables: US-ASCII, ISO-8859-1 to -16, windows-125x, KOI8-R/U, CP866 and other single-byte
// charsets; by code: UTF-8, UTF-16. The CJK charsets and UTF-7 are decoded by iconv(3) of the C library,
// where that has them. Decoders are total: what is no character becomes U+FFFD. They hold a few octets
// between pieces and nothing else, so the result does not depend on how the input is split.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bytes/view.h"
#include "mime/multi-byte.h"

namespace tegu::mime {

using bytes::Bytes;

struct SingleByteCharset;

enum class CharsetKind : std::uint8_t {
  unknown,
  ascii,
  utf8,
  utf16,
  utf16le,
  utf16be,
  single_byte,
  multi_byte,
  iso2022jp
};

/** A charset that was looked up; cheap to copy. */
struct Charset {
  CharsetKind kind = CharsetKind::unknown;
  /** For single_byte: its table, which lives for ever. */
  const SingleByteCharset* table = nullptr;
  /** For multi_byte: the name that iconv_open takes. */
  const char* iconv_name = nullptr;

  bool operator==(const Charset&) const noexcept = default;
};

/** The charset of a label in any case and punctuation ("KOI8-R", "koi8r"); kind unknown when there is none.
 */
[[nodiscard]] Charset find_charset(std::string_view label) noexcept;

/** Decodes one text. Not copyable: it may own a converter of the C library. */
class CharsetDecoder {
 public:
  /** An unknown charset decodes as US-ASCII: octets above 0x7f become U+FFFD. */
  explicit CharsetDecoder(Charset charset) noexcept;
  CharsetDecoder(const CharsetDecoder&) = delete;
  CharsetDecoder& operator=(const CharsetDecoder&) = delete;

  /** False when the C library lacks the charset; text then decodes as US-ASCII. */
  [[nodiscard]] bool is_available() const noexcept { return charset_.kind != CharsetKind::unknown; }

  /** Appends the characters of the next piece to `out` as UTF-8. */
  void feed(Bytes piece, std::string& out) noexcept;

  /** Ends the text: what is held back becomes U+FFFD. */
  void finish(std::string& out) noexcept;

 private:
  /** Octets of an unfinished character; the longest have four. */
  static constexpr std::size_t k_max_held = 4;

  /** Decodes as much as it can; returns the octets used. */
  std::size_t decode(Bytes text, std::string& out) noexcept;
  std::size_t decode_utf8(Bytes text, std::string& out) const noexcept;
  std::size_t decode_utf16(Bytes text, std::string& out) noexcept;
  void decode_single(Bytes text, std::string& out) const noexcept;

  void feed_plain(Bytes piece, std::string& out) noexcept;

  Charset charset_;
  MultiByteDecoder multi_byte_;
  Iso2022JpReader iso2022jp_;
  std::array<std::uint8_t, k_max_held> held_{};
  std::size_t held_size_ = 0;
};

/** Decodes a whole text and appends it to `out`. */
void append_decoded(std::string& out, Bytes text, Charset charset) noexcept;

}  // namespace tegu::mime
