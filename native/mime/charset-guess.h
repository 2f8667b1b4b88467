// Guessing the charset of 8-bit text that carries no label, or a wrong one.
//
// Valid UTF-8 is UTF-8. Otherwise words tell: high octets inside words of ASCII letters are Western European
// (windows-1252); words of high octets alone are Cyrillic, and of windows-1251, KOI8-R, CP866 and ISO-8859-5
// the one wins whose reading has the letter frequencies and the case of written Russian. Cost is linear in a
// bounded sample.
#pragma once

#include <optional>
#include <string>

#include "mime/charset.h"

namespace tegu::mime {

/** Octets that a guess looks at; a few words suffice, this is a page of text. */
inline constexpr std::size_t k_guess_sample = 4096;

/** The likely charset of `text`. Plain ASCII is reported as UTF-8. */
[[nodiscard]] Charset guess_charset(Bytes text) noexcept;

/**
 * Decodes a text whose label is missing or not to be trusted. ASCII passes at once; from the first high octet
 * on a sample is gathered, the charset guessed from it, and the rest decoded by that.
 */
class GuessingDecoder {
 public:
  void feed(Bytes piece, std::string& out) noexcept;
  void finish(std::string& out) noexcept;

 private:
  void decide(std::string& out) noexcept;

  std::string sample_;
  std::optional<CharsetDecoder> decoder_;
};

}  // namespace tegu::mime
